//! Counting the samples of a frame where they are drawn: on the device, exactly as `tally` counts them.

use std::sync::OnceLock;

use crate::error::{RenderError, Result};
use crate::gpu::Gpu;
use crate::histogram::Bins;
use crate::image::ImageFrame;
use crate::keys::{KeyedSample, ValidKeys, first_key};
use crate::pipelines::empty_mask;
use crate::readback::read_buffer;
use crate::samples::RawFrame;
use crate::shaders;
use crate::tally::{BUCKETS, Digit};
use crate::texel::SampleClass;

/// Samples that one workgroup visits; see `shaders/compute/tally.wgsl`.
const GROUP: u32 = 256 * 32;
/// Buckets that each workgroup counts by itself first.
const NEAR: u32 = 2048;
/// Of these, so many lie below zero in types that have a sign.
const NEAR_BELOW: u32 = 256;

/// Counts samples of frames that are on a device. Not for the UI thread: it waits for the device.
#[derive(Debug)]
pub struct SampleCounter {
    gpu: Gpu,
    compiled: [OnceLock<wgpu::ComputePipeline>; 4],
    no_mask: wgpu::TextureView,
}

/// Same fields in the same order as `Tally` in the shader.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Uniforms {
    sentinels: [u32; 4],
    sentinel_count: u32,
    lowest: u32,
    highest: u32,
    sample_count: u32,
    layer_shift: u32,
    key_bits: u32,
    has_mask: u32,
    shift: u32,
    prefix: u32,
    nearest: u32,
    bin_edges: u32,
    component: u32,
}

impl SampleCounter {
    /// A counter on a device; `None` where the device cannot compute.
    pub fn new(gpu: &Gpu) -> Option<Self> {
        let limits = gpu.device.limits();
        let can_count = limits.max_compute_invocations_per_workgroup >= 256
            && limits.max_compute_workgroup_size_x >= 256
            && limits.max_compute_workgroup_storage_size >= NEAR * 4
            && limits.max_storage_buffers_per_shader_stage >= 2;
        can_count.then(|| Self {
            gpu: gpu.clone(),
            compiled: Default::default(),
            no_mask: empty_mask(gpu),
        })
    }

