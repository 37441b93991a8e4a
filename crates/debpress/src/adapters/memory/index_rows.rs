//! The rows of an index by their numbers.

use debfmt::names::Component;

use super::publications::{contents_row, source_row};
use super::{MemoryRecords, Publication, State, missing};
use crate::model::package::Release;
use crate::model::publication::{BinaryRow, ContentsRow, PublicationId, SourceRow};
use crate::model::suite::SuiteKey;
use crate::ports::db::{IndexOutline, IndexRecords, RecordsError, RowsOf, Snapshot};

impl IndexRecords for MemoryRecords {
    fn row_ids(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        rows: RowsOf<'_>,
    ) -> Result<Vec<PublicationId>, RecordsError> {
        let wanted = |release: &Release| match (release, rows) {
            (Release::Source(_), RowsOf::Sources) => true,
            (Release::Binary(binary), RowsOf::Binaries(bounds)) => {
                binary.kind == bounds.kind && bounds.architectures.contains(&binary.architecture)
            }
            (Release::Source(_) | Release::Binary(_), _) => false,
        };
        Ok(self.look(|state| {
            let live = state.live_in(snapshot, component).into_iter();
            let rows = live.filter(|publication| wanted(state.release(publication.release)));
            rows.map(|publication| PublicationId(publication.id)).collect()
        }))
    }

    fn row_names(&self, ids: &[PublicationId]) -> Result<Vec<String>, RecordsError> {
        self.look(|state| {
            let name = |id: &PublicationId| Ok(state.release(state.numbered(*id)?.release).name().to_owned());
            ids.iter().map(name).collect()
        })
    }

    fn binary_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(BinaryRow),
    ) -> Result<(), RecordsError> {
        let rows = self.look(|state| {
            state.rows(ids, |publication, release| match release {
                Release::Binary(binary) => Some(state.binary_row(publication, binary)),
                Release::Source(_) => None,
            })
        })?;
        rows.into_iter().for_each(visit);
        Ok(())
    }

    fn source_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(SourceRow),
    ) -> Result<(), RecordsError> {
        let rows = self.look(|state| {
            state.rows(ids, |publication, release| match release {
                Release::Source(source) => Some(source_row(publication, source)),
                Release::Binary(_) => None,
            })
        })?;
        rows.into_iter().for_each(visit);
        Ok(())
    }

    fn contents_rows_of(
        &self,
        ids: &[PublicationId],
        visit: &mut dyn FnMut(ContentsRow),
    ) -> Result<(), RecordsError> {
        let rows = self.look(|state| {
            let found = ids.iter().filter_map(|id| state.numbered(*id).ok());
            let rows = found.filter_map(|publication| match state.release(publication.release) {
                Release::Binary(it) if !it.contents.is_empty() => Some(contents_row(publication, it)),
                Release::Binary(_) | Release::Source(_) => None,
            });
            rows.collect::<Vec<_>>()
        });
        rows.into_iter().for_each(visit);
        Ok(())
    }

    fn outlines(&self, suite: SuiteKey) -> Result<Vec<IndexOutline>, RecordsError> {
        Ok(self.look(|state| state.outlines.get(&suite).cloned().unwrap_or_default()))
    }

    fn all_outlines(&self) -> Result<Vec<IndexOutline>, RecordsError> {
        Ok(self.look(|state| state.outlines.values().flatten().cloned().collect()))
    }
}

impl State {
    /// The publication of a number.
    fn numbered(&self, id: PublicationId) -> Result<&Publication, RecordsError> {
        let place = usize::try_from(id.0 - 1).ok();
        let found = place.and_then(|place| self.publications.get(place));
        found.ok_or_else(|| no_such(id))
    }

    fn rows<T>(
        &self,
        ids: &[PublicationId],
        read: impl Fn(&Publication, &Release) -> Option<T>,
    ) -> Result<Vec<T>, RecordsError> {
        let row = |id: &PublicationId| {
            let publication = self.numbered(*id)?;
            read(publication, self.release(publication.release)).ok_or_else(|| no_such(*id))
        };
        ids.iter().map(row).collect()
    }
}

fn no_such(id: PublicationId) -> RecordsError {
    missing("read publications", format!("publication {}", id.0))
}
