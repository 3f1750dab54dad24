//! Opening the window, and opening it again when its device is lost.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use eframe::{EframeWinitApplication, UserEvent};
use hutch_model::{Error, ErrorKind, Result};
use hutch_render::gpu::{DeviceTier, device_descriptor, fastest};
use hutch_render::{AdapterWish, Gpu};
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::platform::run_on_demand::EventLoopExtRunOnDemand as _;
use winit::window::WindowId;

use super::Window;
use super::device::Home;
use super::state::State;
use crate::endings::{on_interrupt, on_termination};
use crate::pools::Pools;
use crate::settings::{Folders, Settings};
use crate::sites::Sites;

/// After this many losses within ten minutes the window stays closed.
const LOSSES: usize = 3;

/// How the window is opened.
#[derive(Clone, Debug, Default)]
pub struct WindowOptions {
    /// What is opened in it.
    pub addresses: Vec<String>,
    /// Whether the embedded facility runs.
    pub demo: bool,
    /// `vulkan`, `gl`, or the best there is.
    pub renderer: Option<String>,
}

/// Opens the window and returns when a person closes it.
///
/// # Errors
/// [`ErrorKind::Gpu`] when there is neither a GPU nor a software driver;
/// [`ErrorKind::Usage`] without a display.
pub fn run(options: &WindowOptions) -> Result<()> {
    let state = make_state(options)?;
    run_state(state, options)
}

/// The state of a fresh start with these options.
///
/// # Errors
/// Those of reading settings and profiles.
pub fn make_state(options: &WindowOptions) -> Result<State> {
    let folders = Folders::of_this_user();
    let (settings, told) = Settings::load_or_default(&folders.config.join("settings.toml"));
    let pools = Pools::start()?;
    let sites = if options.demo {
        pools.wait(Sites::with_demo(&folders))?
    } else {
        pools.wait(Sites::load(&folders))?
    };
    let mut state = State::new(folders, settings, sites, pools)?;
    if let Some(error) = told {
        state.tell_error(error, None);
    }
    for warning in state.sites.warnings().to_vec() {
        state.tell(warning);
    }
    let opens_views = options.addresses.is_empty() && !options.demo;
    super::session::restore(&mut state, opens_views);
    for address in &options.addresses {
        state.open_address(address, "");
    }
    if options.demo && options.addresses.is_empty() {
        state.show_site("demo");
    }
    Ok(state)
}

/// Opens windows on a state until one is closed by a person.
fn run_state(state: State, options: &WindowOptions) -> Result<()> {
    let mut event_loop = EventLoop::with_user_event()
        .build()
        .map_err(|error| Error::new(ErrorKind::Usage, "open the window", error.to_string()))?;
    let (pools, wake) = (state.pools.clone(), Arc::clone(&state.wake));
    let home = Home::with(state);
    let ending = home.ending();
    let tell = move || {
        ending.store(true, Ordering::Release);
        wake();
    };
    on_termination(&pools, tell.clone());
    on_interrupt(&pools, tell);
    let mut losses: Vec<Instant> = Vec::new();
    let mut renderer = options.renderer.clone();
    loop {
        open_once(&mut event_loop, &home, renderer.as_deref())?;
        if !home.was_lost() {
            break;
        }
        losses.retain(|loss| loss.elapsed() < Duration::from_mins(10));
        losses.push(Instant::now());
        if losses.len() > LOSSES {
            return Err(Error::new(
                ErrorKind::Gpu,
                "show the window",
                "the graphics device was lost four times in ten minutes; \
                 try `hutch --renderer gl`, or another driver",
            ));
        }
        // A device that is lost again and again gets the simpler interface.
        if losses.len() == LOSSES {
            renderer = Some("gl".to_owned());
        }
        log::warn!("opening the window again on another device");
    }
    if let Some(state) = home.take() {
        super::session::save(&state);
    }
    Ok(())
}

