//! Bounds on what a file may make the reader do.

/// How much one operation may read, build or follow, whatever the file says.
///
/// The defaults fit the largest real files known (10^6 links in a group, 10^7 chunks in a dataset)
/// on a machine with a few GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one metadata structure: an object header with its continuations, a heap, a node.
    pub metadata_bytes: u64,
    /// Links in a group, attributes of an object, elements of an attribute.
    pub entry_count: u64,
    /// Chunks of a dataset that are stored in the file.
    pub chunk_count: u64,
    /// Bytes of one decoded chunk.
    pub chunk_bytes: u64,
    /// Bytes of text that one attribute or one read of strings may give.
    pub text_bytes: u64,
    /// Levels of nested datatypes.
    pub type_depth: u32,
    /// Soft links followed for one path.
    pub link_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            metadata_bytes: 1 << 28,
            entry_count: 1 << 24,
            chunk_count: 1 << 26,
            chunk_bytes: 1 << 30,
            text_bytes: 1 << 28,
            type_depth: 16,
            link_depth: 32,
        }
    }
}
