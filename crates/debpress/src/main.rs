//! The `debpress` program.
fn main() {}
