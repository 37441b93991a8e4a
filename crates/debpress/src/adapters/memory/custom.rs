//! Custom files of suites.

use super::{MemoryRecords, State};
use crate::model::custom::{CustomContent, CustomId, CustomPublication};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{CustomChange, CustomRecords, RecordsError, SuiteSwitch};
use debfmt::digest::Checksums;

/// A custom publication. Its number is its place in the list, from 1.
#[derive(Clone, Debug)]
pub(super) struct CustomRow {
    suite: SuiteKey,
    publication: CustomPublication,
    removed: bool,
}

impl CustomRecords for MemoryRecords {
    fn custom_publications(&self, suite: SuiteKey) -> Result<Vec<CustomPublication>, RecordsError> {
        Ok(self.look(|state| {
            let here = state.custom.iter().filter(|row| row.suite == suite && !row.removed);
            let here = here.map(|row| &row.publication);
            here.filter(|it| !it.superseded || it.published.is_some()).cloned().collect()
        }))
    }
}

impl State {
    /// Does what a queue item's custom files do to the suite.
    pub(super) fn change_custom(
        &mut self,
        suite: SuiteKey,
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
            self.place_custom(suite, new.clone());
        }
        if !change.is_empty() {
            self.suite(suite, operation)?.changes += 1;
        }
        Ok(())
    }

    fn place_custom(&mut self, suite: SuiteKey, new: crate::model::custom::NewCustomPublication) {
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
            kind: new.kind,
            directory: new.directory,
            version: new.version,
            superseded: false,
            published: None,
            files,
        };
        self.custom.push(CustomRow { suite, publication, removed: false });
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
