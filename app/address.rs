//! Addresses as people type them.

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
        let (file, inner) = match text.split_once("::") {
            Some((file, inner)) => (file, Some(inner)),
            None => (text, None),
        };
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

fn parse_place(text: &str, sites: &[String]) -> Result<Place> {
    if let Some((scheme, rest)) = text.split_once(':') {
        if let Some(site) = sites.iter().find(|site| site.as_str() == scheme) {
            return Ok(Place::Site {
                site: site.clone(),
                path: rest.to_owned(),
            });
        }
        if matches!(scheme, "http" | "https" | "dav" | "davs" | "file" | "s3") {
            return parse_url(text);
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
}
