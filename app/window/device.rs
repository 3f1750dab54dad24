//! Losing the device, and going on with another.
//!
//! The state waits in a [`Home`] while no window is open. When the device is
//! lost a flag is set, the window closes, and the program opens another one on
//! a new device with the same state.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use hutch_render::Gpu;
use parking_lot::Mutex;

use super::state::State;

/// Where the state waits between two windows.
#[derive(Clone, Default)]
#[expect(
    missing_debug_implementations,
    reason = "holds trait objects or closures that have no Debug"
)]
pub struct Home(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<Option<Box<State>>>,
    was_lost: AtomicBool,
    was_opened: AtomicBool,
    ends: Arc<AtomicBool>,
    generation: AtomicU64,
    lost_at: Mutex<Option<Instant>>,
    rehearsal: Mutex<Option<PathBuf>>,
}

impl Home {
    /// A home with a state in it.
    pub fn with(state: State) -> Self {
        let home = Self::default();
        *home.0.state.lock() = Some(Box::new(state));
        let wish = std::env::var_os("HUTCH_LOSE_DEVICE").filter(|wish| !wish.is_empty());
        *home.0.rehearsal.lock() = wish.map(PathBuf::from);
        home
    }

    /// Whether the loss of the device is rehearsed in this run: once, when a
    /// file appears that `HUTCH_LOSE_DEVICE` names.
    pub fn rehearses(&self) -> bool {
        self.0.rehearsal.lock().is_some()
    }

    /// Whether the device is to be lost now.
    pub fn rehearse_now(&self) -> bool {
        let mut wish = self.0.rehearsal.lock();
        wish.take_if(|file| file.exists()).is_some()
    }

    /// Takes the state for a window.
    pub fn take(&self) -> Option<Box<State>> {
        self.0.was_lost.store(false, Ordering::Release);
        self.0.was_opened.store(true, Ordering::Release);
        self.0.state.lock().take()
    }

    /// Puts the state back, and when the device was lost, where it was.
    pub fn put(&self, state: Box<State>, lost_at: Option<Instant>) {
        self.0.was_lost.store(lost_at.is_some(), Ordering::Release);
        *self.0.lost_at.lock() = lost_at;
        *self.0.state.lock() = Some(state);
    }

    /// Whether a window is shown again after a loss, and nobody said so yet.
    pub fn is_back(&self) -> bool {
        self.0.lost_at.lock().is_some()
    }

    /// Says how long people saw no window.
    pub fn tell_back(&self) {
        if let Some(lost) = self.0.lost_at.lock().take() {
            log::warn!(
                "the window is back after {:.2} s",
                lost.elapsed().as_secs_f64()
            );
        }
    }

    /// Whether a window took the state.
    pub fn was_opened(&self) -> bool {
        self.0.was_opened.load(Ordering::Acquire)
    }

    /// Whether the last window closed because its device was lost.
    pub fn was_lost(&self) -> bool {
        self.0.was_lost.load(Ordering::Acquire)
    }

    /// What another thread sets to have the window closed, with its session kept.
    pub fn ending(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0.ends)
    }

    /// Whether the window is to close.
    pub fn is_told_to_end(&self) -> bool {
        self.0.ends.load(Ordering::Acquire)
    }

    /// The number of the next device.
    pub fn next_generation(&self) -> u64 {
        self.0.generation.fetch_add(1, Ordering::AcqRel)
    }
}

/// A flag that says that the device of a window is lost.
#[derive(Clone, Debug, Default)]
pub struct Loss(Arc<OnceLock<Instant>>);

impl Loss {
    /// Whether it is.
    pub fn is_lost(&self) -> bool {
        self.at().is_some()
    }

    /// When it was, where it is.
    pub fn at(&self) -> Option<Instant> {
        self.0.get().copied()
    }

    fn set(&self) {
        self.0.get_or_init(Instant::now);
    }
}

/// Takes over the device of a window and listens for its loss.
pub fn adopt(
    render: &egui_wgpu::RenderState,
    generation: u64,
    loss: &Loss,
    ctx: &egui::Context,
) -> Gpu {
    let lost = loss.clone();
    let wake = ctx.clone();
    render
        .device
        .set_device_lost_callback(move |reason, message| {
            log::warn!("the graphics device is lost ({reason:?}): {message}");
            lost.set();
            wake.request_repaint();
        });
    // Errors that nobody waits for are logged; the default handler would end
    // the program.
    render
        .device
        .on_uncaptured_error(Arc::new(|error: wgpu::Error| {
            log::warn!("graphics: {error}");
        }));
    Gpu::adopt(
        render.device.clone(),
        render.queue.clone(),
        render.adapter.get_info(),
        generation,
    )
}
