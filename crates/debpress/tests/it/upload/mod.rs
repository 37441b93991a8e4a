//! Uploads from incoming into the queue, or out of it: each story on real adapters and on their twins.

mod arriving;
mod codes;
mod consistency;
mod contexts;
mod crash;
mod custom;
mod delivery;
mod faulty_sources;
mod good;
mod inside;
mod keys;
mod notices;
mod options;
mod races;
mod refused;
mod review;
mod runs;
mod suites;
mod targets;
mod world;

use world::World;

/// Tells a story on both sets of adapters.
fn on_both(story: impl Fn(&mut World)) {
    story(&mut World::real());
    story(&mut World::memory());
}
