//! The nouns of the trade, without any input or output.

pub mod archive;
pub mod contribution;
pub mod custom;
pub mod key;
pub mod lock;
pub mod mailbox;
pub mod notice;
pub mod package;
pub mod permission;
pub mod publication;
pub mod publishing;
pub mod queue;
pub mod run;
pub mod signing;
pub mod size;
pub mod suite;
pub mod time;
