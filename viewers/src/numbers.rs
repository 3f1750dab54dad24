//! How numbers are written: thin spaces, units, significant digits.
