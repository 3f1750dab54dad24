//! Free ports.

use std::net::{Ipv4Addr, TcpListener};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which Linux takes the ports of outgoing connections, so
/// that no client of another test takes one between our look and the server's.
const FIRST: u32 = 20_000;
const COUNT: u32 = 12_000;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// Two neighbouring ports of 127.0.0.1 on which nothing listens.
///
/// Where the search begins depends on the process, so that test processes
/// side by side seldom look at the same ones. `None` when all are taken.
pub(crate) fn free_pair() -> Option<u16> {
    let start = process::id().wrapping_mul(38);
    (0..COUNT / 2).find_map(|_| {
        let step = TAKEN.fetch_add(2, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_add(step) % COUNT) / 2 * 2;
        let port = u16::try_from(port).ok()?;
        (is_free(port) && is_free(port + 1)).then_some(port)
    })
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_not_offered() {
        let port = free_pair().expect("a free pair of ports");
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port was free");
        assert!(!is_free(port), "something listens on {port} now");
        assert_ne!(free_pair(), Some(port), "each pair is offered once");
    }
}
