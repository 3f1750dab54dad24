//! Bodies of answers: counted as they leave, and spoiled on demand.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use tokio::time::Sleep;

use crate::fault::FaultKind;
use crate::request_log::Entry;

/// The body of an answer before it is metered.
pub(crate) type PlainBody = UnsyncBoxBody<Bytes, io::Error>;

/// A body from bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> PlainBody {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// What goes wrong while a body is sent; the number is a count of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoil {
    Nothing,
    CloseAfter(u64),
    ResetAfter(u64),
    StallAfter(u64),
    FlipBit(u64),
}

impl Spoil {
    pub(crate) fn from_fault(fault: Option<&FaultKind>) -> Self {
        match fault {
            Some(FaultKind::Truncate(length)) => Self::CloseAfter(*length),
            Some(FaultKind::ResetAfter(length)) => Self::ResetAfter(*length),
            Some(FaultKind::StallAfter(length)) => Self::StallAfter(*length),
            Some(FaultKind::FlipBit(offset)) => Self::FlipBit(*offset),
            _ => Self::Nothing,
        }
    }

    fn end(self) -> Option<u64> {
        match self {
            Self::CloseAfter(end) | Self::ResetAfter(end) | Self::StallAfter(end) => Some(end),
            Self::Nothing | Self::FlipBit(_) => None,
        }
    }
}

/// A body that counts into the request log.
pub(crate) struct MeteredBody {
    inner: PlainBody,
    entry: Arc<Entry>,
    spoil: Spoil,
    reset: Arc<AtomicBool>,
    sent: u64,
    flushing: Option<Pin<Box<Sleep>>>,
}

/// Long enough for hyper to write out what it has before the body fails.
const FLUSH_TIME: Duration = Duration::from_millis(30);

impl MeteredBody {
    pub(crate) fn new(
        inner: PlainBody,
        entry: Arc<Entry>,
        spoil: Spoil,
        reset: Arc<AtomicBool>,
    ) -> Self {
        Self {
            inner,
            entry,
            spoil,
            reset,
            sent: 0,
            flushing: None,
        }
    }

    fn poll_spoiled_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if matches!(self.spoil, Spoil::StallAfter(_)) {
            return Poll::Pending;
        }
        let flushing = self
            .flushing
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH_TIME)));
        ready!(flushing.as_mut().poll(cx));
        if matches!(self.spoil, Spoil::ResetAfter(_)) {
            self.reset.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Some(Err(io::Error::other("cut off on demand"))))
    }

    fn spoil_data(&self, mut data: Bytes) -> Bytes {
        if let Some(end) = self.spoil.end() {
            let left = usize::try_from(end - self.sent).unwrap_or(usize::MAX);
            data.truncate(left);
        }
        if let Spoil::FlipBit(offset) = self.spoil
            && let Some(at) = offset.checked_sub(self.sent)
            && at < data.len() as u64
        {
            let mut flipped = data.to_vec();
            if let Some(byte) = usize::try_from(at).ok().and_then(|at| flipped.get_mut(at)) {
                *byte ^= 1;
            }
            return Bytes::from(flipped);
        }
        data
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.spoil.end().is_some_and(|end| self.sent >= end) {
            return self.poll_spoiled_end(cx);
        }
        let Some(frame) = ready!(Pin::new(&mut self.inner).poll_frame(cx)?) else {
            return Poll::Ready(None);
        };
        let Ok(data) = frame.into_data() else {
            return Poll::Ready(None);
        };
        let data = self.spoil_data(data);
        self.sent += data.len() as u64;
        self.entry.sent(data.len());
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
