//! Archives of others: a directory, or a web server.

mod directory;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod links;

pub use directory::OutsideDirectory;
#[cfg(feature = "http")]
pub use http::OutsideHttp;
