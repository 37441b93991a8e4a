//! The queue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use debfmt::digest::Sha256;
use debfmt::names::{FileName, SourceName};
use debfmt::version::Version;

use super::{MemoryRecords, State, kind_of};
use crate::model::archive::ArchiveId;
use crate::model::custom::QueuedCustom;
use crate::model::notice::NewNotice;
use crate::model::package::{PackageFile, Release};
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::{
    Decision, NewQueueItem, QueueDetail, QueueEvent, QueueId, QueueItem, QueuePackage, QueueStatus,
};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::db::{
    Ancestor, CustomChange, QueueFilter, QueueRecords, RecordsError, refuse_own_conflicts,
};

/// A queue item. Its number is its place in the list, from 1.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) item: QueueItem,
    changes_text: String,
    changes_sha256: String,
    pub(super) releases: Vec<Queued>,
    custom: Vec<QueuedCustom>,
    events: Vec<QueueEvent>,
}

#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub(super) release: usize,
    pub(super) placement: Placement,
    new: bool,
}

impl QueueRecords for MemoryRecords {
    fn ancestor(
        &self,
        suite: SuiteKey,
        kind: PackageKind,
        name: &str,
        architecture: &str,
    ) -> Result<Option<Ancestor>, RecordsError> {
        Ok(self.look(|state| {
            let of_name = state.publications.iter().filter(|publication| {
                let release = state.release(publication.release);
                publication.suite.archive == suite.archive
                    && kind_of(release) == kind
                    && release.name() == name
            });
            let best = of_name.max_by_key(|publication| {
                let same_machine = state.release(publication.release).architecture() == architecture;
                let same_series = publication.suite.series == suite.series;
                (publication.is_live(), same_series, same_machine, publication.id)
            });
            best.map(|best| Ancestor { placement: best.placement.clone(), live: best.is_live() })
        }))
    }

    fn source_taken(
        &self,
        archive: ArchiveId,
        name: &SourceName,
        version: &Version,
        except: Option<QueueId>,
    ) -> Result<Option<String>, RecordsError> {
        Ok(self.look(|state| {
            let is_it = |release: usize| {
                let release = state.release(release);
                kind_of(release) == PackageKind::Source
                    && release.name() == name.as_str()
                    && release.version().as_str() == version.as_str()
            };
            let decided = |status| matches!(status, QueueStatus::Accepted | QueueStatus::Done);
            let item = state.queue.iter().find(|entry| {
                let QueueItem { id, suite, status, source, version: text, .. } = &entry.item;
                suite.archive == archive
                    && decided(*status)
                    && Some(*id) != except
                    && (source.as_str(), text.as_str()) == (name.as_str(), version.as_str())
                    && entry
                        .releases
                        .iter()
                        .any(|queued| kind_of(state.release(queued.release)) == PackageKind::Source)
            });
            let queued = item.map(|entry| format!("as queue item {}", entry.item.id));
            queued.or_else(|| {
                let mut all = state.publications.iter();
                let placed = all.find(|it| it.suite.archive == archive && is_it(it.release))?;
                let mut series = state.distributions.iter().flat_map(|distribution| &distribution.series);
                let series = series.find(|series| series.id == placed.suite.series)?;
                Some(format!("in {}{}", series.name, placed.suite.pocket.suffix()))
            })
        }))
    }

    fn archive_size(&self, archive: ArchiveId) -> Result<u64, RecordsError> {
        Ok(self.look(|state| {
            let placed = state.publications.iter().filter(|it| it.suite.archive == archive);
            let placed = placed.filter(|it| it.is_live() || it.is_in_pool());
            let waiting = state
                .queue
                .iter()
                .filter(|entry| entry.item.suite.archive == archive && entry.item.status.waits());
            let queued = waiting.flat_map(|entry| entry.releases.iter().map(|queued| queued.release));
            let releases: BTreeSet<usize> = placed.map(|it| it.release).chain(queued).collect();
            let files = releases.iter().flat_map(|release| state.release(*release).files());
            let mut objects: BTreeMap<Sha256, u64> =
                files.map(|file| (file.checksums.sha256, state.sums(file).size)).collect();
            let waiting = state
                .queue
                .iter()
                .filter(|entry| entry.item.suite.archive == archive && entry.item.status.waits());
            let custom = waiting.flat_map(|entry| entry.custom.iter().map(|queued| &queued.file));
            objects.extend(custom.map(|file| (file.checksums.sha256, state.sums(file).size)));
            objects.extend(state.custom_objects(archive));
            objects.values().sum()
        }))
    }

