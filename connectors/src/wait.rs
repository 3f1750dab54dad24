//! Waiting that ends when nobody wants the result any more.

use std::future::Future;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::pin;
use std::time::Duration;

use hutch_model::{Cancel, Error, ErrorKind, Result};
use tokio::sync::Semaphore;

/// How often a raised [`Cancel`] is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Ends a future when the flag is raised; dropping it closes its connection.
pub(crate) async fn or_cancel<T>(
    cancel: &Cancel,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    cancel.check()?;
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = tokio::time::sleep(LOOK_EVERY) => cancel.check()?,
        }
    }
}

/// Sleeps, unless the flag is raised.
pub(crate) async fn sleep(duration: Duration, cancel: &Cancel) -> Result<()> {
    or_cancel(cancel, async {
        tokio::time::sleep(duration).await;
        Ok(())
    })
    .await
}

/// Runs blocking work on a thread that is given up when it hangs.
///
/// `places` bounds how many threads one mount or service can hold, so that a
/// dead one takes no others with it. Without a runtime the work runs here.
///
/// # Errors
/// [`ErrorKind::Network`] when nothing came back in `limit`, and whatever the
/// work itself reports.
pub(crate) async fn blocking<T: Send + 'static>(
    places: &std::sync::Arc<Semaphore>,
    limit: Duration,
    tried: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    if tokio::runtime::Handle::try_current().is_err() {
        return work();
    }
    let hung =
        |what: &str| Error::new(ErrorKind::Network, tried, format!("{what} does not answer"));
    let waited = tokio::time::timeout(limit, std::sync::Arc::clone(places).acquire_owned()).await;
    let Ok(Ok(place)) = waited else {
        return Err(hung("the disk or service"));
    };
    let task = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(place);
        result
    });
    match tokio::time::timeout(limit, task).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            Err(Error::new(ErrorKind::Internal, tried, "the work broke off").with_source(error))
        }
        Err(_) => Err(hung("the disk or service")),
    }
}

/// A number that nobody foresees; for jitter and temporary names, not for keys.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A share of a duration, between none and all of it.
pub(crate) fn jitter(duration: Duration) -> Duration {
    let share = (random() >> 11) as f64 / (1_u64 << 53) as f64;
    duration.mul_f64(share)
}
