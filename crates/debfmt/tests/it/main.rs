//! Tests that ask the real tools: what we write they must read, and we must read what they write.
#![allow(clippy::unwrap_used, reason = "a test may panic, and helper functions are not seen as tests")]
#![expect(clippy::disallowed_methods, reason = "tests start the real tools and give them files")]

mod deb_tools;
