//! Numbers: kernels in three bodies, recipes and their translators.
