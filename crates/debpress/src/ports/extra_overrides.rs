//! Files of a site that give packages further fields in the indexes (behaviour map 3.7).

/// A file that is there and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}")]
pub struct ExtraOverrideError {
    /// The file.
    pub path: String,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Reads extra override files.
pub trait ExtraOverrides: Send + Sync {
    /// The content of the file of that name for a distribution; `None`: there is none.
    ///
    /// # Errors
    /// It cannot be read, or is larger than any such file is.
    fn read(&self, distribution: &str, name: &str) -> Result<Option<Vec<u8>>, ExtraOverrideError>;
}
