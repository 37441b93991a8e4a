//! What debpress needs from the world, as traits over plain types.
//!
//! Each port has a real adapter and an in-memory twin in [`crate::adapters`]; one contract test per port, in
//! `tests/it`, is passed by both.

pub mod clock;
pub mod db;
pub mod extra_overrides;
pub mod found;
pub mod hooks;
pub mod incoming;
pub mod index_cache;
pub mod mail;
pub mod objects;
pub mod outside;
pub mod shortage;
pub mod signer;
pub mod staging;
pub mod stop;
pub mod tree;
pub mod verifier;
