//! Custom files of suites.

use super::{MemoryRecords, State};
use crate::model::archive::ArchiveId;
use crate::model::custom::{CustomContent, CustomId, CustomPublication, NewCustomPublication};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{CustomChange, CustomRecords, RecordsError, SuiteSwitch};
use debfmt::digest::{Checksums, Sha256};
use debfmt::names::SourceName;

/// A custom publication. Its number is its place in the list, from 1.
#[derive(Clone, Debug)]
pub(super) struct CustomRow {
    suite: SuiteKey,
    publication: CustomPublication,
    removed: bool,
}

impl CustomRow {
    /// Whether the suite shows it or is going to.
    fn counts(&self) -> bool {
        !self.removed && (!self.publication.superseded || self.publication.published.is_some())
    }
}

impl CustomRecords for MemoryRecords {
    fn custom_publications(&self, suite: SuiteKey) -> Result<Vec<CustomPublication>, RecordsError> {
        Ok(self.look(|state| {
            let here = state.custom.iter().filter(|row| row.suite == suite && row.counts());
            here.map(|row| row.publication.clone()).collect()
        }))
    }

    fn copy_custom(&self, suite: SuiteKey, from: &[CustomId], _at: Timestamp) -> Result<(), RecordsError> {
        let operation = "copy custom files";
        self.change(|state| {
            let changes = state.suite(suite, operation)?.changes + i64::from(!from.is_empty());
            for id in from {
                let known = state.custom.iter().find(|row| row.publication.id == *id);
                let Some(CustomRow { publication, .. }) = known.cloned() else { continue };
                let CustomPublication { source, kind, directory, version, files, .. } = publication;
                let new = NewCustomPublication { kind, directory, version, files };
                let change = CustomChange { place: vec![new], supersede: Vec::new() };
                state.change_custom((suite, &source), &change, operation)?;
            }
            state.suite(suite, operation)?.changes = changes;
            Ok(())
        })
    }
}

impl State {
    /// Does what a queue item's custom files do to the suite.
    pub(super) fn change_custom(
        &mut self,
        (suite, source): (SuiteKey, &SourceName),
        change: &CustomChange,
        operation: &'static str,
    ) -> Result<(), RecordsError> {
        for row in &mut self.custom {
            row.publication.superseded |= change.supersede.contains(&row.publication.id);
        }
        for new in &change.place {
            let taken = self.custom.iter().any(|CustomRow { suite: other, publication, .. }| {
                let place =
                    |version: &Option<debfmt::version::Version>| version.as_ref().map(|v| v.to_string());
                *other == suite
                    && !publication.superseded
                    && publication.directory == new.directory
                    && place(&publication.version) == place(&new.version)
            });
            if taken {
                let version = new.version.as_ref().map_or("", |version| version.as_str());
                let name = format!("{}/{version}", new.directory);
                return Err(RecordsError::Exists { what: "the directory", name });
            }
            self.place_custom(suite, source.clone(), new.clone());
        }
        if !change.is_empty() {
            self.suite(suite, operation)?.changes += 1;
        }
        Ok(())
    }

    fn place_custom(
        &mut self,
        suite: SuiteKey,
        source: SourceName,
        new: crate::model::custom::NewCustomPublication,
    ) {
        for file in &new.files {
            if let CustomContent::File { sha256, size } = file.content {
                let sums = Checksums { size, sha256, md5: None, sha1: None, sha512: None };
                self.objects.entry(sha256).or_insert(sums);
            }
        }
        let mut files = new.files;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let publication = CustomPublication {
            id: CustomId(self.custom.len() as i64 + 1),
            source,
            kind: new.kind,
            directory: new.directory,
            version: new.version,
            superseded: false,
            published: None,
            files,
        };
        self.custom.push(CustomRow { suite, publication, removed: false });
    }

    /// Supersedes the custom files of an archive that is deleted; they are gone when it is done.
    pub(super) fn end_custom(&mut self, archive: ArchiveId, done: bool) {
        for row in self.custom.iter_mut().filter(|row| row.suite.archive == archive) {
            row.publication.superseded = true;
            row.removed |= done;
        }
    }

    /// The objects that custom files of the archive's suites are, with their sizes.
    pub(super) fn custom_objects(&self, archive: ArchiveId) -> impl Iterator<Item = (Sha256, u64)> {
        let here = self.custom.iter().filter(move |row| row.suite.archive == archive && row.counts());
        here.flat_map(|row| &row.publication.files).filter_map(|file| match &file.content {
            CustomContent::File { sha256, size } => Some((*sha256, *size)),
            CustomContent::Link(_) => None,
        })
    }

    /// Notes what became visible and what left.
    pub(super) fn finish_custom(&mut self, suite: &SuiteSwitch, at: Timestamp) {
        for row in &mut self.custom {
            let publication = &mut row.publication;
            if suite.custom_enter.contains(&publication.id) {
                publication.published.get_or_insert(at);
            }
            row.removed |= suite.custom_leave.contains(&publication.id);
        }
    }
}
