//! Pictures from the device back to memory.

use crate::error::{RenderError, Result};
use crate::gpu::Gpu;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// How long a thread sleeps before it asks again whether the device is done.
const ASK_AGAIN: Duration = Duration::from_micros(50);
/// Software drivers take seconds for large volumes.
const LONGEST: Duration = Duration::from_mins(5);

/// A picture in memory: sRGB bytes, `[y, x, channel]` with four channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbaPicture {
    /// Pixels in a row.
    pub width: u32,
    /// Number of rows.
    pub height: u32,
    /// `width * height * 4` bytes.
    pub pixels: Vec<u8>,
}

impl RgbaPicture {
    /// The pixel at a place; transparent black outside.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 4] {
        let start = (y as usize * self.width as usize + x as usize) * 4;
        let pixel = self.pixels.get(start..start + 4).filter(|_| x < self.width);
        pixel
            .and_then(|pixel| pixel.try_into().ok())
            .unwrap_or_default()
    }
}

/// Copies an `Rgba8Unorm` texture to memory and waits for it; not for the UI thread.
///
/// # Errors
/// [`RenderError::ReadBack`] when the device was lost or ran out of memory.
pub fn read_rgba(gpu: &Gpu, texture: &wgpu::Texture) -> Result<RgbaPicture> {
    let (width, height) = (texture.width(), texture.height());
    let row_bytes = width as usize * 4;
    // Rows in a copy begin at multiples of 256 bytes.
    let pitch = row_bytes.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as usize);
    let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("read back"),
        size: (pitch * height as usize) as u64,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    let mut encoder = gpu
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: u32::try_from(pitch).ok(),
        rows_per_image: None,
    };
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout,
        },
        texture.size(),
    );
    gpu.queue.submit([encoder.finish()]);
    let mapped = read_buffer(gpu, &buffer)?;
    let mut pixels = Vec::with_capacity(row_bytes * height as usize);
    for row in mapped.chunks_exact(pitch) {
        pixels.extend_from_slice(&row[..row_bytes]);
    }
    Ok(RgbaPicture {
        width,
        height,
        pixels,
    })
}

/// The bytes of a buffer that was copied into, once the device is done; not for the UI thread.
///
/// It asks rather than waits, since a thread that waits in the driver keeps others from submitting.
///
/// # Errors
/// [`RenderError::ReadBack`] when the device was lost, ran out of memory or hangs.
pub(crate) fn read_buffer(gpu: &Gpu, buffer: &wgpu::Buffer) -> Result<wgpu::BufferView> {
    let failed = |reason: String| RenderError::ReadBack { reason };
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    buffer
        .slice(..)
        .map_async(wgpu::MapMode::Read, move |result| {
            // The receiver is gone only when the device took too long, which is reported there.
            drop(sender.send(result));
        });
    let begin = Instant::now();
    loop {
        gpu.device
            .poll(wgpu::PollType::Poll)
            .map_err(|error| failed(error.to_string()))?;
        match receiver.recv_timeout(ASK_AGAIN) {
            Ok(result) => {
                result.map_err(|error| failed(error.to_string()))?;
                break;
            }
            Err(RecvTimeoutError::Timeout) if begin.elapsed() < LONGEST => {}
            Err(error) => return Err(failed(error.to_string())),
        }
    }
    buffer
        .slice(..)
        .get_mapped_range()
        .map_err(|error| failed(error.to_string()))
}
