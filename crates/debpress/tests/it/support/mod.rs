//! What several test stories share.

pub(crate) mod gnupg;
pub(crate) mod objects;
