//! The real world behind the ports, and their in-memory twins: the only place for files, SQL and programs.

pub mod apt;
#[cfg(feature = "barrier")]
pub mod barrier;
mod child;
mod cleartext;
pub mod clock;
pub mod fs;
pub mod gpg;
pub mod keys;
#[cfg(feature = "mail")]
pub mod mail;
pub mod memory;
pub mod openpgp;
pub mod outside;
pub mod signals;
pub mod sqlite;
