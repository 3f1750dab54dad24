//! The registered filters of HDF5, by number.

/// Numbers of the filters that are decoded here.
pub mod id {
    /// Deflate, in zlib's container.
    pub const DEFLATE: u16 = 1;
    /// Byte shuffle.
    pub const SHUFFLE: u16 = 2;
    /// Fletcher-32 checksum.
    pub const FLETCHER32: u16 = 3;
    /// Szip: the entropy coding of CCSDS 121.0-B.
    pub const SZIP: u16 = 4;
    /// The bits that a type uses.
    pub const NBIT: u16 = 5;
    /// Scale and offset.
    pub const SCALE_OFFSET: u16 = 6;
    /// Bzip2.
    pub const BZIP2: u16 = 307;
    /// LZF.
    pub const LZF: u16 = 32000;
    /// Blosc.
    pub const BLOSC: u16 = 32001;
    /// LZ4 in blocks.
    pub const LZ4: u16 = 32004;
    /// Bit shuffle, alone or with LZ4 or Zstandard.
    pub const BITSHUFFLE: u16 = 32008;
    /// Zfp.
    pub const ZFP: u16 = 32013;
    /// Zstandard.
    pub const ZSTD: u16 = 32015;
    /// JPEG.
    pub const JPEG: u16 = 32019;
    /// Blosc2.
    pub const BLOSC2: u16 = 32026;
}

/// The filters that are decoded here, by number.
pub const fn known_filters() -> &'static [u16] {
    &[
        id::DEFLATE,
        id::SHUFFLE,
        id::FLETCHER32,
        id::SZIP,
        id::NBIT,
        id::SCALE_OFFSET,
        id::BZIP2,
        id::LZF,
        id::BLOSC,
        id::LZ4,
        id::BITSHUFFLE,
        id::ZFP,
        id::ZSTD,
        id::JPEG,
        id::BLOSC2,
    ]
}

/// Whether a filter is decoded here.
pub fn is_known(id: u16) -> bool {
    known_filters().contains(&id)
}

/// The name of a registered filter.
///
/// Source: HDF Group, "Registered Filter Plugins".
pub fn filter_name(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "deflate",
        2 => "shuffle",
        3 => "fletcher32",
        4 => "szip",
        5 => "nbit",
        6 => "scaleoffset",
        305 => "lzo",
        307 => "bzip2",
        32000 => "lzf",
        32001 => "blosc",
        32002 => "mafisc",
        32003 => "snappy",
        32004 => "lz4",
        32008 => "bitshuffle",
        32009 => "spdp",
        32010 => "lpc-rice",
        32011 => "ccsds-123",
        32012 => "jpeg-ls",
        32013 => "zfp",
        32014 => "fpzip",
        32015 => "zstd",
        32016 => "b3d",
        32017 => "sz",
        32018 => "fcidecomp",
        32019 => "jpeg",
        32020 => "vbz",
        32021 => "fapec",
        32022 => "bitgroom",
        32023 => "granular bitround",
        32024 => "sz3",
        32025 => "delta-rice",
        32026 => "blosc2",
        32027 => "flac",
        32028 => "h5z-sperr",
        _ => return None,
    })
}
