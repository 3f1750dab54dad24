//! Frames on their way to the screen: uploaded and counted by workers, so that neither takes time of the window.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::counter::SampleCounter;
use crate::error::Result;
use crate::gpu::Gpu;
use crate::image::ImageFrame;
use crate::pyramid::FramePyramid;

/// Uploads frames to a device and keeps the latest of them there, within a budget.
#[derive(Debug)]
pub struct Uploads {
    gpu: Gpu,
    counter: Option<SampleCounter>,
    budget_bytes: usize,
    kept: Mutex<VecDeque<(usize, Arc<ImageFrame>)>>,
}

impl Uploads {
    /// To a device, keeping frames of so many bytes.
    pub fn new(gpu: &Gpu, budget_bytes: usize) -> Self {
        Self {
            gpu: gpu.clone(),
            counter: None,
            budget_bytes,
            kept: Mutex::default(),
        }
    }

    /// The samples of frames are counted there as well, where the device can compute.
    #[must_use]
    pub fn counting(mut self) -> Self {
        self.counter = SampleCounter::new(&self.gpu);
        self
    }

    /// What counts the samples of frames there.
    pub fn counter(&self) -> Option<&SampleCounter> {
        self.counter.as_ref()
    }

    /// Uploads a frame; it stays until later ones fill the budget, or as long as somebody holds it.
    ///
    /// # Errors
    /// Those of [`ImageFrame::from_pyramid`], and [`RenderError::Refused`](crate::RenderError::Refused) when there is no room.
    pub fn upload(&self, pyramid: &FramePyramid) -> Result<Arc<ImageFrame>> {
        let frame = Arc::new(
            self.gpu
                .checked(|| ImageFrame::from_pyramid(&self.gpu, pyramid))?,
        );
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((pyramid.size_bytes(), Arc::clone(&frame)));
        let mut total: usize = kept.iter().map(|(bytes, _)| bytes).sum();
        while total > self.budget_bytes
            && let Some((bytes, _)) = kept.pop_front()
        {
            total -= bytes;
        }
        Ok(frame)
    }
}
