//! Pipelines that turn raw samples into pictures, on wgpu alone.
