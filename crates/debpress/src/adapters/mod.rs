//! The answers to `ports`: each thing that can be swapped has its own file, and a twin in memory.

mod cleartext;
pub mod memory;
pub mod openpgp;
