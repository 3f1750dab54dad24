//! Addresses: their origin, and how they are shown without secrets.

use std::fmt;

use hutch_model::{Error, ErrorKind, Result, Secret};
use reqwest::Url;

/// An address as it may be logged: no user, no password, no query values, no
/// session in the path.
#[derive(Clone, Copy)]
pub struct RedactedUrl<'a>(pub &'a Url);

impl fmt::Display for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&origin_of(self.0))?;
        for segment in self.0.path().split('/').skip(1) {
            f.write_str("/")?;
            f.write_str(if looks_secret(segment) {
                "…"
            } else {
                segment
            })?;
        }
        for (index, (key, _)) in self.0.query_pairs().enumerate() {
            f.write_str(if index == 0 { "?" } else { "&" })?;
            write!(f, "{}=…", key.escape_default())?;
        }
        Ok(())
    }
}

impl fmt::Debug for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The origin of an address: scheme, host and port, as in `https://host:443`.
pub fn origin_of(url: &Url) -> String {
    format!(
        "{}://{}:{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        url.port_or_known_default().unwrap_or_default()
    )
}

/// The address without user, password, query and fragment, as shown and kept.
pub fn without_secrets(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    // These fail only for addresses without a host, which hold neither.
    if shown.set_username("").is_err() || shown.set_password(None).is_err() {
        return String::new();
    }
    shown.to_string()
}

/// Reads an `http(s)` or `dav(s)` address, and takes the login out of it.
///
/// # Errors
/// [`ErrorKind::Usage`] for other schemes and for what is no address; the
/// message never quotes what was given.
pub fn parse_url(address: &str) -> Result<(Url, Option<(String, Secret)>)> {
    let bad = |why: &str| Error::new(ErrorKind::Usage, "read an address", why);
    let address = address.trim();
    let lower = address.get(..7).unwrap_or(address).to_ascii_lowercase();
    let address = if lower.starts_with("davs:") {
        format!("https{}", &address[4..])
    } else if lower.starts_with("dav:") {
        format!("http{}", &address[3..])
    } else {
        address.to_owned()
    };
    let mut url = Url::parse(&address)
        .map_err(|error| bad("it is no complete address").with_source(error))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad(
            "only http, https, dav and davs addresses can be used here",
        ));
    }
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let login = (!url.username().is_empty()).then(|| {
        (
            decode(url.username()),
            Secret::new(decode(url.password().unwrap_or_default())),
        )
    });
    if url.set_username("").is_err() || url.set_password(None).is_err() {
        return Err(bad("its login cannot be taken out"));
    }
    url.set_fragment(None);
    Ok((url, login))
}

/// Whether a path segment looks like a session: a UUID or a long token.
fn looks_secret(segment: &str) -> bool {
    let plain = segment.len() >= 32
        && segment
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='));
    plain && segment.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_holds_no_secret() {
        let url = Url::parse(
            "https://host/icat/session/0d9a3706-1111-2222-3333-444455556666?sessionId=abc&query=x",
        )
        .unwrap();
        assert_eq!(
            RedactedUrl(&url).to_string(),
            "https://host:443/icat/session/…?sessionId=…&query=…",
            "no session and no values"
        );
    }

    #[test]
    fn a_login_is_taken_out_of_an_address() {
        let (url, login) = parse_url("davs://al%20ice:p%40ss@host/a%20b/?x=1#y").unwrap();
        assert_eq!(url.as_str(), "https://host/a%20b/?x=1", "no login is left");
        let (user, password) = login.unwrap();
        assert_eq!(
            (user.as_str(), password.reveal()),
            ("al ice", "p@ss"),
            "decoded"
        );
        assert_eq!(
            without_secrets(&url),
            "https://host/a%20b/",
            "as it is shown"
        );
    }

    #[test]
    fn other_schemes_are_refused_without_quoting_them() {
        for address in ["file:///etc/passwd", "ftp://u:secret@h/", "secret", "http:"] {
            let error = parse_url(address).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Usage, "{address}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}
