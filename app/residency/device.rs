//! The device that frames are put on while they are prepared, and whether they are counted there.

use std::sync::Arc;

use hutch_render::{Gpu, Uploads};

use crate::settings::CountOn;

/// Frames that are kept on the device ahead of being shown, in bytes.
const BUDGET_BYTES: usize = 256 << 20;

/// The device of the window, as far as workers use it.
#[derive(Debug, Default)]
pub(super) struct Device {
    uploads: Option<Arc<Uploads>>,
    chosen_for: Option<(u64, CountOn)>,
}

impl Device {
    /// Takes the device of this pass; nothing happens while it is that of the last one.
    pub(super) fn follow(&mut self, gpu: Option<&Gpu>, count_on: CountOn) {
        let wanted = gpu.map(|gpu| (gpu.generation, count_on));
        if self.chosen_for == wanted {
            return;
        }
        self.chosen_for = wanted;
        // OpenGL has one context: whoever uses it on another thread keeps the window from drawing, for seconds where a
        // software driver counts.
        let shared = gpu.filter(|gpu| gpu.adapter_info.backend != wgpu::Backend::Gl);
        self.uploads = shared.map(|gpu| {
            let uploads = Uploads::new(gpu, BUDGET_BYTES);
            let counts = match count_on {
                // A software driver counts with the same cores, and slower.
                CountOn::Auto => !gpu.is_software(),
                CountOn::Gpu => true,
                CountOn::Cpu => false,
            };
            Arc::new(if counts { uploads.counting() } else { uploads })
        });
    }

    /// What workers upload with.
    pub(super) fn uploads(&self) -> Option<Arc<Uploads>> {
        self.uploads.clone()
    }
}
