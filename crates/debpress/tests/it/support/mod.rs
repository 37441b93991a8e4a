//! What several test stories share.

pub(crate) mod apt;
#[cfg(feature = "barrier")]
pub(crate) mod barrier;
pub(crate) mod custom;
pub(crate) mod document;
pub(crate) mod gnupg;
pub(crate) mod http;
pub(crate) mod mirror;
pub(crate) mod newest;
pub(crate) mod objects;
pub(crate) mod site;
pub(crate) mod site_copy;
pub(crate) mod sources;
pub(crate) mod stanzas;
pub(crate) mod strace;
pub(crate) mod tool;

/// Whether the long form of the tests was asked for: `./test --long`.
pub(crate) fn long() -> bool {
    std::env::var_os("DEBPRESS_TEST_LONG").is_some()
}
