//! Live sources: frames as they come, or the news that a file changed.

use std::fmt;

use bytes::Bytes;

use crate::{BoxFuture, Cancel, ElementType, Result};

/// A frame as it arrived, still encoded.
#[derive(Clone, Debug)]
pub struct EncodedFrame {
    /// Its bytes as they arrived.
    pub bytes: Bytes,
    /// The codec in the words of its stream; empty for none.
    pub codec: String,
    /// The type of its samples.
    pub element: ElementType,
    /// Height and width, in pixels.
    pub shape: (u64, u64),
    /// Its number in the stream.
    pub number: u64,
    /// Seconds since 1970 when it was taken.
    pub time_secs: f64,
    /// Frames that were lost before it.
    pub lost_before: u64,
}

/// What a live source has to say.
#[derive(Clone, Debug)]
pub enum LiveEvent {
    /// A frame came.
    Frame(EncodedFrame),
    /// This file is the newest, or grew.
    Changed {
        /// Where it is.
        url: String,
        /// Seconds since 1970 of its last change.
        modified_secs: f64,
    },
}

/// A source of frames or of news.
pub trait LiveSource: Send + Sync + fmt::Debug {
    /// Waits for the next event; older ones that nobody took are skipped.
    fn next<'a>(&'a self, cancel: &'a Cancel) -> BoxFuture<'a, Result<LiveEvent>>;
}
