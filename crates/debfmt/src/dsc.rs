//! dsc
