//! Directories and files of a site.

pub mod durable;
pub mod hooks;
pub mod incoming;
pub mod local;
pub mod objects;
mod removal;
pub mod tree;
