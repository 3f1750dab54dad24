//! The device that pictures are drawn with, and how it is chosen without a window.

use crate::error::{RenderError, Result};

/// A device and its queue, with the generation that tells it from those that were lost.
///
/// Objects on the GPU remember the generation they were made on; a new device after a loss has a
/// higher one, and everything is uploaded again from what the CPU keeps.
#[derive(Debug, Clone)]
pub struct Gpu {
    /// The device; cloning it is cheap.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// Name, backend and kind of the adapter.
    pub adapter_info: wgpu::AdapterInfo,
    /// Which device of this process it is: 0 for the first, one more after each loss.
    pub generation: u64,
}

/// Which adapter is wanted; the environment (`WGPU_BACKEND`, `WGPU_ADAPTER_NAME`) narrows all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AdapterWish {
    /// Discrete before integrated before software; Vulkan, Metal and DX12 before GL.
    #[default]
    Fastest,
    /// A software driver first, for tests whose pictures must not depend on the machine's GPU.
    Software,
    /// A software driver or nothing.
    OnlySoftware,
    /// A GPU or nothing.
    OnlyHardware,
}

/// What is asked of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceTier {
    /// The limits of the adapter, and those optional features that help where it has them.
    #[default]
    Full,
    /// `Limits::downlevel_defaults` and no feature at all: what every pipeline here must run on.
    Baseline,
}

impl Gpu {
    /// Opens a device without a window.
    ///
    /// # Errors
    /// [`RenderError::NoAdapter`] when the machine has neither a GPU nor a software driver,
    /// [`RenderError::Device`] when the driver refuses.
    pub fn headless(wish: AdapterWish) -> Result<Self> {
        Self::headless_with(wish, DeviceTier::Full)
    }

    /// Opens a device of the given tier without a window.
    ///
    /// # Errors
    /// As [`Gpu::headless`].
    pub fn headless_with(wish: AdapterWish, tier: DeviceTier) -> Result<Self> {
        let instance =
            wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let backends = wgpu::Backends::from_env().unwrap_or(wgpu::Backends::all());
        let adapters = pollster::block_on(instance.enumerate_adapters(backends));
        let adapter = choose_adapter(adapters, wish)?;
        let adapter_info = adapter.get_info();
        let descriptor = device_descriptor(&adapter, tier);
        let (device, queue) =
            pollster::block_on(adapter.request_device(&descriptor)).map_err(|error| {
                RenderError::Device {
                    adapter: adapter_info.name.clone(),
                    reason: error.to_string(),
                }
            })?;
        Ok(Self {
            device,
            queue,
            adapter_info,
            generation: 0,
        })
    }

    /// Takes over a device that somebody else opened, such as the window.
    pub fn adopt(
        device: wgpu::Device,
        queue: wgpu::Queue,
        adapter_info: wgpu::AdapterInfo,
        generation: u64,
    ) -> Self {
        Self {
            device,
            queue,
            adapter_info,
            generation,
        }
    }

    /// Does something on the device, and says what the driver refused of it, which would otherwise only be logged.
    ///
    /// # Errors
    /// Those of the work, and [`RenderError::Refused`].
    pub(crate) fn checked<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let scopes = [
            wgpu::ErrorFilter::Validation,
            wgpu::ErrorFilter::OutOfMemory,
            wgpu::ErrorFilter::Internal,
        ]
        .map(|filter| self.device.push_error_scope(filter));
        let done = work();
        // The last one that was opened is closed first; each must be.
        let errors = scopes
            .into_iter()
            .rev()
            .map(|scope| pollster::block_on(scope.pop()))
            .fold(None, |first: Option<wgpu::Error>, error| first.or(error));
        match errors {
            None => done,
            Some(error) => Err(RenderError::Refused {
                reason: error.to_string(),
            }),
        }
    }

    /// True when pictures are computed by the processor; the window shows a badge then.
    pub fn is_software(&self) -> bool {
        self.adapter_info.device_type == wgpu::DeviceType::Cpu
    }

    /// Longest edge of a 3D texture, in voxels.
    pub fn max_volume_edge(&self) -> usize {
        self.device.limits().max_texture_dimension_3d as usize
    }
}

