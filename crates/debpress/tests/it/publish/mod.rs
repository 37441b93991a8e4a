//! Stories of the publisher, on the real adapters and on their twins.

mod aliases;
mod archives;
mod contents;
mod crash;
mod custom;
mod death_row;
mod deletion;
mod descriptions;
pub(crate) mod faulty;
mod guards;
mod histories;
mod hooks;
mod kinds;
mod options;
mod signing;
mod status;
mod stories;
pub(crate) mod world;
