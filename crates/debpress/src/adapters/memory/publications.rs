//! Publication records.

use std::collections::{BTreeMap, BTreeSet};

use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debfmt::names::Component;

use super::{MemoryRecords, Publication, State, kind_of};
use crate::model::archive::ArchiveId;
use crate::model::package::{BinaryRelease, Release, SourceRelease};
use crate::model::publication::{
    BinaryRow, Candidate, ContentsRow, Listing, PackageKind, PoolEntry, PublicationId, PublicationStatus,
    SourceRow,
};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{
    BinaryBounds, Imported, ListFilter, NewPublication, PublicationRecords, RecordsError, Snapshot,
    SourceStanza, SuiteState,
};

impl PublicationRecords for MemoryRecords {
    fn import(
        &self,
        suite: SuiteKey,
        publications: &[NewPublication],
        at: Timestamp,
    ) -> Result<Imported, RecordsError> {
        if publications.is_empty() {
            return Ok(Imported::default());
        }
        self.change(|state| {
            let wanted: Vec<_> = publications
                .iter()
                .map(|publication| (state.record(&publication.release), publication.placement.clone()))
                .collect();
            state.place(suite, &wanted, at, "record an import")
        })
    }

    fn suite_states(&self) -> Result<Vec<SuiteState>, RecordsError> {
        Ok(self.look(|state| state.suites.values().copied().collect()))
    }

    fn touch_suites(&self, suites: &[SuiteKey]) -> Result<(), RecordsError> {
        self.change(|state| {
            for suite in suites {
                if let Some(known) = state.suites.get_mut(suite) {
                    known.changes += 1;
                }
            }
            Ok(())
        })
    }

    fn snapshot(&self, suite: SuiteKey) -> Result<Snapshot, RecordsError> {
        Ok(self.look(|state| Snapshot {
            suite,
            newest: PublicationId(state.newest()),
            changes: state.suites.get(&suite).map_or(0, |known| known.changes),
        }))
    }

    fn contested(&self, snapshot: &Snapshot) -> Result<Vec<Candidate>, RecordsError> {
        Ok(self.look(|state| {
            let mut names: BTreeMap<(PackageKind, &str), Vec<&Publication>> = BTreeMap::new();
            for publication in state.live(snapshot) {
                let release = state.release(publication.release);
                names.entry((kind_of(release), release.name())).or_default().push(publication);
            }
            names.retain(|_, publications| state.is_contested(publications));
            names.into_values().flatten().map(|publication| state.candidate(publication)).collect()
        }))
    }

    fn live_count(&self, snapshot: &Snapshot) -> Result<u64, RecordsError> {
        Ok(self.look(|state| u64::try_from(state.live(snapshot).count()).unwrap_or(u64::MAX)))
    }

    fn built_from(
        &self,
        snapshot: &Snapshot,
        sources: &[(String, String)],
    ) -> Result<Vec<Candidate>, RecordsError> {
        let was = |found: &Candidate| found.source.as_ref().is_some_and(|source| sources.contains(source));
        Ok(self.look(|state| {
            let live = state.live(snapshot).map(|publication| state.candidate(publication));
            live.filter(was).collect()
        }))
    }

    fn source_stanzas(
        &self,
        archive: ArchiveId,
        sources: &[(String, String)],
    ) -> Result<Vec<SourceStanza>, RecordsError> {
        Ok(self.look(|state| {
            let live = state.publications.iter().filter(|it| it.suite.archive == archive && it.is_live());
            let live = live.filter_map(|it| match state.release(it.release) {
                Release::Source(source) => Some(source),
                Release::Binary(_) => None,
            });
            let is = |source: &&SourceRelease, (name, version): &(String, String)| {
                source.name.as_str() == name && source.version.as_str() == version
            };
            let found = sources.iter().filter_map(|asked| {
                let text = live.clone().find(|source| is(source, asked))?.stanza.clone();
                Some(SourceStanza { source: asked.clone(), text })
            });
            found.collect()
        }))
    }

    fn pending_files(
        &self,
        snapshot: &Snapshot,
        visit: &mut dyn FnMut(PoolEntry) -> bool,
    ) -> Result<(), RecordsError> {
        let is_pending = |found: &&Publication| found.status == PublicationStatus::Pending;
        let entries = self.look(|state| state.pool_entries(state.live(snapshot).filter(is_pending)));
        walk(entries, visit);
        Ok(())
    }

