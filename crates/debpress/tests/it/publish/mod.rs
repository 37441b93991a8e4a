//! Stories of the publisher, on the real adapters and on their twins.

mod aliases;
mod archives;
mod contents;
mod contributed;
mod crash;
mod custom;
mod death_row;
mod descriptions;
mod extras;
pub(crate) mod faulty;
mod guards;
mod histories;
mod hooks;
mod inherit;
mod kinds;
mod lists;
mod moves;
mod options;
mod pdiffs;
mod retention;
mod sign_hooks;
mod signing;
mod status;
mod stop;
mod stories;
mod waits;
pub(crate) mod world;
