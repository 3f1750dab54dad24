//! Addresses as people type them.

use std::path::Path;

use hutch_model::{Error, ErrorKind, Result, Slice};

/// Where something is, before anything is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A path of this computer.
    Local(std::path::PathBuf),
    /// An address with a scheme; may carry a user and a password.
    Url(url::Url),
    /// A path at a site with a profile.
    Site {
        /// The name of the profile.
        site: String,
        /// The path there, in the facility's own terms.
        path: String,
    },
}

/// `URL::PATH[SLICE]`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The file or folder.
    pub place: Place,
    /// The path in the file; `None` where nothing was said.
    pub path: Option<String>,
    /// The part of the dataset.
    pub slice: Slice,
}

impl Address {
    /// Reads an address. `sites` are the names of the known profiles, so that
    /// `C:\data` is never taken for one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when it is none.
    pub fn parse(text: &str, sites: &[String]) -> Result<Self> {
        let (file, inner) = split(text);
        if file.is_empty() {
            return Err(Error::new(
                ErrorKind::Usage,
                "read an address",
                "a path or URL is missing before \"::\"",
            ));
        }
        let (path, slice) = match inner {
            None => (None, Slice::default()),
            Some(inner) => match inner.rfind('[') {
                Some(open) if inner.ends_with(']') => (
                    Some(inner[..open].to_owned()),
                    Slice::parse(&inner[open..])?,
                ),
                _ => (Some(inner.to_owned()), Slice::default()),
            },
        };
        Ok(Self {
            place: parse_place(file, sites)?,
            path,
            slice,
        })
    }
}

/// Schemes that are understood here, in lower case.
const SCHEMES: [&str; 6] = ["http", "https", "dav", "davs", "file", "s3"];

/// Takes an address apart at the `::` between a file and what is in it.
///
/// A local file whose own name holds `::` is found by looking; the name of a
/// server may hold one as well, as in `http://[::1]/x.h5`. A path without `::`
/// is never looked for.
pub fn split(text: &str) -> (&str, Option<&str>) {
    let start = authority(text).map_or(0, |(_, end)| end);
    let cuts: Vec<usize> = text
        .match_indices("::")
        .map(|(cut, _)| cut)
        .filter(|&cut| cut >= start)
        .collect();
    let Some(&first) = cuts.first() else {
        return (text, None);
    };
    if start == 0 && Path::new(text).exists() {
        return (text, None);
    }
    let is_there = |find: fn(&Path) -> bool| {
        let mut cuts = cuts.iter().filter(|_| start == 0);
        cuts.find(|&&cut| find(Path::new(&text[..cut]))).copied()
    };
    let cut = is_there(Path::is_file)
        .or_else(|| is_there(Path::is_dir))
        .unwrap_or(first);
    (&text[..cut], Some(&text[cut + 2..]))
}

/// An address as it may be shown: without user, password, query and fragment.
pub fn shown(text: &str) -> String {
    let Some((start, end)) = authority(text) else {
        return text.to_owned();
    };
    let host = text[start..end]
        .rfind('@')
        .map_or(start, |at| start + at + 1);
    let rest = &text[end..];
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    format!("{}{}{rest}", &text[..start], &text[host..end])
}

/// Where the part between `SCHEME://` and the path begins and ends; `None`
/// where the text has no scheme.
fn authority(text: &str) -> Option<(usize, usize)> {
    let (scheme, rest) = text.split_once("://")?;
    if !is_scheme(scheme) {
        return None;
    }
    let start = scheme.len() + 3;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some((start, start + end))
}

/// Source: RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|any| any.is_ascii_alphanumeric() || matches!(any, '+' | '-' | '.'))
}

fn parse_place(text: &str, sites: &[String]) -> Result<Place> {
    if let Some((scheme, rest)) = text.split_once(':') {
        if let Some(site) = sites.iter().find(|site| site.as_str() == scheme) {
            return Ok(Place::Site {
                site: site.clone(),
                path: rest.to_owned(),
            });
        }
        let plain = scheme.to_ascii_lowercase();
        if SCHEMES.contains(&plain.as_str()) {
            return parse_url(&format!("{plain}:{rest}"));
        }
        // What follows may hold a password, so that only the scheme is told.
        if is_scheme(scheme) && rest.starts_with("//") {
            return Err(Error::new(
                ErrorKind::Usage,
                "read an address",
                format!(
                    "\"{scheme}://\" is not known here; known are {}",
                    SCHEMES.join(", ")
                ),
            ));
        }
    }
    Ok(Place::Local(text.into()))
}

