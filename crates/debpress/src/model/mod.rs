//! Nouns: plain values and the rules about them, no input or output.

pub mod time;
