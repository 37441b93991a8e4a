//! Stories of the publisher, on the real adapters and on their twins.

mod aliases;
mod archives;
mod crash;
mod custom;
pub(crate) mod faulty;
mod guards;
mod hooks;
mod signing;
mod stories;
pub(crate) mod world;