fn parse_url(text: &str) -> Result<Place> {
    // The words of the parser are kept, the address itself may hold a password.
    let bad = |why: String| Error::new(ErrorKind::Usage, "read an address", why);
    let plain = text
        .strip_prefix("davs:")
        .map(|rest| format!("https:{rest}"))
        .or_else(|| text.strip_prefix("dav:").map(|rest| format!("http:{rest}")))
        .unwrap_or_else(|| text.to_owned());
    let url = url::Url::parse(&plain).map_err(|error| bad(error.to_string()))?;
    match url.scheme() {
        "file" => url
            .to_file_path()
            .map(Place::Local)
            .map_err(|()| bad("the file address names no local path".to_owned())),
        "s3" => Err(Error::new(
            ErrorKind::Unsupported,
            "open an address",
            "s3 addresses are not supported yet; use http or https where the store offers it",
        )),
        _ => Ok(Place::Url(url)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Address {
        Address::parse(text, &["demo".to_owned()]).unwrap()
    }

    #[test]
    fn a_path_in_the_file_and_a_part_of_it_are_told_apart() {
        let address = parse("scan.h5::/entry/data[0, 2:4]");
        assert_eq!(address.place, Place::Local("scan.h5".into()), "the file");
        assert_eq!(address.path.as_deref(), Some("/entry/data"), "the path");
        assert_eq!(address.slice.0.len(), 2, "two axes");
    }

    #[test]
    fn a_site_is_known_by_its_profile_and_a_drive_letter_is_none() {
        assert!(
            matches!(parse("demo:/raw/a.h5").place, Place::Site { .. }),
            "a site"
        );
        assert!(
            matches!(parse("C:/raw/a.h5").place, Place::Local(_)),
            "a drive"
        );
    }

    #[test]
    fn dav_is_http_and_an_open_bracket_belongs_to_the_name() {
        let Place::Url(url) = parse("davs://host/x.h5").place else {
            panic!("an address expected");
        };
        assert_eq!(url.scheme(), "https", "davs is https");
        assert_eq!(
            parse("a.h5::odd[name").path.as_deref(),
            Some("odd[name"),
            "no closing bracket, no slice"
        );
    }

    #[test]
    fn a_bad_address_never_shows_its_password() {
        let error = Address::parse("http://u:secret@[bad/x", &[]).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"), "redacted");
    }

    #[test]
    fn schemes_are_known_in_any_case_and_others_are_refused_without_quoting() {
        let Place::Url(url) = parse("HTTP://u:secret@Host/x.h5").place else {
            panic!("an address expected");
        };
        assert_eq!(url.host_str(), Some("host"), "an address");
        for text in ["ftp://u:secret@h/x", "htps://u:secret@h/x", "S4://secret@h"] {
            let error = Address::parse(text, &[]).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Usage, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_name_of_a_server_is_never_cut() {
        let address = parse("http://u:p::q@[::1]:9/x.h5::/entry");
        let Place::Url(url) = address.place else {
            panic!("an address expected");
        };
        assert_eq!(url.host_str(), Some("[::1]"), "the server");
        assert_eq!(url.path(), "/x.h5", "its file");
        assert_eq!(address.path.as_deref(), Some("/entry"), "the path in it");
    }

    #[test]
    fn a_file_that_is_there_keeps_its_colons() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a b ü::x.h5");
        std::fs::write(&file, "").unwrap();
        let name = file.display().to_string();
        assert_eq!(parse(&name).place, Place::Local(file.clone()), "alone");
        let address = parse(&format!("{name}::/x::y[0]"));
        assert_eq!(address.place, Place::Local(file), "with a path in it");
        assert_eq!(address.path.as_deref(), Some("/x::y"), "the path in it");
    }

    #[test]
    fn what_is_shown_of_an_address_holds_no_login() {
        for (text, expected) in [
            ("HTTP://u:s@cret@h/x?token=1::/a", "HTTP://h/x"),
            ("ftp://u:secret@h", "ftp://h"),
            ("/data/a@b.h5::/x", "/data/a@b.h5::/x"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
