//! Which redirects are followed.
//!
//! Source: RFC 9110 section 15.4; credentials stay within their origin, which
//! the caller sees to.

use std::net::IpAddr;

use hutch_model::{Error, ErrorKind, Result};
use reqwest::header::LOCATION;
use reqwest::{StatusCode, Url};

use super::{HttpSettings, Reply, Request, origin_of};

/// Where a reply sends the request on to; `None` where it does not.
pub(super) fn target(reply: &Reply, from: &Url) -> Option<Result<Url>> {
    let redirects = matches!(
        reply.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = reply.header(LOCATION.as_str()).filter(|_| redirects)?;
    let mut target = match from.join(location) {
        Ok(target) => target,
        Err(error) => {
            return Some(Err(
                refuse(reply.tried(), "to no address").with_source(error)
            ));
        }
    };
    target.set_fragment(None);
    // A login in a redirect is the server's idea, not the user's.
    if target.set_username("").is_err() || target.set_password(None).is_err() {
        return Some(Err(refuse(reply.tried(), "to an address without a host")));
    }
    Some(Ok(target))
}

/// Refuses redirects that lose encryption, reach into private networks from
/// outside, or would change what the request does.
pub(super) async fn check(
    request: &Request,
    from: &Url,
    to: &Url,
    settings: &HttpSettings,
) -> Result<()> {
    let tried = &request.tried;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(refuse(tried, "to something that is not http"));
    }
    if from.scheme() == "https" && to.scheme() == "http" && !settings.plain_pools {
        return Err(refuse(tried, "from an encrypted to an unencrypted address"));
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "PROPFIND" | "PUT") {
        return Err(refuse(
            tried,
            "where a request that changes something may not follow",
        ));
    }
    if origin_of(from) == origin_of(to) || settings.private_pools {
        return Ok(());
    }
    if is_private(to).await && !is_private(from).await {
        return Err(refuse(tried, "from a public host into a private network"));
    }
    Ok(())
}

fn refuse(tried: &str, whereto: &str) -> Error {
    Error::new(
        ErrorKind::Refused,
        tried,
        format!("the server sends the request on {whereto}"),
    )
}

/// Whether a host is this machine or in a private network, by all that its
/// name resolves to.
async fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse::<IpAddr>() {
        return is_private_address(address);
    }
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::net::lookup_host((host, port)).await {
        Ok(mut addresses) => addresses.any(|address| is_private_address(address.ip())),
        // Behind a proxy names may not resolve here; the proxy decides then.
        Err(_) => false,
    }
}

fn is_private_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6
                    .to_ipv4_mapped()
                    .is_some_and(|v4| is_private_address(IpAddr::V4(v4)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn verdict(from: &str, to: &str) -> bool {
        let request = Request::get(Url::parse(from).unwrap(), "read \"x\"");
        let to = Url::parse(to).unwrap();
        check(&request, &request.url, &to, &HttpSettings::default())
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn redirects_keep_encryption_and_stay_out_of_private_networks() {
        let table = [
            ("https://192.0.2.1/a", "https://192.0.2.9/b", true),
            ("https://192.0.2.1/a", "http://192.0.2.1/a", false),
            ("http://192.0.2.1/a", "https://192.0.2.1/a", true),
            ("https://192.0.2.1/a", "https://169.254.169.254/", false),
            ("https://192.0.2.1/a", "https://127.0.0.1/", false),
            ("https://192.0.2.1/a", "https://[::ffff:10.0.0.1]/", false),
            ("https://192.0.2.1/a", "https://localhost/", false),
            ("http://10.0.0.1/a", "http://10.0.0.2/b", true),
            ("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", true),
            ("https://192.0.2.1/a", "ftp://192.0.2.1/a", false),
        ];
        for (from, to, allowed) in table {
            assert_eq!(verdict(from, to).await, allowed, "{from} to {to}");
        }
    }
}
