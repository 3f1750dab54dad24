//! Chunk filters: deflate, shuffle, bitshuffle-LZ4.
