//! Several ranges in one request.

use bytes::Bytes;
use futures_util::future::join_all;
use hutch_model::{ByteRange, Cancel, Result};
use reqwest::StatusCode;

use super::HttpFile;
use crate::http::{Request, origin_of};
use crate::storage::multipart;

/// From so many ranges on one request for all of them pays.
const FEWEST_TOGETHER: usize = 4;

impl HttpFile {
    /// Several ranges in one request, where the server is known to answer them;
    /// else each by itself.
    pub(super) async fn read_several(
        &self,
        ranges: &[ByteRange],
        size: u64,
        cancel: &Cancel,
    ) -> Vec<Result<Bytes>> {
        if ranges.len() >= FEWEST_TOGETHER && ranges.iter().all(|range| range.end <= size) {
            match self.read_together(ranges, size, cancel).await {
                Ok(Some(parts)) => return parts.into_iter().map(Ok).collect(),
                Ok(None) => {}
                // A broken network is not what singles could mend.
                Err(error) => return ranges.iter().map(|_| Err(error.duplicate())).collect(),
            }
        }
        let singles = ranges
            .iter()
            .map(|range| self.read_one(*range, size, cancel));
        join_all(singles).await
    }

    /// `None` when the server does not answer several ranges in one reply.
    async fn read_together(
        &self,
        ranges: &[ByteRange],
        size: u64,
        cancel: &Cancel,
    ) -> Result<Option<Vec<Bytes>>> {
        let several = self.client.several_ranges(&self.url);
        // One asks first; the others wait for what it finds, and then travel
        // side by side.
        let mut asking = None;
        if several.known().is_none() {
            asking = Some(several.asking().await);
            if several.known().is_some() {
                asking = None;
            }
        }
        if several.known() == Some(false) {
            return Ok(None);
        }
        let request = Request::ranges(self.url.clone(), ranges, self.tried.clone())?;
        let reply = self.client.send(request, cancel).await?;
        let is_several = reply.status() == StatusCode::PARTIAL_CONTENT
            && multipart::is_multipart(reply.header("content-type").unwrap_or_default());
        if !is_several {
            log::debug!("{} does not answer several ranges", origin_of(&self.url));
            several.learn(false);
            return Ok(None);
        }
        self.check(&reply)?;
        let wanted: u64 = ranges.iter().map(|range| range.len()).sum();
        let most = wanted.saturating_add(ranges.len() as u64 * multipart::MOST_HEAD_BYTES);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let body = reply.body(most, cancel).await?;
        let parts = multipart::parts(&body, ranges, size);
        several.learn(parts.is_some());
        drop(asking);
        Ok(parts)
    }
}
