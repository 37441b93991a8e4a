//! The integration tests of debpress: one binary, so that dependencies are linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start real tools")]

mod openpgp_gnupg;
mod ports_openpgp;
mod support;
