//! What records in memory say of themselves. They cannot be damaged from outside, but they can be counted.

use std::collections::BTreeSet;

use debfmt::digest::Sha256;

use super::MemoryRecords;
use crate::ports::db::{Contradiction, ContradictionKind, HealthRecords, RecordsError};

impl HealthRecords for MemoryRecords {
    fn contradictions(&self, limit: usize) -> Result<Vec<Contradiction>, RecordsError> {
        Ok(self.look(|state| {
            let ahead = state.suites.values().filter(|suite| suite.shown > suite.changes).take(limit);
            let told = |suite: &crate::ports::db::SuiteState| Contradiction {
                kind: ContradictionKind::Counter,
                subject: format!("suite {:?}", suite.key),
                fault: format!("it shows change {} of {}", suite.shown, suite.changes),
            };
            ahead.map(told).collect()
        }))
    }

    fn mend_counters(&self) -> Result<usize, RecordsError> {
        self.change(|state| {
            let mut mended = 0;
            for suite in state.suites.values_mut().filter(|suite| suite.shown > suite.changes) {
                suite.changes = suite.shown + 1;
                mended += 1;
            }
            Ok(mended)
        })
    }

    fn needs_object(&self, sha256: &Sha256) -> Result<bool, RecordsError> {
        Ok(self.look(|state| state.objects.contains_key(sha256)))
    }

    fn object_names(&self, sha256: &Sha256, limit: usize) -> Result<Vec<String>, RecordsError> {
        let names: BTreeSet<String> = self.look(|state| {
            let files = state.releases.iter().flat_map(|release| release.files());
            let own = files.filter(|file| file.checksums.sha256 == *sha256);
            own.map(|file| file.name.to_string()).collect()
        });
        Ok(names.into_iter().take(limit).collect())
    }
}
