//! What reviewers see and change.

use super::{MemoryRecords, State, kind_of};
use crate::model::package::Release;
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{Decision, Note, PackageText, QueueId};
use crate::model::suite::SuiteKey;
use crate::ports::db::{RecordsError, ReviewRecords};

impl ReviewRecords for MemoryRecords {
    fn queued_texts(&self, item: QueueId) -> Result<Vec<PackageText>, RecordsError> {
        self.look(|state| {
            let found = state.queue.iter().find(|entry| entry.item.id == item);
            let found = found.ok_or(RecordsError::NoQueueItem { item })?;
            Ok(found.releases.iter().map(|queued| state.text(queued.release, &queued.placement)).collect())
        })
    }

    fn live_text(
        &self,
        suite: SuiteKey,
        kind: PackageKind,
        name: &str,
        architecture: &str,
    ) -> Result<Option<PackageText>, RecordsError> {
        Ok(self.look(|state| {
            let mut newest_first = state.publications.iter().rev();
            let found = newest_first.find(|publication| {
                let release = state.release(publication.release);
                publication.is_live()
                    && publication.suite == suite
                    && kind_of(release) == kind
                    && (release.name(), release.architecture()) == (name, architecture)
            });
            found.map(|publication| state.text(publication.release, &publication.placement))
        }))
    }

    fn override_packages(
        &self,
        item: QueueId,
        placements: &[(usize, Placement)],
        note: &Note,
    ) -> Result<(), RecordsError> {
        self.change(|state| {
            let entry = state.entry(item)?;
            let status = entry.item.status;
            if !status.waits() {
                return Err(RecordsError::NotWaiting { item, status });
            }
            for (position, placement) in placements {
                if let Some(queued) = entry.releases.get_mut(*position) {
                    queued.placement = placement.clone();
                }
            }
            let Note { who, at, text } = note.clone();
            entry.turn(&Decision { status, who, at, comment: text });
            Ok(())
        })
    }
}

impl State {
    fn text(&self, release: usize, placement: &Placement) -> PackageText {
        let release = self.release(release);
        let (stanza, paths) = match release {
            Release::Source(source) => {
                let names = source.files.iter().map(|file| file.name.to_string()).collect();
                (source.stanza.clone(), names)
            }
            Release::Binary(binary) => (binary.stanza.clone(), binary.contents.clone()),
        };
        PackageText {
            kind: kind_of(release),
            name: release.name().to_owned(),
            version: release.version().as_str().to_owned(),
            architecture: release.architecture().to_owned(),
            placement: placement.clone(),
            stanza,
            paths,
        }
    }
}
