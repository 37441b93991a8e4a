//! Stories of the publisher, on the real adapters and on their twins.

mod aliases;
mod archives;
mod contents;
mod contributed;
mod crash;
mod custom;
mod death_row;
mod descriptions;
pub(crate) mod faulty;
mod guards;
mod histories;
mod hooks;
mod inherit;
mod kinds;
mod lists;
mod options;
mod sign_hooks;
mod signing;
mod status;
mod stories;
pub(crate) mod world;
