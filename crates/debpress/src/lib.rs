//! debpress: an APT archive manager and publisher.
//!
//! The modules stand in the order of the flow; `ARCHITECTURE.md` is the map of the house.

pub mod lock;

pub mod model;
pub mod ports;

pub mod notice;

pub mod upload;

pub mod queue;

pub mod publish;

pub mod adapters;

pub mod config;
pub mod context;

pub mod admin;

pub mod cli;
