//! Extra override files that are no files.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::ports::extra_overrides::{ExtraOverrideError, ExtraOverrides};

/// Those that it was given.
#[derive(Debug, Default)]
pub struct MemoryExtraOverrides {
    files: Mutex<BTreeMap<(String, String), Vec<u8>>>,
}

impl MemoryExtraOverrides {
    /// Puts a file there, or takes it away.
    pub fn set(&self, distribution: &str, name: &str, content: Option<&str>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (distribution.to_owned(), name.to_owned());
        match content {
            Some(content) => files.insert(key, content.as_bytes().to_owned()),
            None => files.remove(&key),
        };
    }
}

impl ExtraOverrides for MemoryExtraOverrides {
    fn read(&self, distribution: &str, name: &str) -> Result<Option<Vec<u8>>, ExtraOverrideError> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(files.get(&(distribution.to_owned(), name.to_owned())).cloned())
    }
}
