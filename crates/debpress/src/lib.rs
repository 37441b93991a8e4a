//! An APT archive manager: signed uploads come in, archives that every stock apt installs from go out.

pub mod adapters;
pub mod model;
pub mod ports;

pub mod upload;
