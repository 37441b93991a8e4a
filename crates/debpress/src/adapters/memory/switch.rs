//! The journal of a publication.

use std::collections::BTreeMap;

use super::{MemoryRecords, Publication, State, missing};
use crate::model::archive::ArchiveId;
use crate::model::publication::{PublicationId, PublicationStatus};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{IndexFile, RecordsError, SuiteSwitch, Switch, SwitchRecords};

/// An index file that a published Release named, and when.
#[derive(Clone, Debug)]
pub(super) struct IndexRow {
    suite: SuiteKey,
    file: IndexFile,
    until: Option<Timestamp>,
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

    fn retired_indexes(&self, suite: SuiteKey, since: Timestamp) -> Result<Vec<IndexFile>, RecordsError> {
        Ok(self.look(|state| {
            let current = state.current_indexes(suite);
            let is_current = |file: &IndexFile| {
                current.iter().any(|now| now.path == file.path && now.sha256 == file.sha256)
            };
            let rows = state.index_files.iter().filter(|row| row.suite == suite);
            let gone = rows.filter(|row| row.until.is_some_and(|until| until >= since));
            let mut files: Vec<_> = gone.map(|row| row.file.clone()).filter(|it| !is_current(it)).collect();
            files.sort();
            files.dedup();
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
        for row in self.index_files.iter_mut().filter(|row| row.suite.archive == archive) {
            row.until.get_or_insert(at);
        }
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
                loser.superseded = Some((switch.at, pair.winner.0));
                loser.removable = Some(if never_seen { unseen } else { seen });
            }
        }
        self.finish_custom(suite, switch.at);
        self.exchange_indexes(suite, switch.seen_until(finished));
        let state = self.suite(suite.suite, OPERATION)?;
        state.shown = state.shown.max(suite.changes.min(state.changes));
        state.published = true;
        state.entries = suite.entries;
        Ok(())
    }

    fn publication(&mut self, id: PublicationId) -> Option<&mut Publication> {
        self.publications.iter_mut().find(|publication| publication.id == id.0)
    }

    fn exchange_indexes(&mut self, suite: &SuiteSwitch, at: Timestamp) {
        let mut new: BTreeMap<&str, &IndexFile> =
            suite.files.iter().map(|file| (file.path.as_str(), file)).collect();
        for row in &mut self.index_files {
            if row.suite != suite.suite || row.until.is_some() {
                continue;
            }
            if new.get(row.file.path.as_str()) == Some(&&row.file) {
                new.remove(row.file.path.as_str());
            } else {
                row.until = Some(at);
            }
        }
        let rows = new.into_values().cloned();
        self.index_files.extend(rows.map(|file| IndexRow { suite: suite.suite, file, until: None }));
    }
}
