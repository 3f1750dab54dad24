//! Facilities: catalogues, storage, compute, identity and live sources.
