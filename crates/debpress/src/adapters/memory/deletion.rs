//! The end of an archive.

use super::{MemoryRecords, State, missing};
use crate::model::archive::{Archive, ArchiveId, ArchiveRef, Deletion};
use crate::model::publication::PublicationStatus;
use crate::model::queue::{Decision, QueueStatus};
use crate::model::time::Timestamp;
use crate::ports::db::{DeletionRecords, RecordsError};

impl DeletionRecords for MemoryRecords {
    fn begin_deletion(&self, archive: ArchiveId, deletion: &Deletion) -> Result<usize, RecordsError> {
        self.change(|state| {
            let known = state.archive(archive)?;
            (known.enabled, known.published) = (false, false);
            known.deletion.get_or_insert_with(|| Deletion { done: false, ..deletion.clone() });
            let Deletion { at, who, reason, .. } = deletion;
            let (status, who, comment) = (QueueStatus::Rejected, who.clone(), reason.clone());
            let rejection = Decision { status, who, at: *at, comment };
            for entry in &mut state.queue {
                if entry.item.suite.archive == archive && entry.item.status.waits() {
                    entry.turn(&rejection);
                    state.failures.remove(&entry.item.id);
                }
            }
            let mut deleted = 0;
            for publication in &mut state.publications {
                if publication.suite.archive == archive && publication.is_live() {
                    publication.status = PublicationStatus::Deleted;
                    publication.ended = Some((*at, None));
                    publication.removable = Some(*at);
                    deleted += 1;
                }
            }
            state.end_custom(archive, false);
            for suite in state.suites.values_mut().filter(|suite| suite.key.archive == archive) {
                (suite.shown, suite.published, suite.entries) = (suite.changes, false, 0);
            }
            Ok(deleted)
        })
    }

    fn finish_deletion(
        &self,
        archive: ArchiveId,
        renamed: &ArchiveRef,
        at: Timestamp,
    ) -> Result<(), RecordsError> {
        self.change(|state| {
            if state.archives.iter().any(|other| other.reference == *renamed && other.id != archive) {
                return Err(RecordsError::Exists { what: "the archive", name: renamed.to_string() });
            }
            let known = state.archive(archive)?;
            let begun = known.deletion.as_mut().filter(|deletion| !deletion.done);
            let not_begun = || missing("record that an archive is deleted", "deletion begun".to_owned());
            begun.ok_or_else(not_begun)?.done = true;
            known.reference = renamed.clone();
            for publication in &mut state.publications {
                if publication.suite.archive == archive
                    && !publication.is_live()
                    && publication.removed.is_none()
                {
                    publication.removable = publication.removable.map_or(Some(at), |it| Some(it.min(at)));
                    publication.removed = Some(at);
                }
            }
            state.end_custom(archive, true);
            state.end_indexes(archive, at);
            state.contributions.retain(|suite, _| suite.archive != archive);
            state.aliases.retain(|(of, _), _| *of != archive);
            Ok(())
        })
    }
}

impl State {
    fn archive(&mut self, id: ArchiveId) -> Result<&mut Archive, RecordsError> {
        let known = self.archives.iter_mut().find(|known| known.id == id);
        known.ok_or_else(|| missing("delete an archive", format!("archive {}", id.0)))
    }

    /// Refuses what is meant for an archive that is deleted.
    pub(super) fn refuse_deleted(&self, id: ArchiveId) -> Result<(), RecordsError> {
        match self.archives.iter().find(|known| known.id == id && known.deletion.is_some()) {
            Some(archive) => Err(RecordsError::ArchiveDeleted { reference: archive.reference.to_string() }),
            None => Ok(()),
        }
    }
}
