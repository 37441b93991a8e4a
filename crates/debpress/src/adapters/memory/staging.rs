//! A staging area in memory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use debfmt::names::SuiteName;

use crate::model::contribution::FileStamp;
use crate::model::time::Timestamp;
use crate::ports::staging::{StagedEntry, Staging, StagingError};
use crate::ports::tree::Root;

#[derive(Clone, Debug)]
struct File {
    bytes: Vec<u8>,
    entry: StagedEntry,
}

/// By root and suite, then by path.
type Files = BTreeMap<(String, String), BTreeMap<String, File>>;

/// What programs have staged; gone with its last clone.
#[derive(Clone, Debug, Default)]
pub struct MemoryStaging {
    files: Arc<Mutex<Files>>,
    restless: Arc<AtomicBool>,
}

impl MemoryStaging {
    /// Nothing is staged.
    pub fn new() -> Self {
        Self::default()
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stages a file, as its writer would; `looks` is its stamp.
    pub fn put(
        &self,
        (root, suite, path): (&str, &str, &str),
        bytes: &[u8],
        changed: Timestamp,
        looks: &str,
    ) {
        let stamp = FileStamp(looks.to_owned());
        let size = bytes.len() as u64;
        let entry = StagedEntry { path: path.to_owned(), regular: true, size, changed, stamp };
        let mut files = self.files();
        let suite = files.entry((root.to_owned(), suite.to_owned())).or_default();
        suite.insert(path.to_owned(), File { bytes: bytes.to_vec(), entry });
    }

    /// Whoever opens a file finds it changed afterwards: its writer is at work.
    pub fn change_when_opened(&self, changes: bool) {
        self.restless.store(changes, Ordering::SeqCst);
    }

    /// Takes the whole area of an archive away.
    pub fn remove_area(&self, root: &str) {
        self.files().retain(|(of, _), _| of != root);
    }

    /// Takes a file away.
    pub fn remove(&self, (root, suite, path): (&str, &str, &str)) {
        if let Some(suite) = self.files().get_mut(&(root.to_owned(), suite.to_owned())) {
            suite.remove(path);
        }
    }

    fn file(&self, root: Root<'_>, suite: &SuiteName, path: &str) -> Option<File> {
        self.files().get(&(root.to_owned(), suite.to_string()))?.get(path).cloned()
    }
}

impl Staging for MemoryStaging {
    fn suites(&self, root: Root<'_>) -> Result<Option<Vec<String>>, StagingError> {
        let files = self.files();
        let names: Vec<String> =
            files.keys().filter(|(of, _)| of == root).map(|(_, suite)| suite.clone()).collect();
        Ok((!names.is_empty()).then_some(names))
    }

    fn list(&self, root: Root<'_>, suite: &SuiteName) -> Result<Vec<StagedEntry>, StagingError> {
        let files = self.files();
        let here = files.get(&(root.to_owned(), suite.to_string()));
        Ok(here.into_iter().flatten().map(|(_, file)| file.entry.clone()).collect())
    }

    fn open(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<Box<dyn Read + Send>>, StagingError> {
        let file = self.file(root, suite, path);
        if let Some(suite) = self.files().get_mut(&(root.to_owned(), suite.to_string()))
            && let Some(file) = suite.get_mut(path)
            && self.restless.load(Ordering::SeqCst)
        {
            file.entry.stamp.0.push('!');
        }
        Ok(file.map(|file| Box::new(Cursor::new(file.bytes)) as Box<dyn Read + Send>))
    }

    fn stamp(
        &self,
        root: Root<'_>,
        suite: &SuiteName,
        path: &str,
    ) -> Result<Option<FileStamp>, StagingError> {
        Ok(self.file(root, suite, path).map(|file| file.entry.stamp))
    }
}
