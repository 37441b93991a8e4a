//! Stories of the publisher, on the real adapters and on their twins.

mod aliases;
mod archives;
mod crash;
mod custom;
mod death_row;
pub(crate) mod faulty;
mod guards;
mod histories;
mod hooks;
mod stories;
pub(crate) mod world;
