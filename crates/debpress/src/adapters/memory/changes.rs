//! What an administrator changes of what is live.

use debfmt::deb::DebKind;

use super::{MemoryRecords, Publication, State, kind_of};
use crate::model::package::Release;
use crate::model::publication::{Candidate, PublicationId, PublicationStatus, ReleaseId, Words};
use crate::model::queue::Note;
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{ChangeRecords, LivePublication, RecordsError, Replacement, Snapshot};

/// Who wanted a publication to be gone.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    /// The suite's change counter that counts it.
    changes: i64,
    pub(super) at: Timestamp,
    pub(super) words: Words,
}

impl ChangeRecords for MemoryRecords {
    fn live_named(&self, suite: SuiteKey, name: &str) -> Result<Vec<LivePublication>, RecordsError> {
        Ok(self.look(|state| {
            let all = state.publications.iter();
            let live = all.filter(|it| it.suite == suite && it.is_live() && it.removal.is_none());
            let shown = live.map(|publication| state.live_publication(publication));
            shown.filter(|it| it.name == name || it.source.0 == name).collect()
        }))
    }

    fn replace(
        &self,
        suite: SuiteKey,
        replacements: &[Replacement],
        note: &Note,
    ) -> Result<usize, RecordsError> {
        self.change(|state| {
            let before = state.publications.len();
            for Replacement { publication, placement, phase } in replacements {
                let of_release = state.publications.iter().rev().find(|it| it.id == publication.0);
                let Some(release) = of_release.map(|it| it.release) else { continue };
                let mut newest_first = state.publications.iter().rev();
                let newest =
                    newest_first.find(|it| it.is_live() && it.suite == suite && it.release == release);
                let is_it = |it: &&Publication| it.id == publication.0 && it.removal.is_none();
                let Some(old) = newest.filter(is_it).cloned() else { continue };
                let made = Publication {
                    id: state.newest() + 1,
                    status: PublicationStatus::Pending,
                    placement: placement.clone(),
                    created: note.at,
                    published: None,
                    phase: *phase,
                    made_by: Some(Words { who: note.who.clone(), reason: note.text.clone() }),
                    ..old
                };
                state.publications.push(made);
            }
            let made = state.publications.len() - before;
            state.count(suite, made);
            Ok(made)
        })
    }

    fn request_removal(
        &self,
        suite: SuiteKey,
        publications: &[PublicationId],
        note: &Note,
    ) -> Result<usize, RecordsError> {
        self.change(|state| {
            let changes = state.suites.get(&suite).map_or(0, |known| known.changes) + 1;
            let mut asked = 0;
            for it in &mut state.publications {
                let is_meant = it.suite == suite && publications.contains(&PublicationId(it.id));
                if is_meant && it.is_live() && it.removal.is_none() {
                    let words = Words { who: note.who.clone(), reason: note.text.clone() };
                    it.removal = Some(Removal { changes, at: note.at, words });
                    asked += 1;
                }
            }
            state.count(suite, asked);
            Ok(asked)
        })
    }

    fn leaving(&self, snapshot: &Snapshot) -> Result<Vec<Candidate>, RecordsError> {
        Ok(self.look(|state| {
            let counts =
                |it: &&Publication| it.removal.as_ref().is_some_and(|it| it.changes <= snapshot.changes);
            state.live(snapshot).filter(counts).map(|it| state.candidate(it)).collect()
        }))
    }
}

impl State {
    fn count(&mut self, suite: SuiteKey, changed: usize) {
        if let Some(known) = self.suites.get_mut(&suite)
            && changed > 0
        {
            known.changes += 1;
        }
    }

    fn live_publication(&self, publication: &Publication) -> LivePublication {
        let release = self.release(publication.release);
        let (name, version) = (release.name().to_owned(), release.version().as_str().to_owned());
        let (source, debug) = match release {
            Release::Source(_) => ((name.clone(), version.clone()), false),
            Release::Binary(binary) => (
                (binary.source_name.to_string(), binary.source_version.to_string()),
                binary.kind == DebKind::Ddeb,
            ),
        };
        LivePublication {
            id: PublicationId(publication.id),
            kind: kind_of(release),
            release: ReleaseId(i64::try_from(publication.release).unwrap_or(i64::MAX)),
            name,
            version,
            architecture: release.architecture().to_owned(),
            status: publication.status,
            placement: publication.placement.clone(),
            phase: publication.phase,
            source,
            debug,
        }
    }
}
