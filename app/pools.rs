//! Where work runs: sockets on tokio, samples on two pools, never on the UI.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use hutch_model::{Error, ErrorKind, Result};

/// Threads for sockets, for what is visible, and for long work.
///
/// Clones share the threads. Long work has one core fewer than the machine, so
/// that a reconstruction never stops the slider.
#[derive(Clone, Debug)]
pub struct Pools {
    sockets: Arc<tokio::runtime::Runtime>,
    interactive: Arc<rayon::ThreadPool>,
    batch: Arc<rayon::ThreadPool>,
}

impl Pools {
    /// Starts the threads.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when the system gives no threads.
    pub fn start() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let failed = |why: String| Error::new(ErrorKind::Internal, "start threads", why);
        let sockets = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(cores.clamp(2, 4))
            .thread_name("hutch-sockets")
            .enable_all()
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let pool = |name: &'static str, threads: usize| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(move |index| format!("hutch-{name}-{index}"))
                // Without it a panic outside of `contain` would end the program.
                .panic_handler(move |panic| {
                    let label = format!("work on the {name} threads");
                    log::error!("{}", fault(&label, panic.as_ref()));
                })
                .build()
                .map_err(|error| failed(error.to_string()))
        };
        Ok(Self {
            sockets: Arc::new(sockets),
            interactive: Arc::new(pool("interactive", cores)?),
            batch: Arc::new(pool("batch", cores.saturating_sub(1).max(1))?),
        })
    }

    /// Starts a future on the threads for sockets.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        drop(self.sockets.spawn(future));
    }

    /// Waits for a future; for the command line, never for the window.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.sockets.block_on(future)
    }

    /// Runs work that somebody looks at.
    pub fn interactive(&self, work: impl FnOnce() + Send + 'static) {
        self.interactive.spawn(work);
    }

    /// The interactive threads alone, for work that goes on there after a
    /// future: a runtime must not be let go on one of its own threads.
    pub(crate) fn interactive_pool(&self) -> Arc<rayon::ThreadPool> {
        Arc::clone(&self.interactive)
    }

    /// Runs long work.
    pub fn batch(&self, work: impl FnOnce() + Send + 'static) {
        self.batch.spawn(work);
    }

    /// Runs work that waits for sockets and computes in turn, on a thread of
    /// its own; there are as many as a person starts jobs.
    pub fn thread(&self, name: &str, work: impl FnOnce() + Send + 'static) {
        let started = std::thread::Builder::new()
            .name(format!("hutch-{name}"))
            .spawn(work);
        if let Err(error) = started {
            log::error!("start a thread for \"{name}\": {error}");
        }
    }

    /// Runs long work on the batch threads and waits for it; for the command
    /// line and for threads of jobs, never for the window.
    pub fn install_batch<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.batch.install(work)
    }
}

/// Runs work and turns a panic into an error, so that a fault stays in the one
/// view that asked.
///
/// # Errors
/// Those of the work, and [`ErrorKind::Internal`] after a panic.
pub fn contain<T>(label: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(fault(label, panic.as_ref())))
}

/// Waits for a future and turns a panic in it into an error.
///
/// # Errors
/// Those of the future, and [`ErrorKind::Internal`] after a panic.
pub async fn contain_future<T>(label: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = std::pin::pin!(future);
    // The future is not polled again after a panic, so nothing sees it half done.
    std::future::poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)))
            .unwrap_or_else(|panic| Poll::Ready(Err(fault(label, panic.as_ref()))))
    })
    .await
}

/// A panic as an error, in its own words.
fn fault(label: &str, panic: &(dyn Any + Send)) -> Error {
    let why = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it stopped without a word".to_owned());
    Error::new(ErrorKind::Internal, label, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_work_becomes_an_error_in_words() {
        let result: Result<()> = contain("decode a chunk", || panic!("index 7 of 5"));
        let error = result.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal, "a fault of Hutch");
        assert_eq!(error.why, "index 7 of 5", "the words of the panic");
    }

    #[test]
    fn a_panic_in_a_future_becomes_an_error_in_words() {
        let future = contain_future("fetch a chunk", async {
            tokio::task::yield_now().await;
            let parts: [Result<()>; 0] = [];
            parts.into_iter().next().expect("a part")
        });
        let error = Pools::start().unwrap().wait(future).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal, "a fault of Hutch");
        assert_eq!(error.why, "a part", "the words of the panic");
    }
}
