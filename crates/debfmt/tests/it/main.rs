//! debfmt against the programs and files of a real Debian machine.
//!
//! Needs dpkg, dpkg-dev, apt (with its lists), make and gpg, and no network.

#![expect(clippy::disallowed_methods, reason = "these tests compare with real files and programs")]
#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for production code")]

mod apt_lists;
mod dpkg_build;
mod dpkg_status;
mod dpkg_versions;
mod gpg_clearsign;
mod support;
