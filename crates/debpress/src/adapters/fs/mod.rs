//! Directories and files of a site.

mod demolition;
pub mod durable;
pub mod extra_overrides;
mod found;
pub mod hooks;
pub mod incoming;
pub mod index_cache;
mod listing;
pub mod local;
mod mending;
mod mounts;
pub mod objects;
mod previous;
mod removal;
pub mod staging;
mod store;
pub mod tree;