    fn source_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        visit: &mut dyn FnMut(SourceRow) -> bool,
    ) -> Result<(), RecordsError> {
        let rows = self.look(|state| {
            let in_component = state.live_in(snapshot, component).into_iter();
            let rows = in_component.filter_map(|publication| match state.release(publication.release) {
                Release::Source(source) => Some(source_row(publication, source)),
                Release::Binary(_) => None,
            });
            rows.collect::<Vec<_>>()
        });
        walk(rows, visit);
        Ok(())
    }

    fn special_kinds(&self, snapshot: &Snapshot) -> Result<Vec<DebKind>, RecordsError> {
        Ok(self.look(|state| {
            let kinds =
                state.live(snapshot).filter_map(|publication| match state.release(publication.release) {
                    Release::Binary(binary) if binary.kind != DebKind::Deb => Some(binary.kind),
                    Release::Binary(_) | Release::Source(_) => None,
                });
            kinds.collect::<BTreeSet<_>>().into_iter().collect()
        }))
    }

    fn binary_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        bounds: BinaryBounds<'_>,
        visit: &mut dyn FnMut(BinaryRow) -> bool,
    ) -> Result<(), RecordsError> {
        let wanted = |binary: &BinaryRelease| {
            binary.kind == bounds.kind && bounds.architectures.contains(&binary.architecture)
        };
        let rows = self.look(|state| {
            let in_component = state.live_in(snapshot, component).into_iter();
            let rows = in_component.filter_map(|publication| match state.release(publication.release) {
                Release::Binary(binary) if wanted(binary) => Some(state.binary_row(publication, binary)),
                Release::Binary(_) | Release::Source(_) => None,
            });
            rows.collect::<Vec<_>>()
        });
        walk(rows, visit);
        Ok(())
    }

    fn contents_rows(
        &self,
        snapshot: &Snapshot,
        component: &Component,
        bounds: BinaryBounds<'_>,
        visit: &mut dyn FnMut(ContentsRow) -> bool,
    ) -> Result<(), RecordsError> {
        let wanted = |binary: &BinaryRelease| {
            let fits = binary.kind == bounds.kind && bounds.architectures.contains(&binary.architecture);
            fits && !binary.contents.is_empty()
        };
        let rows = self.look(|state| {
            let in_component = state.live_in(snapshot, component).into_iter();
            let rows = in_component.filter_map(|publication| match state.release(publication.release) {
                Release::Binary(binary) if wanted(binary) => Some(contents_row(publication, binary)),
                Release::Binary(_) | Release::Source(_) => None,
            });
            rows.collect::<Vec<_>>()
        });
        walk(rows, visit);
        Ok(())
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<Listing>, RecordsError> {
        let mut found = self.look(|state| {
            let asked = state.publications.iter().filter(|publication| {
                let name = state.release(publication.release).name();
                (filter.history || publication.is_live())
                    && (filter.suites.is_empty() || filter.suites.contains(&publication.suite))
                    && filter.name.as_ref().is_none_or(|pattern| matches(pattern, name))
            });
            asked.map(|publication| state.listing(publication)).collect::<Vec<_>>()
        });
        found.sort_by_key(|row| (row.name.clone(), row.suite, row.version.clone(), row.architecture.clone()));
        Ok(found)
    }

    fn pool_entries(
        &self,
        archive: ArchiveId,
        visit: &mut dyn FnMut(PoolEntry) -> bool,
    ) -> Result<(), RecordsError> {
        let entries = self.look(|state| {
            let all = state.publications.iter();
            state.pool_entries(all.filter(|it| it.suite.archive == archive && it.is_in_pool()))
        });
        walk(entries, visit);
        Ok(())
    }

    fn needed_objects(&self, visit: &mut dyn FnMut(Sha256, u64) -> bool) -> Result<(), RecordsError> {
        let objects: Vec<_> =
            self.look(|state| state.objects.values().map(|sums| (sums.sha256, sums.size)).collect());
        walk(objects, &mut |(sha256, size)| visit(sha256, size));
        Ok(())
    }
}

fn walk<T>(items: Vec<T>, visit: &mut dyn FnMut(T) -> bool) {
    for item in items {
        if !visit(item) {
            break;
        }
    }
}

/// Whether a name fits a pattern in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let ends = name.char_indices().map(|(place, _)| place).chain([name.len()]);
            ends.into_iter().any(|place| matches(rest, name.get(place..).unwrap_or_default()))
        }),
    }
}

