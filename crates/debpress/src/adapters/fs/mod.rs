//! Directories and files of a site.

mod demolition;
pub mod durable;
pub mod hooks;
pub mod incoming;
pub mod local;
mod mounts;
pub mod objects;
mod removal;
pub mod tree;
