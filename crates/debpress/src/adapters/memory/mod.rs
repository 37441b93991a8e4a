//! Twins of the real adapters that live in memory, for tests and dry runs.

pub mod openpgp;
