//! The shaders of this package, put together from the files in `shaders/`.

/// One fragment shader with its vertex stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shader {
    PoolUint,
    PoolSint,
    PoolFloat,
    PoolComplex,
    Colour,
    Volume,
    Blit,
    BlitLinear,
}

const FULLSCREEN: &str = include_str!("../../../shaders/shared/fullscreen.wgsl");
const COLOUR_MAP: &str = include_str!("../../../shaders/shared/colour_map.wgsl");
const SAMPLES_UINT: &str = include_str!("../../../shaders/shared/samples_uint.wgsl");
const SAMPLES_SINT: &str = include_str!("../../../shaders/shared/samples_sint.wgsl");
const SAMPLES_FLOAT: &str = include_str!("../../../shaders/shared/samples_float.wgsl");
const SAMPLES_COMPLEX: &str = include_str!("../../../shaders/shared/samples_complex.wgsl");
const POOLED: &str = include_str!("../../../shaders/shared/pooled.wgsl");
const POOL: &str = include_str!("../../../shaders/display/pool.wgsl");
const COLOUR: &str = include_str!("../../../shaders/display/colour.wgsl");
const VOLUME: &str = include_str!("../../../shaders/display/volume.wgsl");
const BLIT: &str = include_str!("../../../shaders/display/blit.wgsl");

impl Shader {
    /// Its name in the tools of graphics drivers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::PoolUint | Self::PoolSint | Self::PoolFloat | Self::PoolComplex => "pool",
            Self::Colour => "colour",
            Self::Volume => "volume",
            Self::Blit | Self::BlitLinear => "blit",
        }
    }

    /// Name of the fragment stage.
    pub(crate) fn entry_point(self) -> &'static str {
        match self {
            Self::PoolUint | Self::PoolSint | Self::PoolFloat | Self::PoolComplex => "fs_pool",
            Self::Colour => "fs_colour",
            Self::Volume => "fs_volume",
            Self::Blit => "fs_blit",
            Self::BlitLinear => "fs_blit_linear",
        }
    }

    /// Name of the vertex stage.
    pub(crate) fn vertex_entry_point(self) -> &'static str {
        match self {
            Self::Blit | Self::BlitLinear => "vs_blit",
            _ => "vs_fullscreen",
        }
    }

    /// True where it is laid over what the target has.
    pub(crate) fn is_blended(self) -> bool {
        matches!(self, Self::Blit | Self::BlitLinear)
    }
}

/// The whole text of a shader.
pub(crate) fn source(shader: Shader) -> String {
    let parts: &[&str] = match shader {
        Shader::PoolUint => &[POOL, SAMPLES_UINT, POOLED, FULLSCREEN],
        Shader::PoolSint => &[POOL, SAMPLES_SINT, POOLED, FULLSCREEN],
        Shader::PoolFloat => &[POOL, SAMPLES_FLOAT, POOLED, FULLSCREEN],
        Shader::PoolComplex => &[POOL, SAMPLES_COMPLEX, POOLED, FULLSCREEN],
        Shader::Colour => &[COLOUR, POOLED, COLOUR_MAP, FULLSCREEN],
        Shader::Volume => &[VOLUME, COLOUR_MAP, FULLSCREEN],
        Shader::Blit | Shader::BlitLinear => &[BLIT, FULLSCREEN],
    };
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shader_is_valid_without_any_optional_capability() {
        use Shader::{
            Blit, BlitLinear, Colour, PoolComplex, PoolFloat, PoolSint, PoolUint, Volume,
        };
        for shader in [
            PoolUint,
            PoolSint,
            PoolFloat,
            PoolComplex,
            Colour,
            Volume,
            Blit,
            BlitLinear,
        ] {
            let text = source(shader);
            let module = naga::front::wgsl::parse_str(&text)
                .unwrap_or_else(|error| panic!("{shader:?}: {}", error.emit_to_string(&text)));
            let mut validator = naga::valid::Validator::new(
                naga::valid::ValidationFlags::all(),
                naga::valid::Capabilities::empty(),
            );
            validator
                .validate(&module)
                .unwrap_or_else(|error| panic!("{shader:?}: {error:?}"));
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
}
