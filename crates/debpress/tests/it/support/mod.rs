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
pub(crate) mod sources;
pub(crate) mod stanzas;
pub(crate) mod tool;