/// One window after another on the event loop, which a process has only once.
fn open_once(
    event_loop: &mut EventLoop<UserEvent>,
    home: &Home,
    renderer: Option<&str>,
) -> Result<()> {
    let asked = home.clone();
    let window = eframe::create_native(
        "hutch",
        native_options(renderer),
        Box::new(move |context| Ok(Box::new(Window::new(context, &asked)))),
        event_loop,
    );
    let mut guarded = Guarded {
        window: Some(window),
        panic: None,
    };
    let ended = event_loop.run_app_on_demand(&mut guarded);
    let panic = guarded.panic.take();
    drop(guarded);
    if let Some(panic) = panic
        && !home.was_lost()
    {
        resume_unwind(panic);
    }
    ended.map_err(|error| Error::new(ErrorKind::Usage, "open the window", error.to_string()))?;
    if home.was_opened() {
        return Ok(());
    }
    // The window says on stderr which interfaces it tried.
    let why = match Gpu::headless(AdapterWish::Fastest) {
        Ok(gpu) => format!(
            "this display shows nothing that {} draws",
            gpu.adapter_info.name
        ),
        Err(error) => error.to_string(),
    };
    Err(Error::new(ErrorKind::Gpu, "open the window", why))
}

/// A window whose painter may panic.
///
/// egui's painter panics when the device is lost while it draws, and there is
/// no way to ask it not to. The panic ends the window; its state goes home.
struct Guarded<'a> {
    window: Option<EframeWinitApplication<'a>>,
    panic: Option<Box<dyn Any + Send>>,
}

impl<'a> Guarded<'a> {
    fn guard(
        &mut self,
        event_loop: &ActiveEventLoop,
        work: impl FnOnce(&mut EframeWinitApplication<'a>),
    ) {
        let Some(window) = &mut self.window else {
            event_loop.exit();
            return;
        };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(window))) {
            // A window has to go while the event loop runs.
            self.window = None;
            self.panic = Some(panic);
            event_loop.exit();
        }
    }
}

impl ApplicationHandler<UserEvent> for Guarded<'_> {
    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.guard(event_loop, |window| window.new_events(event_loop, cause));
    }

    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.guard(event_loop, |window| window.resumed(event_loop));
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        self.guard(event_loop, |window| window.user_event(event_loop, event));
    }

    fn window_event(
        &mut self,
        event_loop: &ActiveEventLoop,
        window_id: WindowId,
        event: WindowEvent,
    ) {
        self.guard(event_loop, |window| {
            window.window_event(event_loop, window_id, event);
        });
    }

    fn device_event(
        &mut self,
        event_loop: &ActiveEventLoop,
        device_id: DeviceId,
        event: DeviceEvent,
    ) {
        self.guard(event_loop, |window| {
            window.device_event(event_loop, device_id, event);
        });
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.guard(event_loop, |window| window.about_to_wait(event_loop));
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.guard(event_loop, |window| window.suspended(event_loop));
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.guard(event_loop, |window| window.exiting(event_loop));
    }

    fn memory_warning(&mut self, event_loop: &ActiveEventLoop) {
        self.guard(event_loop, |window| window.memory_warning(event_loop));
    }
}

/// The options of eframe; the limits of the device are those of the adapter.
pub fn native_options(renderer: Option<&str>) -> eframe::NativeOptions {
    let mut setup = egui_wgpu::WgpuSetupCreateNew::without_display_handle();
    setup.device_descriptor = Arc::new(|adapter| device_descriptor(adapter, DeviceTier::Full));
    // A person may still say which kind of power is wanted.
    if wgpu::PowerPreference::from_env().is_none() {
        // egui lists all adapters and has wgpu list them once more to choose; that takes a while where drivers are software.
        setup.native_adapter_selector = Some(Arc::new(|adapters, surface| {
            let fitting = adapters.iter().filter(|adapter| {
                surface.is_none_or(|surface| adapter.is_surface_supported(surface))
            });
            fastest(fitting).ok_or_else(|| "no adapter draws on this display".to_owned())
        }));
    }
    match renderer {
        Some("gl") => setup.instance_descriptor.backends = wgpu::Backends::GL,
        Some("vulkan") => setup.instance_descriptor.backends = wgpu::Backends::VULKAN,
        _ => {}
    }
    eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Hutch")
            .with_app_id("hutch")
            .with_inner_size([1440.0, 900.0])
            .with_min_inner_size([480.0, 320.0]),
        wgpu_options: egui_wgpu::WgpuConfiguration {
            wgpu_setup: egui_wgpu::WgpuSetup::CreateNew(setup),
            ..Default::default()
        },
        renderer: eframe::Renderer::Wgpu,
        // Nothing here is a gradient of the interface, and the noise costs software drivers a third of their work.
        dithering: false,
        ..Default::default()
    }
}