    /// The device.
    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// How many valid samples have which digit, for all 65536 of them.
    ///
    /// # Errors
    /// [`RenderError::Uncountable`] for samples of 64 bits, complex ones and frames of another device;
    /// [`RenderError::Refused`] and [`RenderError::ReadBack`] when the driver fails or the device was lost.
    pub(crate) fn digits<T: KeyedSample>(
        &self,
        (frame, on_device): (&RawFrame<'_>, &ImageFrame),
        digit: Digit,
    ) -> Result<Vec<u64>> {
        let bits = key_bits::<T>();
        let zero = T::zero_key() >> digit.shift;
        let is_around_zero = digit.prefix.is_none_or(|prefix| prefix == zero >> 16);
        let zero = narrow(if is_around_zero { zero & 0xffff } else { 0 });
        let mut uniforms = self.uniforms::<T>(frame, on_device, bits)?;
        uniforms.shift = digit.shift;
        uniforms.prefix = narrow(digit.prefix.unwrap_or(0));
        let buckets = u32::try_from(BUCKETS).unwrap_or(u32::MAX);
        uniforms.nearest = zero.saturating_sub(NEAR_BELOW).min(buckets - NEAR);
        self.count(on_device, uniforms, &[], BUCKETS)
    }

    /// How many valid samples are in which slot of [`Bins::slot_of`].
    ///
    /// # Errors
    /// Those of [`SampleCounter::digits`].
    pub(crate) fn bins<T: KeyedSample>(
        &self,
        (frame, on_device): (&RawFrame<'_>, &ImageFrame),
        bins: &Bins,
    ) -> Result<Vec<u64>> {
        let mut uniforms = self.uniforms::<T>(frame, on_device, key_bits::<T>())?;
        let keys = T::finite_keys();
        let first_keys: Vec<u32> = (1..=bins.count + 1)
            .map_while(|slot| first_key(keys, |key| bins.slot_of(T::from_key(key)) >= slot))
            .map(narrow)
            .collect();
        if first_keys.is_empty() {
            // Everything is below the first bin; without an edge the shader would count digits.
            return Err(RenderError::Uncountable);
        }
        uniforms.bin_edges = u32::try_from(first_keys.len()).unwrap_or(u32::MAX);
        self.count(on_device, uniforms, &first_keys, bins.count + 2)
    }

    fn uniforms<T: KeyedSample>(
        &self,
        frame: &RawFrame<'_>,
        on_device: &ImageFrame,
        key_bits: u32,
    ) -> Result<Uniforms> {
        let facts = &on_device.facts;
        let is_here = on_device.generation == self.gpu.generation;
        let is_this = frame.samples().len() == on_device.sample_count()
            && frame.mask().is_some() == facts.has_mask;
        if !is_here || !is_this || key_bits > 32 || facts.class == SampleClass::Complex {
            return Err(RenderError::Uncountable);
        }
        let valid = ValidKeys::of::<T>(frame);
        Ok(Uniforms {
            sentinels: valid.sentinels,
            sentinel_count: valid.sentinel_count,
            lowest: valid.range[0],
            highest: valid.range[1],
            sample_count: u32::try_from(frame.samples().len()).unwrap_or(u32::MAX),
            layer_shift: facts.layer_shift,
            key_bits,
            has_mask: u32::from(facts.has_mask),
            shift: 0,
            prefix: 0,
            nearest: 0,
            bin_edges: 0,
            component: 0,
        })
    }

    fn count(
        &self,
        frame: &ImageFrame,
        uniforms: Uniforms,
        first_keys: &[u32],
        buckets: usize,
    ) -> Result<Vec<u64>> {
        let groups = uniforms.sample_count.div_ceil(GROUP);
        let limits = self.gpu.device.limits();
        if groups > limits.max_compute_workgroups_per_dimension {
            return Err(RenderError::Uncountable);
        }
        let answer = self
            .gpu
            .checked(|| Ok(self.submit(frame, (&uniforms, first_keys), groups, buckets)))?;
        let view = read_buffer(&self.gpu, &answer)?;
        let counts: Vec<u32> = bytemuck::pod_collect_to_vec(&view);
        Ok(counts.into_iter().map(u64::from).collect())
    }

    /// Submits a count; what it finds will be in the buffer.
    fn submit(
        &self,
        frame: &ImageFrame,
        (uniforms, first_keys): (&Uniforms, &[u32]),
        groups: u32,
        buckets: usize,
    ) -> wgpu::Buffer {
        let pipeline = self.pipeline(frame.facts.class);
        let bytes = (buckets * 4) as u64;
        let [counts, answer] = [
            wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        ]
        .map(|usage| self.buffer(bytes, usage));
        let bind_group = self.bind(pipeline, frame, (uniforms, first_keys, &counts));
        let mut encoder = self
            .gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("tally"),
                timestamp_writes: None,
            });
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &bind_group, &[]);
            pass.dispatch_workgroups(groups, 1, 1);
        }
        encoder.copy_buffer_to_buffer(&counts, 0, &answer, 0, bytes);
        self.gpu.queue.submit([encoder.finish()]);
        answer
    }

    fn bind(
        &self,
        pipeline: &wgpu::ComputePipeline,
        frame: &ImageFrame,
        (uniforms, first_keys, counts): (&Uniforms, &[u32], &wgpu::Buffer),
    ) -> wgpu::BindGroup {
        // A buffer has at least one element; where digits are counted nobody reads it.
        let keys = if first_keys.is_empty() {
            &[0]
        } else {
            first_keys
        };
        let uniforms = self.filled(bytemuck::bytes_of(uniforms), wgpu::BufferUsages::UNIFORM);
        let keys = self.filled(bytemuck::cast_slice(keys), wgpu::BufferUsages::STORAGE);
        let mask = frame.mask.as_ref().unwrap_or(&self.no_mask);
        let resources = [
            uniforms.as_entire_binding(),
            wgpu::BindingResource::TextureView(&frame.samples),
            wgpu::BindingResource::TextureView(mask),
            keys.as_entire_binding(),
            counts.as_entire_binding(),
        ];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(resources)
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        self.gpu
            .device
            .create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("tally"),
                layout: &pipeline.get_bind_group_layout(0),
                entries: &entries,
            })
    }

    fn buffer(&self, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("tally"),
            size,
            usage,
            mapped_at_creation: false,
        })
    }

    fn filled(&self, bytes: &[u8], usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let buffer = self.buffer(bytes.len() as u64, usage | wgpu::BufferUsages::COPY_DST);
        self.gpu.queue.write_buffer(&buffer, 0, bytes);
        buffer
    }

    fn pipeline(&self, class: SampleClass) -> &wgpu::ComputePipeline {
        let slot = match class {
            SampleClass::Uint => 0,
            SampleClass::Sint => 1,
            SampleClass::Float => 2,
            SampleClass::Complex => 3,
        };
        let device = &self.gpu.device;
        self.compiled[slot].get_or_init(|| {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("tally"),
                source: wgpu::ShaderSource::Wgsl(shaders::tally_source(class).into()),
            });
            device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                label: Some("tally"),
                layout: None,
                module: &module,
                entry_point: Some("cs_tally"),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                cache: None,
            })
        })
    }
}

/// Bits of the keys of a type; those of complex numbers count as wider than a device compares.
fn key_bits<T: KeyedSample>() -> u32 {
    u32::try_from(size_of::<T>() * 8).unwrap_or(u32::MAX)
}

fn narrow(key: u64) -> u32 {
    u32::try_from(key).unwrap_or(u32::MAX)
}
