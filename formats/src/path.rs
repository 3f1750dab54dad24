//! Paths inside a file: `/entry/data`, the root is `/`.

/// The path with one leading slash, without empty parts and `.`.
pub(crate) fn normal(path: &str) -> String {
    let mut normal = String::with_capacity(path.len() + 1);
    for part in parts(path) {
        normal.push('/');
        normal.push_str(part);
    }
    if normal.is_empty() {
        normal.push('/');
    }
    normal
}

/// The names of a path from the root down.
pub(crate) fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/')
        .filter(|part| !part.is_empty() && *part != ".")
}

/// A path as written in a group: relative to it, or absolute with a leading slash.
pub(crate) fn join(group: &str, written: &str) -> String {
    if written.starts_with('/') {
        normal(written)
    } else {
        normal(&format!("{group}/{written}"))
    }
}

/// A path as people write it in attributes: as [`join`] reads it, and with `..`
/// for the group above, which HDF5 itself does not know.
pub(crate) fn resolve(group: &str, written: &str) -> String {
    let joined = join(group, written.trim());
    let mut names: Vec<&str> = Vec::new();
    for name in parts(&joined) {
        if name == ".." {
            names.pop();
        } else {
            names.push(name);
        }
    }
    normal(&names.join("/"))
}

/// The group that holds a path; the root holds itself.
pub(crate) fn parent(path: &str) -> String {
    let path = normal(path);
    match path.rsplit_once('/') {
        Some(("", _)) | None => "/".to_owned(),
        Some((parent, _)) => parent.to_owned(),
    }
}

/// The last name of a path; empty for the root.
pub(crate) fn name(path: &str) -> &str {
    parts(path).last().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_nexus_writes_them() {
        assert_eq!(join("/entry", "data"), "/entry/data", "a child");
        assert_eq!(join("/entry", "/other/data"), "/other/data", "absolute");
        assert_eq!(join("/", "./entry//data/"), "/entry/data", "tidied");
        assert_eq!(resolve("/a/b", "../c"), "/a/c", "one up and down");
        assert_eq!(resolve("/a", "../../../x"), "/x", "never above the root");
        assert_eq!(parent("/entry/data"), "/entry", "one up");
        assert_eq!(parent("/entry"), "/", "the root");
        assert_eq!(name("/entry/data"), "data", "the last name");
    }
}
