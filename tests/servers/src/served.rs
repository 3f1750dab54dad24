//! What a server did, as its own log says.

use std::fs;

use crate::apache::Apache;
use crate::xrootd::Xrootd;

/// Requests and bytes since a server started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Requests of any method.
    pub requests: u64,
    /// Bytes that were sent: of bodies (Apache), of heads and bodies (XRootD).
    pub bytes: u64,
}

impl Apache {
    /// What it did so far; a request is logged when its answer was sent.
    pub fn served(&self) -> Served {
        let log = self.server.dir.join("log/access.log");
        of_apache(&fs::read_to_string(log).unwrap_or_default())
    }
}

impl Xrootd {
    /// What it did so far.
    pub fn served(&self) -> Served {
        let log = self.server.dir.join("log/hutch/xrootd.log");
        let text = fs::read(log).unwrap_or_default();
        of_xrootd(&String::from_utf8_lossy(&text))
    }
}

/// Lines as `- "GET /open/x HTTP/1.1" 206 100 range="bytes=0-99"`.
fn of_apache(log: &str) -> Served {
    let mut served = Served::default();
    for line in log.lines() {
        let Some(answer) = line.split('"').nth(2) else {
            continue;
        };
        served.requests += 1;
        let bytes = answer.split_whitespace().nth(1).unwrap_or_default();
        served.bytes += bytes.parse::<u64>().unwrap_or(0);
    }
    served
}

/// Lines of `http.trace all`.
fn of_xrootd(log: &str) -> Served {
    let mut served = Served::default();
    for line in log.lines() {
        served.requests += u64::from(line.contains("http_Protocol:  Parsing first line: "));
        served.bytes += between(line, "http_Protocol: Sending ", " bytes");
        // Parts of files go out by another way.
        served.bytes += between(line, "XrdHttpReq::File dlen:", " send rc:0");
    }
    served
}

fn between(line: &str, before: &str, after: &str) -> u64 {
    let rest = line.split_once(before).map_or("", |(_, rest)| rest);
    rest.strip_suffix(after)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logs_tell_requests_and_bytes() {
        let apache = "- \"GET /open/a HTTP/1.1\" 206 100 range=\"bytes=0-99\"\n\
            alice \"PROPFIND /dav/ HTTP/1.1\" 207 900 range=\"-\"\n\
            - \"GET /open/a HTTP/1.1\" 304 0 range=\"bytes=0-99\"\n";
        let expected = Served {
            requests: 3,
            bytes: 1000,
        };
        assert_eq!(of_apache(apache), expected, "Apache");
        let xrootd = "261121 15:27:05 31664 http_Protocol:  Parsing first line: GET /a HTTP/1.1\n\
            261121 15:27:05 31664 http_Protocol: Sending resp: 206 header len:154\n\
            261121 15:27:05 31664 http_Protocol: Sending 154 bytes\n\
            261121 15:27:05 31664 http_Req:  XrdHttpReq::File dlen:1000000 send rc:0\n";
        let expected = Served {
            requests: 1,
            bytes: 1_000_154,
        };
        assert_eq!(of_xrootd(xrootd), expected, "XRootD");
    }
}