    fn builder_of(&self, suite: SuiteKey, name: &str) -> Result<Option<SourceName>, RecordsError> {
        Ok(self.look(|state| {
            let of_name = state.publications.iter().filter(|publication| {
                let release = state.release(publication.release);
                publication.suite.archive == suite.archive
                    && kind_of(release) == PackageKind::Binary
                    && release.name() == name
            });
            let last = of_name.max_by_key(|it| (it.suite.series == suite.series, it.id));
            last.map(|publication| state.release(publication.release).source_name().clone())
        }))
    }

    fn known_file(&self, archive: ArchiveId, file: &FileName) -> Result<Option<Sha256>, RecordsError> {
        Ok(self.look(|state| state.known_file(archive, file)))
    }

    fn queued_conflict(
        &self,
        archive: ArchiveId,
        file: &FileName,
        given: &Sha256,
    ) -> Result<Option<(QueueId, Sha256)>, RecordsError> {
        Ok(self.look(|state| state.queued_conflict(archive, file, given)))
    }

    fn changes_seen(&self, archive: ArchiveId, sha256: &str) -> Result<Option<QueueId>, RecordsError> {
        Ok(self.look(|state| state.changes_seen(archive, sha256)))
    }

    fn enter_queue(&self, item: &NewQueueItem) -> Result<QueueId, RecordsError> {
        self.change(|state| {
            if let Some(item) = state.changes_seen(item.suite.archive, &item.changes_sha256) {
                return Err(RecordsError::ChangesSeen { item });
            }
            state.refuse_deleted(item.suite.archive)?;
            state.check_suite(item.suite, "file a queue item")?;
            refuse_own_conflicts(item)?;
            state.refuse_conflicts(item.suite.archive, item.releases.iter().map(|queued| &queued.release))?;
            for queued in &item.custom {
                let sums = &queued.file.checksums;
                state.objects.entry(sums.sha256).or_insert_with(|| sums.clone());
            }
            let id = QueueId(state.queue.last().map_or(1, |last| last.item.id.0 + 1));
            let mut releases = Vec::new();
            for queued in &item.releases {
                let release = state.record(&queued.release);
                releases.push(Queued { release, placement: queued.placement.clone(), new: queued.new });
            }
            state.queue.push(Entry {
                item: recorded(id, item),
                changes_text: item.changes_text.clone(),
                changes_sha256: item.changes_sha256.clone(),
                releases,
                custom: item.custom.clone(),
                events: vec![QueueEvent {
                    at: item.received,
                    who: item.uploader.clone(),
                    status: item.status,
                    comment: String::new(),
                }],
            });
            state.tell(Some(id), &item.notices);
            Ok(id)
        })
    }

    fn queue_items(&self, filter: &QueueFilter) -> Result<Vec<QueueItem>, RecordsError> {
        let mut found: Vec<QueueItem> = self.look(|state| {
            let items = state.queue.iter().map(|entry| &entry.item);
            items.filter(|item| filter.takes(item)).cloned().collect()
        });
        found.sort_by_key(|item| (item.received, item.id));
        Ok(found)
    }

    fn queue_detail(&self, id: QueueId) -> Result<Option<QueueDetail>, RecordsError> {
        Ok(self.look(|state| {
            let entry = state.queue.iter().find(|entry| entry.item.id == id)?;
            Some(QueueDetail {
                item: entry.item.clone(),
                packages: entry.releases.iter().map(|queued| state.queue_package(queued)).collect(),
                custom: entry.custom.iter().map(|queued| state.as_recorded(queued)).collect(),
                changes_text: entry.changes_text.clone(),
                events: entry.events.clone(),
            })
        }))
    }

    fn decide(&self, id: QueueId, decision: &Decision, notices: &[NewNotice]) -> Result<(), RecordsError> {
        self.change(|state| {
            let entry = state.entry(id)?;
            let (from, to) = (entry.item.status, decision.status);
            if to == QueueStatus::Done || !from.may_become(to) {
                return Err(RecordsError::Transition { item: id, from, to });
            }
            let (archive, queued) = (entry.item.suite.archive, entry.releases.clone());
            if to == QueueStatus::Accepted {
                state.refuse_deleted(archive)?;
                let releases: Vec<_> =
                    queued.iter().map(|queued| Arc::clone(&state.releases[queued.release])).collect();
                state.refuse_conflicts(archive, releases.iter().map(Arc::as_ref))?;
            }
            let entry = state.entry(id)?;
            entry.turn(decision);
            state.failures.remove(&id);
            state.tell(Some(id), notices);
            Ok(())
        })
    }