/// The device that Hutch asks of an adapter, in the window as well as without one.
///
/// The baseline limits keep the resolution of the adapter, as a window must be coverable.
pub fn device_descriptor(
    adapter: &wgpu::Adapter,
    tier: DeviceTier,
) -> wgpu::DeviceDescriptor<'static> {
    let (required_features, required_limits) = match tier {
        DeviceTier::Full => (adapter.features() & helpful_features(), adapter.limits()),
        DeviceTier::Baseline => (wgpu::Features::empty(), wgpu::Limits::downlevel_defaults()),
    };
    wgpu::DeviceDescriptor {
        label: Some("hutch"),
        required_features,
        required_limits,
        ..Default::default()
    }
}

/// Optional features that kernels use where the adapter has them; no pipeline here needs one.
fn helpful_features() -> wgpu::Features {
    wgpu::Features::TEXTURE_FORMAT_16BIT_NORM
        | wgpu::Features::FLOAT32_FILTERABLE
        | wgpu::Features::TIMESTAMP_QUERY
        | wgpu::Features::SUBGROUP
        | wgpu::Features::SHADER_F16
}

/// The fastest of these adapters: discrete before integrated before software, the first of equals.
pub fn fastest<'a>(adapters: impl Iterator<Item = &'a wgpu::Adapter>) -> Option<wgpu::Adapter> {
    adapters
        .filter_map(|adapter| {
            let rank = adapter_rank(&adapter.get_info(), AdapterWish::Fastest)?;
            Some((rank, adapter))
        })
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, adapter)| adapter.clone())
}

fn choose_adapter(adapters: Vec<wgpu::Adapter>, wish: AdapterWish) -> Result<wgpu::Adapter> {
    let name_part = std::env::var("WGPU_ADAPTER_NAME")
        .unwrap_or_default()
        .to_lowercase();
    let mut found = Vec::new();
    let mut best: Option<((u8, u8), wgpu::Adapter)> = None;
    for adapter in adapters {
        let info = adapter.get_info();
        found.push(format!(
            "{} ({:?}, {:?})",
            info.name, info.backend, info.device_type
        ));
        let Some(rank) = adapter_rank(&info, wish) else {
            continue;
        };
        let is_better = best.as_ref().is_none_or(|(best_rank, _)| rank < *best_rank);
        if is_better && info.name.to_lowercase().contains(&name_part) {
            best = Some((rank, adapter));
        }
    }
    let found = if found.is_empty() {
        "none".to_owned()
    } else {
        found.join(", ")
    };
    best.map(|(_, adapter)| adapter)
        .ok_or_else(|| RenderError::NoAdapter {
            wish: format!("{wish:?}"),
            found,
        })
}

/// Smaller is better; `None` where the wish rules the adapter out.
fn adapter_rank(info: &wgpu::AdapterInfo, wish: AdapterWish) -> Option<(u8, u8)> {
    let is_software = info.device_type == wgpu::DeviceType::Cpu;
    let by_kind = match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 1,
        wgpu::DeviceType::IntegratedGpu => 2,
        wgpu::DeviceType::VirtualGpu => 3,
        wgpu::DeviceType::Other => 4,
        wgpu::DeviceType::Cpu => 5,
    };
    let by_backend = match info.backend {
        wgpu::Backend::Gl => 1,
        wgpu::Backend::Noop => return None,
        _ => 0,
    };
    match wish {
        AdapterWish::OnlySoftware if !is_software => None,
        AdapterWish::OnlyHardware if is_software => None,
        AdapterWish::OnlySoftware | AdapterWish::Software if is_software => Some((0, by_backend)),
        _ => Some((by_kind, by_backend)),
    }
}
