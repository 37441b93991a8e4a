//! buildinfo
