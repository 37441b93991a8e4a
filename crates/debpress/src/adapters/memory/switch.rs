//! The journal of a publication.

use std::collections::BTreeMap;

use debfmt::digest::Sha256;

use super::{MemoryRecords, Publication, State, missing};
use crate::model::archive::ArchiveId;
use crate::model::publication::{PublicationId, PublicationStatus};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{IndexFile, RecordsError, RetiredIndex, SuiteSwitch, Switch, SwitchRecords};

/// An index file that a published Release named, and when.
#[derive(Clone, Debug)]
pub(super) struct IndexRow {
    suite: SuiteKey,
    file: IndexFile,
    until: Option<Timestamp>,
    /// The number of the last Release that named it.
    last: Option<u64>,
}

const OPERATION: &str = "record a publication";

impl SwitchRecords for MemoryRecords {
    fn open_switch(&self) -> Result<Option<Switch>, RecordsError> {
        Ok(self.look(|state| state.journal.clone()))
    }

    fn begin_switch(&self, switch: &Switch) -> Result<(), RecordsError> {
        self.change(|state| {
            state.refuse_other(None)?;
            state.journal = Some(switch.clone());
            Ok(())
        })
    }

    fn finish_switch(&self, switch: &Switch, finished: Timestamp) -> Result<(), RecordsError> {
        self.change(|state| {
            state.refuse_other(Some(switch))?;
            for suite in &switch.suites {
                state.finish_suite((switch, finished), suite)?;
            }
            state.journal = None;
            Ok(())
        })
    }

    fn current_indexes(&self, suite: SuiteKey) -> Result<Vec<IndexFile>, RecordsError> {
        Ok(self.look(|state| state.current_indexes(suite)))
    }

    fn retired_indexes(
        &self,
        suite: SuiteKey,
        since: Timestamp,
        releases: u64,
    ) -> Result<Vec<RetiredIndex>, RecordsError> {
        Ok(self.look(|state| {
            let current = state.current_indexes(suite);
            let is_current = |file: &IndexFile| {
                current.iter().any(|now| now.path == file.path && now.sha256 == file.sha256)
            };
            let now = state.releases_of.get(&suite).copied().unwrap_or_default();
            let mut found: BTreeMap<&IndexFile, (Timestamp, u64)> = BTreeMap::new();
            for row in state.index_files.iter().filter(|row| row.suite == suite && !is_current(&row.file)) {
                let (Some(until), Some(last)) = (row.until, row.last) else { continue };
                if until >= since || now - last <= releases {
                    let known = found.entry(&row.file).or_insert((until, last));
                    *known = (known.0.max(until), known.1.max(last));
                }
            }
            let retired = found.into_iter().map(|(file, (until, last))| RetiredIndex {
                file: file.clone(),
                until,
                ago: Some(now - last),
            });
            let mut files: Vec<_> = retired.collect();
            files.sort_by_key(|retired| retired.ago);
            files
        }))
    }
}

impl State {
    fn refuse_other(&self, own: Option<&Switch>) -> Result<(), RecordsError> {
        match &self.journal {
            Some(open) if own != Some(open) => {
                let name = open.at.to_string();
                Err(RecordsError::Exists { what: "the journal of the publication of", name })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn current_indexes(&self, suite: SuiteKey) -> Vec<IndexFile> {
        let rows = self.index_files.iter().filter(|row| row.suite == suite && row.until.is_none());
        let mut files: Vec<_> = rows.map(|row| row.file.clone()).collect();
        files.sort();
        files
    }

    /// No index of an archive that is deleted is current.
    pub(super) fn end_indexes(&mut self, archive: ArchiveId, at: Timestamp) {
        let own = |row: &&mut IndexRow| row.suite.archive == archive && row.until.is_none();
        for row in self.index_files.iter_mut().filter(own) {
            row.until = Some(at);
            row.last = self.releases_of.get(&row.suite).copied();
        }
        self.outlines.retain(|suite, _| suite.archive != archive);
    }

    fn finish_suite(
        &mut self,
        (switch, finished): (&Switch, Timestamp),
        suite: &SuiteSwitch,
    ) -> Result<(), RecordsError> {
        self.suite(suite.suite, OPERATION)?;
        for id in &suite.publish {
            if let Some(found) = self.publication(*id)
                && found.status == PublicationStatus::Pending
            {
                found.status = PublicationStatus::Published;
                found.published = Some(switch.at);
            }
        }
        for pair in &suite.supersede {
            let winner_is_known = self.publication(pair.winner).is_some();
            if let Some(loser) = self.publication(pair.loser)
                && loser.is_live()
            {
                if !winner_is_known {
                    return Err(missing(OPERATION, format!("publication {}", pair.winner.0)));
                }
                let never_seen = loser.status == PublicationStatus::Pending;
                let (seen, unseen) = (switch.removable_after(finished), switch.seen_until(finished));
                loser.status = PublicationStatus::Superseded;
                loser.ended = Some((switch.at, Some(pair.winner.0)));
                loser.removable = Some(if never_seen { unseen } else { seen });
            }
        }
        for id in &suite.delete {
            if let Some(found) = self.publication(*id)
                && found.is_live()
            {
                let never_seen = found.status == PublicationStatus::Pending;
                let (seen, unseen) = (switch.removable_after(finished), switch.seen_until(finished));
                found.status = PublicationStatus::Deleted;
                found.ended = Some((switch.at, None));
                found.removable = Some(if never_seen { unseen } else { seen });
            }
        }
        self.finish_custom(suite, switch.at);
        self.exchange_indexes(suite, switch.seen_until(finished));
        self.outlines.insert(suite.suite, suite.outlines.clone());
        let state = self.suite(suite.suite, OPERATION)?;
        state.shown = state.shown.max(suite.changes.min(state.changes));
        state.published = true;
        state.entries = suite.entries;
        state.extra = suite.extra.as_deref().and_then(|hex| Sha256::from_hex(hex).ok());
        Ok(())
    }

    fn publication(&mut self, id: PublicationId) -> Option<&mut Publication> {
        self.publications.iter_mut().find(|publication| publication.id == id.0)
    }

    fn exchange_indexes(&mut self, suite: &SuiteSwitch, at: Timestamp) {
        let mut new: BTreeMap<&str, &IndexFile> =
            suite.files.iter().map(|file| (file.path.as_str(), file)).collect();
        let count = self.releases_of.entry(suite.suite).or_default();
        let mut changed = false;
        for row in &mut self.index_files {
            if row.suite != suite.suite || row.until.is_some() {
                continue;
            }
            if new.get(row.file.path.as_str()) == Some(&&row.file) {
                new.remove(row.file.path.as_str());
            } else {
                (row.until, row.last, changed) = (Some(at), Some(*count), true);
            }
        }
        changed |= !new.is_empty();
        *count += u64::from(changed);
        let rows = new.into_values().cloned();
        let row = |file| IndexRow { suite: suite.suite, file, until: None, last: None };
        self.index_files.extend(rows.map(row));
    }
}