impl State {
    pub(super) fn live(&self, snapshot: &Snapshot) -> impl Iterator<Item = &Publication> + use<'_> {
        let snapshot = *snapshot;
        self.publications.iter().filter(move |publication| {
            publication.is_live()
                && publication.suite == snapshot.suite
                && publication.id <= snapshot.newest.0
        })
    }

    /// Live publications of a component, in the order of an index.
    pub(super) fn live_in(&self, snapshot: &Snapshot, component: &Component) -> Vec<&Publication> {
        let live = self.live(snapshot);
        let mut found: Vec<_> = live.filter(|it| it.placement.component == *component).collect();
        found.sort_by_key(|publication| {
            let release = self.release(publication.release);
            let version = release.version().as_str();
            (release.name(), version, release.architecture(), publication.status, publication.id)
        });
        found
    }

    fn is_contested(&self, publications: &[&Publication]) -> bool {
        if publications.iter().any(|publication| publication.status == PublicationStatus::Pending) {
            return true;
        }
        let releases: Vec<_> = publications.iter().map(|it| self.release(it.release)).collect();
        let architectures: BTreeSet<_> = releases.iter().map(|release| release.architecture()).collect();
        let versions: BTreeSet<_> = releases.iter().map(|release| release.version().as_str()).collect();
        architectures.len() < releases.len() || versions.len() > 1
    }

    pub(super) fn candidate(&self, publication: &Publication) -> Candidate {
        let release = self.release(publication.release);
        Candidate {
            id: PublicationId(publication.id),
            kind: kind_of(release),
            name: release.name().to_owned(),
            version: release.version().as_str().to_owned(),
            architecture: release.architecture().to_owned(),
            status: publication.status,
            component: publication.placement.component.clone(),
            source: match release {
                Release::Source(_) => None,
                Release::Binary(binary) => {
                    Some((binary.source_name.to_string(), binary.source_version.to_string()))
                }
            },
            debug: matches!(release, Release::Binary(binary) if binary.kind == DebKind::Ddeb),
        }
    }

    fn listing(&self, publication: &Publication) -> Listing {
        let release = self.release(publication.release);
        Listing {
            kind: kind_of(release),
            name: release.name().to_owned(),
            version: release.version().as_str().to_owned(),
            architecture: release.architecture().to_owned(),
            suite: publication.suite,
            component: publication.placement.component.as_str().to_owned(),
            section: publication.placement.section.clone(),
            status: publication.status,
            created: publication.created,
            published: publication.published,
            ended: publication.ended.map(|(at, _)| at),
            superseded_by: publication.ended.and_then(|(_, winner)| {
                let winner = self.publications.iter().find(|publication| Some(publication.id) == winner)?;
                Some(self.release(winner.release).version().as_str().to_owned())
            }),
            priority: publication.placement.priority.clone(),
            phase: publication.phase,
            made_by: publication.made_by.clone(),
            removal: publication.removal.as_ref().map(|removal| (removal.at, removal.words.clone())),
        }
    }

    pub(super) fn binary_row(&self, publication: &Publication, binary: &BinaryRelease) -> BinaryRow {
        BinaryRow {
            id: PublicationId(publication.id),
            pending: publication.status == PublicationStatus::Pending,
            source_name: binary.source_name.clone(),
            file: binary.file.name.clone(),
            checksums: self.sums(&binary.file).clone(),
            stanza: binary.stanza.clone(),
            section: publication.placement.section.clone(),
            priority: publication.placement.priority.clone(),
            phase: publication.phase,
        }
    }

    pub(super) fn pool_entries<'a>(
        &self,
        publications: impl Iterator<Item = &'a Publication>,
    ) -> Vec<PoolEntry> {
        let mut entries = Vec::new();
        for publication in publications {
            let release = self.release(publication.release);
            entries.extend(release.files().iter().map(|file| PoolEntry {
                publication: PublicationId(publication.id),
                component: publication.placement.component.clone(),
                source: release.source_name().clone(),
                file: file.name.clone(),
                sha256: file.checksums.sha256,
                size: self.sums(file).size,
                md5: self.sums(file).md5,
            }));
        }
        entries
    }
}

pub(super) fn contents_row(publication: &Publication, binary: &BinaryRelease) -> ContentsRow {
    ContentsRow {
        id: PublicationId(publication.id),
        name: binary.name.to_string(),
        section: publication.placement.section.clone(),
        paths: binary.contents.join("\n"),
    }
}

pub(super) fn source_row(publication: &Publication, source: &SourceRelease) -> SourceRow {
    SourceRow {
        id: PublicationId(publication.id),
        pending: publication.status == PublicationStatus::Pending,
        name: source.name.clone(),
        stanza: source.stanza.clone(),
        file_lists: source.file_lists.clone(),
        section: publication.placement.section.clone(),
        priority: publication.placement.priority.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name) in
            [("*", ""), ("*", "a"), ("lib*", "lib"), ("l*6", "libc6"), ("*b*b*", "abab"), ("a", "a")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("lib*", "li"), ("l*6", "libc7"), ("*b*b*", "ab"), ("a", "ab"), ("?", "a"), ("[a]*", "a")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
