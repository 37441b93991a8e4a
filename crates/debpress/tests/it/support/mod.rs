//! What several test stories share.

pub(crate) mod gnupg;
