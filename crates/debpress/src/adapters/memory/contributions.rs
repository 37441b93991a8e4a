//! Files that other programs contribute to suites.

use debfmt::digest::Checksums;

use super::MemoryRecords;
use crate::model::contribution::Contribution;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{ContributionRecords, RecordsError};

impl ContributionRecords for MemoryRecords {
    fn contributions(&self) -> Result<Vec<(SuiteKey, Vec<Contribution>)>, RecordsError> {
        Ok(self.look(|state| state.contributions.clone().into_iter().collect()))
    }

    fn contribute(
        &self,
        suite: SuiteKey,
        files: &[Contribution],
        _at: Timestamp,
    ) -> Result<bool, RecordsError> {
        self.change(|state| {
            let before = state.contributions.remove(&suite).unwrap_or_default();
            let mut files = files.to_vec();
            files.sort_by_key(|file| file.file().path());
            for file in &files {
                let Contribution { sha256, size, .. } = *file;
                let sums = Checksums { size, sha256, md5: None, sha1: None, sha512: None };
                state.objects.entry(sha256).or_insert(sums);
            }
            let same = before.len() == files.len() && before.iter().zip(&files).all(|(a, b)| a.shows_as(b));
            if !same {
                state.suite(suite, "record contributed files")?.changes += 1;
            }
            if !files.is_empty() {
                state.contributions.insert(suite, files);
            }
            Ok(!same)
        })
    }
}
