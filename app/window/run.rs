//! Opening the window, and opening it again when its device is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hutch_model::{Error, ErrorKind, Result};
use hutch_render::gpu::{DeviceTier, device_descriptor};

use super::Window;
use super::device::Home;
use super::state::State;
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
    let settings = Settings::load(&folders.config.join("settings.toml"))?;
    let pools = Pools::start()?;
    let sites = if options.demo {
        pools.wait(Sites::with_demo(&folders))?
    } else {
        pools.wait(Sites::load(&folders))?
    };
    let mut state = State::new(folders, settings, sites, pools)?;
    for warning in state.sites.warnings().to_vec() {
        state.tell(warning);
    }
    super::session::restore(&mut state);
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
    let home = Home::with(state);
    let mut losses: Vec<Instant> = Vec::new();
    let mut renderer = options.renderer.clone();
    loop {
        open_once(&home, renderer.as_deref())?;
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

fn open_once(home: &Home, renderer: Option<&str>) -> Result<()> {
    let home = home.clone();
    let result = eframe::run_native(
        "hutch",
        native_options(renderer),
        Box::new(move |context| Ok(Box::new(Window::new(context, &home)))),
    );
    result.map_err(|error| {
        let kind = match &error {
            eframe::Error::Wgpu(_) => ErrorKind::Gpu,
            _ => ErrorKind::Usage,
        };
        Error::new(kind, "open the window", error.to_string())
    })
}

/// The options of eframe; the limits of the device are those of the adapter.
pub fn native_options(renderer: Option<&str>) -> eframe::NativeOptions {
    let mut setup = egui_wgpu::WgpuSetupCreateNew::without_display_handle();
    setup.device_descriptor = Arc::new(|adapter| device_descriptor(adapter, DeviceTier::Full));
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
        ..Default::default()
    }
}
