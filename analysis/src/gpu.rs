//! The GPU device for compute: runs the passes that kernels describe.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hutch_model::{Cancel, Error, ErrorKind, Result};
use wgpu::util::DeviceExt as _;

use crate::array::Array;
use crate::kernel::{GpuBuffer, GpuPass, GpuPlan};

/// A device that may be shared with the window, and the pipelines built on it.
///
/// Needs compute shaders; [`GpuContext::new`] says so where the adapter has none.
pub struct GpuContext {
    device: wgpu::Device,
    queue: wgpu::Queue,
    name: String,
    step_limit: u64,
    pipelines: Mutex<HashMap<&'static str, Arc<wgpu::ComputePipeline>>>,
}

impl fmt::Debug for GpuContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GpuContext")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl GpuContext {
    /// Work on the caller's device, such as the window's.
    ///
    /// `info` sizes the submissions: a software adapter gets short ones, so
    /// that work can be cancelled within 50 ms.
    ///
    /// # Errors
    /// [`ErrorKind::Gpu`] when the device has no compute shaders.
    pub fn new(device: wgpu::Device, queue: wgpu::Queue, info: &wgpu::AdapterInfo) -> Result<Self> {
        if device.limits().max_compute_workgroup_size_x < 256 {
            return Err(gpu_error(format!(
                "\"{}\" has no compute shaders",
                info.name
            )));
        }
        let step_limit = match info.device_type {
            wgpu::DeviceType::Cpu => 4_000_000,
            wgpu::DeviceType::DiscreteGpu => 2_000_000_000,
            _ => 400_000_000,
        };
        Ok(Self {
            device,
            queue,
            name: format!("{} ({:?})", info.name, info.backend),
            step_limit,
            pipelines: Mutex::default(),
        })
    }

    /// A device without a window: the fastest adapter there is, software included.
    ///
    /// # Errors
    /// [`ErrorKind::Gpu`] when there is no adapter, or it has no compute shaders.
    pub fn headless() -> Result<Self> {
        pollster::block_on(Self::headless_async())
    }

    async fn headless_async() -> Result<Self> {
        let instance =
            wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|error| gpu_error("no adapter").with_source(error))?;
        let limits = adapter.limits();
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("analysis"),
                required_limits: limits,
                ..Default::default()
            })
            .await
            .map_err(|error| gpu_error("the adapter gave no device").with_source(error))?;
        Self::new(device, queue, &adapter.get_info())
    }

    /// The adapter and its interface, as in `llvmpipe (Vulkan)`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Inner steps that take some tens of milliseconds on this device.
    pub const fn step_limit(&self) -> u64 {
        self.step_limit
    }

    /// The largest storage buffer that a plan may use, in bytes.
    pub fn largest_buffer_bytes(&self) -> u64 {
        let limits = self.device.limits();
        limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size)
    }

    /// Runs a plan and reads its result back.
    ///
    /// Passes are submitted in portions that take tens of milliseconds;
    /// `cancel` is looked at between them.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when a buffer is larger than the device allows,
    /// [`ErrorKind::Gpu`] when it refuses or is lost, [`ErrorKind::Cancelled`].
    pub fn run(&self, plan: &GpuPlan<'_>, cancel: &Cancel) -> Result<Array> {
        let scopes = [
            self.device.push_error_scope(wgpu::ErrorFilter::Validation),
            self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory),
        ];
        let result = self.run_unchecked(plan, cancel);
        for scope in scopes.into_iter().rev() {
            if let Some(error) = pollster::block_on(scope.pop()) {
                return Err(gpu_error("the device refused the work").with_source(error));
            }
        }
        result
    }

    fn run_unchecked(&self, plan: &GpuPlan<'_>, cancel: &Cancel) -> Result<Array> {
        let buffers = plan
            .buffers
            .iter()
            .map(|buffer| self.create_buffer(buffer))
            .collect::<Result<Vec<_>>>()?;
        let mut encoder = self
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut steps = 0;
        for pass in &plan.passes {
            cancel.check()?;
            self.encode(&mut encoder, pass, &buffers)?;
            steps += pass.step_count;
            if steps >= self.step_limit {
                let full = std::mem::replace(
                    &mut encoder,
                    self.device
                        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default()),
                );
                self.queue.submit([full.finish()]);
                self.wait()?;
                steps = 0;
            }
        }
        self.queue.submit([encoder.finish()]);
        let output = buffers
            .get(plan.output)
            .ok_or_else(|| gpu_error("the plan has no output buffer"))?;
        let sample_count = plan.shape.iter().product();
        Array::new(plan.shape.clone(), self.read(output, sample_count)?)
    }

    fn create_buffer(&self, buffer: &GpuBuffer<'_>) -> Result<wgpu::Buffer> {
        let bytes = buffer.sample_count().max(1) as u64 * 4;
        if bytes > self.largest_buffer_bytes() {
            return Err(Error::new(
                ErrorKind::Limit,
                "lay out a kernel on the GPU",
                format!(
                    "a buffer of {bytes} bytes where \"{}\" allows {}",
                    self.name,
                    self.largest_buffer_bytes()
                ),
            ));
        }
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_SRC
            | wgpu::BufferUsages::COPY_DST;
        Ok(match buffer {
            GpuBuffer::Input(samples) if !samples.is_empty() => {
                self.device
                    .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                        label: Some("kernel input"),
                        contents: bytemuck::cast_slice(samples),
                        usage,
                    })
            }
            _ => self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("kernel buffer"),
                size: bytes,
                usage,
                mapped_at_creation: false,
            }),
        })
    }

    fn encode(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        pass: &GpuPass,
        buffers: &[wgpu::Buffer],
    ) -> Result<()> {
        let pipeline = self.pipeline(pass);
        let uniforms = self
            .device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(pass.name),
                contents: bytemuck::cast_slice(&pass.uniforms),
                usage: wgpu::BufferUsages::UNIFORM,
            });
        let mut entries = vec![wgpu::BindGroupEntry {
            binding: 0,
            resource: uniforms.as_entire_binding(),
        }];
        for (binding, &index) in (1..).zip(&pass.buffers) {
            let buffer = buffers.get(index).ok_or_else(|| {
                gpu_error(format!("pass \"{}\" has no buffer {index}", pass.name))
            })?;
            entries.push(wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            });
        }
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(pass.name),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut compute = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(pass.name),
            timestamp_writes: None,
        });
        compute.set_pipeline(&pipeline);
        compute.set_bind_group(0, &group, &[]);
        let [x, y, z] = pass.workgroups;
        compute.dispatch_workgroups(x, y, z);
        Ok(())
    }

    fn pipeline(&self, pass: &GpuPass) -> Arc<wgpu::ComputePipeline> {
        // A panic elsewhere cannot leave the map half changed.
        let mut pipelines = self
            .pipelines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let pipeline = pipelines.entry(pass.name).or_insert_with(|| {
            let module = self
                .device
                .create_shader_module(wgpu::ShaderModuleDescriptor {
                    label: Some(pass.name),
                    source: wgpu::ShaderSource::Wgsl(pass.wgsl.into()),
                });
            Arc::new(
                self.device
                    .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                        label: Some(pass.name),
                        layout: None,
                        module: &module,
                        entry_point: Some("main"),
                        compilation_options: wgpu::PipelineCompilationOptions::default(),
                        cache: None,
                    }),
            )
        });
        Arc::clone(pipeline)
    }

    fn read(&self, buffer: &wgpu::Buffer, sample_count: usize) -> Result<Vec<f32>> {
        if sample_count == 0 {
            return Ok(Vec::new());
        }
        let bytes = sample_count as u64 * 4;
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("kernel result"),
            size: bytes,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, bytes);
        self.queue.submit([encoder.finish()]);
        let mapped = Arc::new(Mutex::new(None));
        let answer = Arc::clone(&mapped);
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        self.wait()?;
        let answer = mapped.lock().unwrap_or_else(PoisonError::into_inner).take();
        match answer {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                return Err(gpu_error("the result could not be read").with_source(error));
            }
            None => return Err(gpu_error("the device did not finish")),
        }
        let view = staging
            .get_mapped_range(..)
            .map_err(|error| gpu_error("the result could not be read").with_source(error))?;
        Ok(bytemuck::pod_collect_to_vec(&view))
    }

    fn wait(&self) -> Result<()> {
        self.device
            .poll(wgpu::PollType::wait_indefinitely())
            .map(|_status| ())
            .map_err(|error| gpu_error("the device did not finish").with_source(error))
    }
}

fn gpu_error(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Gpu, "compute on the GPU", why)
}
