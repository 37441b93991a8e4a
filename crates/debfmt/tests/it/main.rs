//! debfmt against the programs and files of a real Debian machine: what we write they must read, and we must read
//! what they write.
//!
//! Needs dpkg, dpkg-dev, apt (with its lists), make, gpg, diff, patch and ed, and no network.

#![expect(clippy::disallowed_methods, reason = "these tests compare with real files and programs")]
#![allow(clippy::unwrap_used, reason = "clippy takes helpers of tests for production code")]

mod apt_lists;
mod blocks_tools;
mod deb_tools;
mod dpkg_build;
mod dpkg_changelog;
mod dpkg_status;
mod dpkg_versions;
mod fuzz;
mod gpg_clearsign;
mod pdiff_tools;
mod support;

use peak_alloc::PeakAlloc;

/// Counts what the fuzzed readers take; costs the other tests nothing that is felt.
#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;
