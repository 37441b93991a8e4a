//! The real program, killed with SIGKILL at its system calls that change files, and failing at them.
//!
//! Each point starts from a copy of the same site. After it clients see the old suite or the new one; then the next
//! run finishes, and everything is right.

mod errors;
mod kills;
mod stories;
