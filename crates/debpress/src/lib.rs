//! An APT archive manager: signed uploads come in, archives that every stock apt installs from go out.

pub mod lock;

pub mod adapters;
pub mod lock;
pub mod model;
pub mod ports;

pub mod upload;

pub mod queue;

pub mod publish;

pub mod adapters;

pub mod config;
pub mod context;

pub mod admin;

pub mod cli;
