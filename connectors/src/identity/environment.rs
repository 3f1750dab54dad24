//! Tokens that the environment gives. Source: WLCG Bearer Token Discovery.

use hutch_model::Secret;

/// A longer file is no token.
const MOST_BYTES: u64 = 64 * 1024;

/// The token in `BEARER_TOKEN`, or in the file that `BEARER_TOKEN_FILE` names.
///
/// The file is read each time, since whoever wrote it also renews it.
pub fn bearer_from_environment() -> Option<Secret> {
    bearer_from(|name| std::env::var(name).ok())
}

fn bearer_from(variable: impl Fn(&str) -> Option<String>) -> Option<Secret> {
    let plain = |text: String| {
        let text = text.trim().to_owned();
        (!text.is_empty()).then(|| Secret::new(text))
    };
    if let Some(token) = variable("BEARER_TOKEN").and_then(plain) {
        return Some(token);
    }
    let path = variable("BEARER_TOKEN_FILE")?;
    let size = std::fs::metadata(&path).ok()?.len();
    if size > MOST_BYTES {
        return None;
    }
    std::fs::read_to_string(path).ok().and_then(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "from-file\n").unwrap();
        let file = path.to_str().unwrap().to_owned();
        let both = |name: &str| match name {
            "BEARER_TOKEN" => Some(" direct ".to_owned()),
            _ => Some(file.clone()),
        };
        assert_eq!(bearer_from(both).unwrap().reveal(), "direct", "trimmed");
        let only_file = |name: &str| (name == "BEARER_TOKEN_FILE").then(|| file.clone());
        assert_eq!(
            bearer_from(only_file).unwrap().reveal(),
            "from-file",
            "read"
        );
        assert!(bearer_from(|_| None).is_none(), "nothing is set");
    }
}
