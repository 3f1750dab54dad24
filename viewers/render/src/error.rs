//! What can go wrong between raw samples and a picture.

/// Why something could not be drawn; the message says what was tried and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// No adapter fits the wish: neither a GPU nor a software driver is installed.
    #[error(
        "no graphics adapter ({wish}) was found among {found}; a software driver such as lavapipe \
         (package mesa-vulkan-drivers) is enough"
    )]
    NoAdapter {
        /// What was asked for, in words.
        wish: String,
        /// The adapters that are there, in words.
        found: String,
    },
    /// The adapter refused to give a device.
    #[error("open a device on {adapter:?}: {reason}")]
    Device {
        /// Name of the adapter.
        adapter: String,
        /// The driver's words.
        reason: String,
    },
    /// The samples do not fill the shape that was named.
    #[error("{what} has {found} samples where its shape {shape:?} needs {expected}")]
    Shape {
        /// What has the wrong length: `frame`, `mask`, `slice`.
        what: &'static str,
        /// The shape, slowest axis first.
        shape: Vec<usize>,
        /// Number of samples of that shape.
        expected: usize,
        /// Number of samples given.
        found: usize,
    },
    /// More samples than the device can hold in one texture.
    #[error("{what} needs {needed} where this device allows {limit}")]
    TooLarge {
        /// What is too large, in words.
        what: &'static str,
        /// What it needs, in the unit of `what`.
        needed: u64,
        /// What the device allows.
        limit: u64,
    },
    /// The object was made on a device that was lost since; upload it again.
    #[error("the picture belongs to device {have}, the current one is {want}")]
    Stale {
        /// Generation that the object was made on.
        have: u64,
        /// Generation of the device that is drawn with.
        want: u64,
    },
    /// The driver refused what was asked of it: no memory left, or a shader that it cannot build.
    #[error("the graphics driver refuses: {reason}")]
    Refused {
        /// The driver's words.
        reason: String,
    },
    /// The device cannot count these samples: of 64 bits, complex, too many, or of another device. The CPU can.
    #[error("the device cannot count the samples of this frame")]
    Uncountable,
    /// What was drawn or computed could not be copied back from the device.
    #[error("read back from the device: {reason}")]
    ReadBack {
        /// The driver's words.
        reason: String,
    },
}

/// Result of this package.
pub type Result<T> = std::result::Result<T, RenderError>;
