//! Being told to end by the system: signals.

use crate::pools::Pools;

/// Runs something when the program is told to end, or its terminal goes away, so that nothing half written stays. Under
/// `nohup` a terminal may go.
#[cfg(unix)]
pub(crate) fn on_termination(pools: &Pools, told: impl Fn() + Clone + Send + 'static) {
    use tokio::signal::unix::SignalKind;
    on_signal(pools, SignalKind::terminate(), told.clone());
    if !is_hangup_ignored() {
        on_signal(pools, SignalKind::hangup(), told);
    }
}

/// Runs something when a person interrupts the program at its terminal; the second time it ends at once.
#[cfg(unix)]
pub(crate) fn on_interrupt(pools: &Pools, told: impl Fn() + Clone + Send + 'static) {
    on_signal(pools, tokio::signal::unix::SignalKind::interrupt(), told);
}

#[cfg(unix)]
fn on_signal(
    pools: &Pools,
    kind: tokio::signal::unix::SignalKind,
    told: impl Fn() + Send + 'static,
) {
    pools.spawn(async move {
        match tokio::signal::unix::signal(kind) {
            Ok(mut signals) => {
                let mut is_second = false;
                while signals.recv().await.is_some() {
                    if is_second {
                        #[expect(clippy::exit, reason = "told twice: nothing may hold it up")]
                        std::process::exit(130);
                    }
                    told();
                    is_second = true;
                }
            }
            Err(error) => log::debug!("a signal ends the program at once: {error}"),
        }
    });
}

#[cfg(not(unix))]
pub(crate) fn on_termination(_: &Pools, _: impl Fn() + Clone + Send + 'static) {}

#[cfg(not(unix))]
pub(crate) fn on_interrupt(_: &Pools, _: impl Fn() + Clone + Send + 'static) {}

/// Source: proc(5), `SigIgn`; SIGHUP is signal 1.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Where it cannot be told the usual end is kept.
    mask.is_none_or(|mask| mask & 1 == 1)
}
