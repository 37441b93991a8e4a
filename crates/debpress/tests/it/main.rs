//! The integration tests, one binary.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod check;
mod cli;
mod cli_help;
mod demo;
mod lock;
mod openpgp_gnupg;
mod ports_incoming;
mod ports_openpgp;
mod ports_records;
mod ports_tree;
mod publish;
mod real_clients;
mod real_input;
mod support;
mod upload;
