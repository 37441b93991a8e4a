//! The real program, killed with SIGKILL at its system calls that change files, one after the other.
//!
//! Each point starts from a copy of the same site. After the kill clients see the old suite or the new one; then the next
//! run finishes, and everything is right.

mod kills;
mod stories;
