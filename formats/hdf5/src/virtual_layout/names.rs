//! Names of sources: `%b` stands for the number of a block, `%%` for a percent sign.

use std::sync::Arc;

/// The name for block `block`; without a block `%b` stays as it is.
pub(super) fn expanded(name: &Arc<str>, block: Option<u64>) -> Arc<str> {
    if !name.contains('%') {
        return Arc::clone(name);
    }
    let mut expanded = String::with_capacity(name.len() + 8);
    let mut rest = &**name;
    while let Some((before, behind)) = rest.split_once('%') {
        expanded.push_str(before);
        let (text, skipped) = match (behind.chars().next(), block) {
            (Some('%'), _) => ("%".to_owned(), 1),
            (Some('b'), Some(block)) => (block.to_string(), 1),
            _ => ("%".to_owned(), 0),
        };
        expanded.push_str(&text);
        rest = behind.get(skipped..).unwrap_or_default();
    }
    expanded.push_str(rest);
    expanded.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_b_is_the_number_of_the_block() {
        let name = |text: &str, block| expanded(&text.into(), block).to_string();
        assert_eq!(name("f_%b.h5", Some(12)), "f_12.h5", "once");
        assert_eq!(
            name("%b/%b%%", Some(0)),
            "0/0%",
            "twice, and a percent sign"
        );
        assert_eq!(name("f_%b.h5", None), "f_%b.h5", "a mapping without blocks");
        assert_eq!(name("50%", Some(1)), "50%", "a percent sign at the end");
    }
}
