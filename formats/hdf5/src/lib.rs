//! A sans-IO HDF5 reader and a small crash-safe writer.
