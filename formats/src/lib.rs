//! Bytes to datasets: HDF5, NeXus, DXchange.
