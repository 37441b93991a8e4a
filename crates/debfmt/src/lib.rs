//! The formats of Debian packages and archives, read with limits and written reproducibly.
//!
//! This crate is pure: it never opens a file, asks the clock, reads the environment or starts a thread.
//! Bytes and numbers go in, values and bytes come out. Every reader of foreign bytes is bounded by
//! [`limits::Limits`] and answers bad input with a named error, never with a panic.

pub mod ar;
#[cfg(feature = "builder")]
pub mod builder;
pub mod buildinfo;
pub mod changelog;
pub mod changes;
pub mod clearsign;
pub mod compress;
pub mod deb;
pub mod deb822;
pub mod digest;
pub mod dsc;
mod fill;
pub mod limits;
pub mod names;
pub mod packages;
pub mod pdiff;
pub mod relations;
pub mod release;
pub mod source_tree;
pub mod sources;
pub mod tar;
pub mod translation;
pub mod version;
