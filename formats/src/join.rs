//! Waiting for several futures at once, without a runtime.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

/// Runs futures side by side; the results are in their order.
pub(crate) async fn join_all<'a, T>(
    futures: Vec<Pin<Box<dyn Future<Output = T> + Send + 'a>>>,
) -> Vec<T> {
    let mut slots: Vec<(Option<_>, Option<T>)> = futures
        .into_iter()
        .map(|future| (Some(future), None))
        .collect();
    poll_fn(|context| {
        let mut is_waiting = false;
        for (future, result) in &mut slots {
            if let Some(running) = future {
                match running.as_mut().poll(context) {
                    Poll::Ready(value) => {
                        *result = Some(value);
                        *future = None;
                    }
                    Poll::Pending => is_waiting = true,
                }
            }
        }
        if is_waiting {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
    slots.into_iter().filter_map(|(_, result)| result).collect()
}

/// Waits for a future while another goes on beside it, in the second place; what
/// is not done by then is dropped, and what came of it is nobody's concern here.
pub(crate) async fn beside<T>(
    main: impl Future<Output = T> + Send,
    other: impl Future + Send,
) -> T {
    let (mut main, mut other) = (pin!(main), pin!(other));
    let mut is_going = true;
    poll_fn(|context| {
        let result = main.as_mut().poll(context);
        if is_going && result.is_pending() && other.as_mut().poll(context).is_ready() {
            is_going = false;
        }
        result
    })
    .await
}
