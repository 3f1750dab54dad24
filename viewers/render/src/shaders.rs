//! The shaders of this package, put together from the files in `shaders/`.

use crate::texel::SampleClass;

/// One fragment shader with its vertex stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shader {
    PoolUint,
    PoolSint,
    PoolFloat,
    PoolComplex,
    PanelsUint,
    PanelsSint,
    PanelsFloat,
    PanelsComplex,
    Colour,
    Volume,
    Blit,
    BlitLinear,
    Fill,
}

const FULLSCREEN: &str = include_str!("../../../shaders/shared/fullscreen.wgsl");
const COLOUR_MAP: &str = include_str!("../../../shaders/shared/colour_map.wgsl");
const SAMPLES_UINT: &str = include_str!("../../../shaders/shared/samples_uint.wgsl");
const SAMPLES_SINT: &str = include_str!("../../../shaders/shared/samples_sint.wgsl");
const SAMPLES_FLOAT: &str = include_str!("../../../shaders/shared/samples_float.wgsl");
const SAMPLES_COMPLEX: &str = include_str!("../../../shaders/shared/samples_complex.wgsl");
const POOLED: &str = include_str!("../../../shaders/shared/pooled.wgsl");
const FOLD: &str = include_str!("../../../shaders/shared/fold.wgsl");
const POOLING: &str = include_str!("../../../shaders/shared/pooling.wgsl");
const POOL: &str = include_str!("../../../shaders/display/pool.wgsl");
const PANELS: &str = include_str!("../../../shaders/display/panels.wgsl");
const COLOUR: &str = include_str!("../../../shaders/display/colour.wgsl");
const VOLUME: &str = include_str!("../../../shaders/display/volume.wgsl");
const FILL: &str = include_str!("../../../shaders/display/fill.wgsl");
const BLIT: &str = include_str!("../../../shaders/display/blit.wgsl");
const TALLY: &str = include_str!("../../../shaders/compute/tally.wgsl");

/// The constant of the pass takes the place of what the target has.
const CONSTANT: wgpu::BlendComponent = wgpu::BlendComponent {
    src_factor: wgpu::BlendFactor::Constant,
    dst_factor: wgpu::BlendFactor::Zero,
    operation: wgpu::BlendOperation::Add,
};

impl Shader {
    /// Its name in the tools of graphics drivers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PoolUint | Self::PoolSint | Self::PoolFloat | Self::PoolComplex => "pool",
            _ if self.is_of_panels() => "panels",
            Self::Colour => "colour",
            Self::Volume => "volume",
            Self::Fill => "fill",
            _ => "blit",
        }
    }

    /// Name of the fragment stage.
    pub(crate) fn entry_point(self) -> &'static str {
        match self {
            Self::PoolUint | Self::PoolSint | Self::PoolFloat | Self::PoolComplex => "fs_pool",
            _ if self.is_of_panels() => "fs_panels",
            Self::Colour => "fs_colour",
            Self::Volume => "fs_volume",
            Self::BlitLinear => "fs_blit_linear",
            Self::Fill => "fs_fill",
            _ => "fs_blit",
        }
    }

    /// Name of the vertex stage.
    pub(crate) fn vertex_entry_point(self) -> &'static str {
        match self {
            Self::Blit | Self::BlitLinear => "vs_blit",
            _ if self.is_of_panels() => "vs_panels",
            _ => "vs_fullscreen",
        }
    }

    /// True where it draws panels, one instance each, the one of the highest rank in front.
    pub(crate) fn is_of_panels(self) -> bool {
        matches!(
            self,
            Self::PanelsUint | Self::PanelsSint | Self::PanelsFloat | Self::PanelsComplex
        )
    }

    /// How it is laid over what the target has; nothing where it takes its place.
    pub(crate) fn blend(self) -> Option<wgpu::BlendState> {
        match self {
            Self::Blit | Self::BlitLinear => Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
            Self::Fill => Some(wgpu::BlendState {
                color: CONSTANT,
                alpha: CONSTANT,
            }),
            _ => None,
        }
    }
}

