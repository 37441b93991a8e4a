//! Uploads: bytes arrive, and are believed or not.

pub mod intake;
pub mod package;
pub mod reason;
pub mod source;
