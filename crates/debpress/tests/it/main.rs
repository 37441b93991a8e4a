//! The integration tests of debpress: one binary, so that dependencies are linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::disallowed_methods, reason = "tests look at the disk and start real tools")]

mod architecture;
mod check;
mod cli;
mod cli_help;
mod conform;
mod demo;
mod docs;
mod full_disk;
mod gpg_signer;
mod guides;
mod hooks_left;
mod hostile;
mod key_rotation;
mod kill_points;
mod lock;
#[cfg(feature = "barrier")]
mod lock_matrix;
#[cfg(feature = "barrier")]
mod lock_users;
mod openpgp_gnupg;
mod ports_incoming;
mod ports_lock;
mod ports_openpgp;
mod ports_records;
mod ports_signers;
mod ports_staging;
mod ports_tree;
mod power_loss;
mod publish;
mod readers;
mod readme;
mod real_archives;
mod real_aside;
mod real_changes;
mod real_clients;
mod real_contributed;
mod real_descriptions;
mod real_hooks;
mod real_input;
mod real_lists;
mod real_mail;
mod real_pdiffs;
mod real_segments;
mod real_uploads;
mod rules;
mod support;
mod upload;
