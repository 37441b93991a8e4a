//! What an administrator does to a site, one file for each use case.

pub mod check;
