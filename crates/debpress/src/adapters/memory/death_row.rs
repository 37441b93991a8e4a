//! Death row: what may leave the pool.

use std::iter;

use super::{MemoryRecords, Publication, State};
use crate::model::archive::ArchiveId;
use crate::model::package::{Release, SourceRelease};
use crate::model::publication::{PoolEntry, PublicationId, PublicationStatus};
use crate::model::time::Timestamp;
use crate::ports::db::{Condemned, CondemnedFile, DeathRowRecords, RecordsError};

impl DeathRowRecords for MemoryRecords {
    fn condemned(&self, archive: ArchiveId, now: Timestamp) -> Result<Vec<Condemned>, RecordsError> {
        Ok(self.look(|state| {
            if state.refuse_deleted(archive).is_err() {
                return Vec::new();
            }
            let own = state.publications.iter().filter(|publication| publication.suite.archive == archive);
            let over = own.clone().filter(|publication| publication.is_over(now));
            let stay: Vec<&Publication> = own.filter(|publication| publication.stays(now)).collect();
            over.map(|publication| state.condemn(publication, &stay)).collect()
        }))
    }

    fn record_removed(&self, publications: &[PublicationId], at: Timestamp) -> Result<usize, RecordsError> {
        self.change(|state| {
            let mut recorded = 0;
            for publication in &mut state.publications {
                if publications.contains(&PublicationId(publication.id)) && publication.is_over(at) {
                    publication.removed = Some(at);
                    recorded += 1;
                }
            }
            Ok(recorded)
        })
    }
}

impl Publication {
    fn is_over(&self, now: Timestamp) -> bool {
        !self.is_live() && self.removed.is_none() && self.removable.is_some_and(|removable| removable <= now)
    }

    fn stays(&self, now: Timestamp) -> bool {
        self.is_live() || (self.is_in_pool() && !self.is_over(now))
    }
}

impl State {
    fn condemn(&self, publication: &Publication, stay: &[&Publication]) -> Condemned {
        let held = match self.release(publication.release) {
            Release::Source(source) => self.is_held(publication, source, stay),
            Release::Binary(_) => false,
        };
        let path = |entry: &PoolEntry| (entry.component.clone(), entry.source.clone(), entry.file.clone());
        let wanted: Vec<_> = self.pool_entries(stay.iter().copied()).iter().map(path).collect();
        let files = self.pool_entries(iter::once(publication)).into_iter();
        let files = files.map(|entry| CondemnedFile { needed: wanted.contains(&path(&entry)), entry });
        Condemned { publication: PublicationId(publication.id), held, files: files.collect() }
    }

    fn is_held(&self, publication: &Publication, source: &SourceRelease, stay: &[&Publication]) -> bool {
        let kept_elsewhere = stay
            .iter()
            .any(|other| other.release == publication.release && other.status != PublicationStatus::Pending);
        let text = (source.name.as_str(), source.version.as_str());
        let wants = |other: &&Publication| match self.release(other.release) {
            Release::Source(_) => false,
            Release::Binary(binary) => {
                (binary.source_name.as_str(), binary.source_version.as_str()) == text
                    || binary.built_using().iter().any(|it| (it.name.as_str(), it.version.as_str()) == text)
            }
        };
        !kept_elsewhere && stay.iter().any(wants)
    }
}
