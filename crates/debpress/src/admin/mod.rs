//! What an administrator does with a site: one file per use case.

pub mod add;
pub mod apply;
pub mod archive;
pub mod check;
pub mod chosen;
pub mod demo;
pub mod distribution;
pub mod grow;
pub mod history;
pub mod init;
pub mod key;
pub mod lookup;
pub mod ls;
pub mod mail;
pub mod nbs;
pub mod overrides;
pub mod package_set;
pub mod people;
pub mod permission;
pub mod rejected;
pub mod remove;
pub mod repair;
pub mod runs;
pub mod series;
pub mod team;
pub mod uploader;
