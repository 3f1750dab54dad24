//! Pipelines that turn raw samples into pictures, on wgpu alone.
//!
//! What is drawn runs on tier one: fragment shaders, textures and uniforms, within
//! `wgpu::Limits::downlevel_defaults` and without an optional feature. Counting samples uses a compute shader where
//! the device has them, and the CPU elsewhere.

pub mod blit;
pub mod camera;
pub mod colormap;
pub mod counter;
pub mod cpu;
pub mod display;
pub mod error;
pub mod fill;
pub mod gpu;
pub mod headless;
pub mod histogram;
pub mod image;
pub mod image_layer;
mod keys;
pub mod orientation;
pub mod panels;
pub mod pipelines;
mod pooling;
pub mod pyramid;
pub mod quantiles;
pub mod readback;
pub mod samples;
mod shaders;
mod tally;
pub mod texel;
mod uniforms;
pub mod uploads;
mod values;
pub mod volume;
pub mod volume_bricks;
pub mod volume_builder;
pub mod volume_cpu;
pub mod volume_layer;
pub mod volume_texture;

pub use camera::OrbitCamera;
pub use colormap::{ColourMap, Family, Licence, MapFacts};
pub use counter::SampleCounter;
pub use display::{Component, ImageDisplay, ImageFromTarget, Marks, Norm, Range, Rgba};
pub use error::{RenderError, Result};
pub use gpu::{AdapterWish, DeviceTier, Gpu};
pub use histogram::{AutoRange, BinScale, Histogram, Moments};
pub use image::ImageFrame;
pub use image_layer::ImageLayer;
pub use orientation::Orientation;
pub use panels::PanelPlace;
pub use pipelines::Pipelines;
pub use pyramid::{FramePyramid, Pooling};
pub use quantiles::{Distribution, percentiles};
pub use readback::RgbaPicture;
pub use samples::{RawFrame, SampleSlice};
pub use uploads::Uploads;
pub use volume::{VolumeDisplay, VolumeMode};
pub use volume_bricks::{VolumeBricks, VolumePlan, VoxelDepth};
pub use volume_builder::VolumeBuilder;
pub use volume_layer::VolumeLayer;
pub use volume_texture::VolumeTexture;
