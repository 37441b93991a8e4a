//! The integration tests, one binary.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod ports_records;
