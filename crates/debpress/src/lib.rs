//! debpress: an APT archive manager and publisher.
//!
//! The modules stand in the order of the flow; `ARCHITECTURE.md` is the map of the house.

pub mod model;
pub mod ports;