/// The whole text of a shader.
pub(crate) fn source(shader: Shader) -> String {
    let parts: &[&str] = match shader {
        Shader::PoolUint => &[POOL, POOLING, SAMPLES_UINT, POOLED, FOLD, FULLSCREEN],
        Shader::PanelsUint => &[PANELS, POOLING, SAMPLES_UINT, POOLED, FOLD],
        Shader::PoolSint => &[POOL, POOLING, SAMPLES_SINT, POOLED, FOLD, FULLSCREEN],
        Shader::PanelsSint => &[PANELS, POOLING, SAMPLES_SINT, POOLED, FOLD],
        Shader::PoolFloat => &[POOL, POOLING, SAMPLES_FLOAT, POOLED, FOLD, FULLSCREEN],
        Shader::PanelsFloat => &[PANELS, POOLING, SAMPLES_FLOAT, POOLED, FOLD],
        Shader::PoolComplex => &[POOL, POOLING, SAMPLES_COMPLEX, POOLED, FOLD, FULLSCREEN],
        Shader::PanelsComplex => &[PANELS, POOLING, SAMPLES_COMPLEX, POOLED, FOLD],
        Shader::Colour => &[COLOUR, POOLED, COLOUR_MAP, FULLSCREEN],
        Shader::Volume => &[VOLUME, COLOUR_MAP, FULLSCREEN],
        Shader::Blit | Shader::BlitLinear => &[BLIT, FULLSCREEN],
        Shader::Fill => &[FILL, FULLSCREEN],
    };
    parts.join("\n")
}

/// The compute shader that counts samples of a class.
pub(crate) fn tally_source(class: SampleClass) -> String {
    let samples = match class {
        SampleClass::Uint => SAMPLES_UINT,
        SampleClass::Sint => SAMPLES_SINT,
        SampleClass::Float => SAMPLES_FLOAT,
        SampleClass::Complex => SAMPLES_COMPLEX,
    };
    [TALLY, samples, FOLD].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shader_is_valid_without_any_optional_capability() {
        use Shader::{
            Blit, BlitLinear, Colour, Fill, PanelsComplex, PanelsFloat, PanelsSint, PanelsUint,
            PoolComplex, PoolFloat, PoolSint, PoolUint, Volume,
        };
        for shader in [
            PoolUint,
            PoolSint,
            PoolFloat,
            PoolComplex,
            PanelsUint,
            PanelsSint,
            PanelsFloat,
            PanelsComplex,
            Colour,
            Volume,
            Blit,
            BlitLinear,
            Fill,
        ] {
            let text = source(shader);
            let module = valid_module(&text, &format!("{shader:?}"));
            let names: Vec<_> = module
                .entry_points
                .iter()
                .map(|entry| entry.name.as_str())
                .collect();
            assert!(
                names.contains(&shader.entry_point()),
                "{shader:?} has its fragment stage, found {names:?}"
            );
        }
    }

    #[test]
    fn every_shader_that_counts_is_valid_without_any_optional_capability() {
        for class in [
            SampleClass::Uint,
            SampleClass::Sint,
            SampleClass::Float,
            SampleClass::Complex,
        ] {
            let text = tally_source(class);
            let module = valid_module(&text, &format!("{class:?}"));
            assert!(module.entry_points.iter().any(|of| of.name == "cs_tally"));
        }
    }

    fn valid_module(text: &str, what: &str) -> naga::Module {
        let module = naga::front::wgsl::parse_str(text)
            .unwrap_or_else(|error| panic!("{what}: {}", error.emit_to_string(text)));
        let mut validator = naga::valid::Validator::new(
            naga::valid::ValidationFlags::all(),
            naga::valid::Capabilities::empty(),
        );
        validator
            .validate(&module)
            .unwrap_or_else(|error| panic!("{what}: {error:?}"));
        module
    }
}