    fn realise(
        &self,
        id: QueueId,
        custom: &CustomChange,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, RecordsError> {
        self.change(|state| {
            let entry = state.entry(id)?;
            let (from, to) = (entry.item.status, QueueStatus::Done);
            if !from.may_become(to) {
                return Err(RecordsError::Transition { item: id, from, to });
            }
            entry.turn(&Decision { status: to, who: who.to_owned(), at, comment: String::new() });
            let suite = entry.item.suite;
            let corrupt =
                |value: &String| RecordsError::Corrupt { what: "a source name", value: value.clone() };
            let source = SourceName::parse(&entry.item.source).map_err(|_| corrupt(&entry.item.source))?;
            let wanted: Vec<_> =
                entry.releases.iter().map(|queued| (queued.release, queued.placement.clone())).collect();
            let operation = "turn a queue item into publications";
            let done = state.place(suite, &wanted, at, operation)?;
            state.change_custom((suite, &source), custom, operation)?;
            state.failures.remove(&id);
            Ok(done.added)
        })
    }
}

impl Entry {
    pub(super) fn turn(&mut self, decision: &Decision) {
        self.item.status = decision.status;
        self.events.push(QueueEvent {
            at: decision.at,
            who: decision.who.clone(),
            status: decision.status,
            comment: decision.comment.clone(),
        });
    }
}

impl State {
    fn changes_seen(&self, archive: ArchiveId, sha256: &str) -> Option<QueueId> {
        let same = |entry: &&Entry| entry.item.suite.archive == archive && entry.changes_sha256 == sha256;
        self.queue.iter().find(same).map(|entry| entry.item.id)
    }

    fn known_file(&self, archive: ArchiveId, file: &FileName) -> Option<Sha256> {
        self.archive_files.get(&(archive, file.as_str().to_owned())).copied()
    }

    fn queued_conflict(
        &self,
        archive: ArchiveId,
        file: &FileName,
        given: &Sha256,
    ) -> Option<(QueueId, Sha256)> {
        let waiting = self.queue.iter().map(|entry| (&entry.item, &entry.releases));
        let waiting = waiting.filter(|(item, _)| item.status.waits() && item.suite.archive == archive);
        let mut files = waiting.flat_map(|(item, releases)| {
            let files = releases.iter().flat_map(|queued| self.release(queued.release).files());
            files.map(|known| (item.id, known))
        });
        let other = files.find(|(_, known)| known.name == *file && known.checksums.sha256 != *given);
        other.map(|(item, known)| (item, known.checksums.sha256))
    }

    fn refuse_conflicts<'r>(
        &self,
        archive: ArchiveId,
        releases: impl Iterator<Item = &'r Release>,
    ) -> Result<(), RecordsError> {
        for file in releases.flat_map(Release::files) {
            let given = file.checksums.sha256;
            let queued = || self.queued_conflict(archive, &file.name, &given).map(|(_, had)| had);
            let known = self.known_file(archive, &file.name).filter(|had| *had != given);
            if let Some(had) = known.or_else(queued) {
                return Err(RecordsError::FileConflict { file: file.name.to_string(), had, given });
            }
        }
        Ok(())
    }

    pub(super) fn entry(&mut self, id: QueueId) -> Result<&mut Entry, RecordsError> {
        let found = self.queue.iter_mut().find(|entry| entry.item.id == id);
        found.ok_or(RecordsError::NoQueueItem { item: id })
    }

    /// With the checksums as first recorded.
    fn as_recorded(&self, queued: &QueuedCustom) -> QueuedCustom {
        let file = &queued.file;
        let file = PackageFile { name: file.name.clone(), checksums: self.sums(file).clone() };
        QueuedCustom { kind: queued.kind, file }
    }

    fn queue_package(&self, queued: &Queued) -> QueuePackage {
        let release = self.release(queued.release);
        let files = release.files().iter();
        QueuePackage {
            name: release.name().to_owned(),
            version: release.version().as_str().to_owned(),
            architecture: release.architecture().to_owned(),
            component: queued.placement.component.clone(),
            section: queued.placement.section.clone(),
            priority: queued.placement.priority.clone(),
            new: queued.new,
            files: files.map(|file| (file.name.as_str().to_owned(), self.sums(file).size)).collect(),
        }
    }
}

fn recorded(id: QueueId, item: &NewQueueItem) -> QueueItem {
    QueueItem {
        id,
        suite: item.suite,
        status: item.status,
        source: item.source.as_str().to_owned(),
        version: item.version.as_str().to_owned(),
        architectures: item.architectures.clone(),
        changes_name: item.changes_name.clone(),
        uploader: item.uploader.clone(),
        fingerprint: item.fingerprint.clone(),
        received: item.received,
    }
}
