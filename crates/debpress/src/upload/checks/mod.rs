//! What can be wrong with an upload whose files are what its .changes says. Facts go in, reasons come out: nothing
//! here reads a file or asks the database.

pub mod archive;
pub mod binary;
pub mod changes;
pub mod control;
pub mod custom;
pub mod debug;
pub mod files;
pub mod permission;
pub mod source;
pub mod suite;
pub mod times;
