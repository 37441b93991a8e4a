//! Whether somebody has asked this program to stop.
//!
//! Work that may take long asks between its steps, and only where everything is as it was or as it will be: what is half
//! done is done to its end first.

/// Says whether to stop.
pub trait Stop: Send + Sync {
    /// What has asked for it: `SIGTERM`; `None`: go on.
    fn asked(&self) -> Option<&'static str>;
}

/// Nobody asks, ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Never;

impl Stop for Never {
    fn asked(&self) -> Option<&'static str> {
        None
    }
}
