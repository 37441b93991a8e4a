//! Records where each operation counts.

use std::collections::BTreeSet;

use debfmt::deb::DebKind;
use debfmt::digest::Sha256;
use debfmt::names::{Component, DistributionName, FileName, SourceName, SuiteName};
use debfmt::version::Version;
use debpress::model::archive::*;
use debpress::model::contribution::*;
use debpress::model::custom::*;
use debpress::model::notice::*;
use debpress::model::permission::*;
use debpress::model::publication::*;
use debpress::model::queue::*;
use debpress::model::run::*;
use debpress::model::signing::*;
use debpress::model::suite::*;
use debpress::model::time::*;
use debpress::ports::db::*;

use super::{Faults, dead};

/// Records that fail when they are told to; also after they have recorded what they were given.
pub(crate) struct FaultyRecords {
    pub(crate) inner: Box<dyn Records>,
    pub(crate) faults: Faults,
}

/// Methods as their trait has them, without `fn`, `&self` and the error.
macro_rules! counted {
    ($trait:ident $($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl $trait for FaultyRecords {
            $(fn $name(&self, $($argument: $type),*) -> Result<$result, RecordsError> {
                let source = || Box::new(dead());
                let error = || RecordsError::Database { operation: stringify!($name), source: source() };
                self.faults.count(error, || self.inner.$name($($argument),*))
            })*
        }
    };
}

counted! { AliasRecords
    aliases() -> Vec<SuiteAlias>;
    set_alias(archive: ArchiveId, name: &SuiteName, target: Option<&SuiteName>) -> ();
}

counted! { ChangeRecords
    live_named(suite: SuiteKey, name: &str) -> Vec<LivePublication>;
    replace(suite: SuiteKey, replacements: &[Replacement], note: &Note) -> usize;
    request_removal(suite: SuiteKey, publications: &[PublicationId], note: &Note) -> usize;
    leaving(snapshot: &Snapshot) -> Vec<Candidate>;
}

counted! { ContributionRecords
    contributions() -> Vec<(SuiteKey, Vec<Contribution>)>;
    contribute(suite: SuiteKey, files: &[Contribution], at: Timestamp) -> bool;
}

counted! { CustomRecords
    custom_publications(suite: SuiteKey) -> Vec<CustomPublication>;
    copy_custom(suite: SuiteKey, from: &[CustomId], at: Timestamp) -> ();
}

counted! { DeathRowRecords
    condemned(archive: ArchiveId, now: Timestamp) -> Vec<Condemned>;
    record_removed(publications: &[PublicationId], at: Timestamp) -> usize;
}

counted! { DeletionRecords
    begin_deletion(archive: ArchiveId, deletion: &Deletion) -> usize;
    finish_deletion(archive: ArchiveId, renamed: &ArchiveRef, at: Timestamp) -> ();
}

counted! { FailureRecords
    item_failed(item: QueueId, error: &str, held: u32, at: Timestamp) -> u32;
    failing_items() -> Vec<ItemFailure>;
    forget_failure(item: QueueId) -> bool;
}

counted! { NoticeRecords
    refuse(refusal: &Refusal<'_>) -> ();
    refusal(claim: &str) -> Option<String>;
    take_notice(due: Timestamp, until: Timestamp) -> Option<Notice>;
    notice_sent(id: NoticeId, at: Timestamp) -> ();
    notice_failed(id: NoticeId, at: Timestamp, error: &str, retry: Option<Timestamp>) -> ();
    retry_notices(now: Timestamp) -> usize;
    notices(filter: &NoticeFilter) -> Vec<Notice>;
}

counted! { PublicationRecords
    import(suite: SuiteKey, publications: &[NewPublication], at: Timestamp) -> Imported;
    suite_states() -> Vec<SuiteState>;
    touch_suites(suites: &[SuiteKey]) -> ();
    snapshot(suite: SuiteKey) -> Snapshot;
    contested(snapshot: &Snapshot) -> Vec<Candidate>;
    live_count(snapshot: &Snapshot) -> u64;
    built_from(snapshot: &Snapshot, sources: &[(String, String)]) -> Vec<Candidate>;
    source_stanzas(archive: ArchiveId, sources: &[(String, String)]) -> Vec<SourceStanza>;
    pending_files(snapshot: &Snapshot, visit: &mut dyn FnMut(PoolEntry) -> bool) -> ();
    source_rows(snapshot: &Snapshot, component: &Component, visit: &mut dyn FnMut(SourceRow) -> bool) -> ();
    special_kinds(snapshot: &Snapshot) -> Vec<DebKind>;
    binary_rows(snapshot: &Snapshot, component: &Component, bounds: BinaryBounds<'_>, visit: &mut dyn FnMut(BinaryRow) -> bool) -> ();
    contents_rows(snapshot: &Snapshot, component: &Component, bounds: BinaryBounds<'_>, visit: &mut dyn FnMut(ContentsRow) -> bool) -> ();
    list(filter: &ListFilter) -> Vec<Listing>;
    pool_entries(archive: ArchiveId, visit: &mut dyn FnMut(PoolEntry) -> bool) -> ();
    needed_objects(visit: &mut dyn FnMut(Sha256, u64) -> bool) -> ();
}

counted! { QueueRecords
    ancestor(suite: SuiteKey, kind: PackageKind, name: &str, architecture: &str) -> Option<Ancestor>;
    source_taken(archive: ArchiveId, name: &SourceName, version: &Version, except: Option<QueueId>) -> Option<String>;
    archive_size(archive: ArchiveId) -> u64;
    builder_of(suite: SuiteKey, name: &str) -> Option<SourceName>;
    known_file(archive: ArchiveId, file: &FileName) -> Option<Sha256>;
    queued_conflict(archive: ArchiveId, file: &FileName, given: &Sha256) -> Option<(QueueId, Sha256)>;
    changes_seen(archive: ArchiveId, sha256: &str) -> Option<QueueId>;
    enter_queue(item: &NewQueueItem) -> QueueId;
    queue_items(filter: &QueueFilter) -> Vec<QueueItem>;
    queue_detail(id: QueueId) -> Option<QueueDetail>;
    decide(id: QueueId, decision: &Decision, notices: &[NewNotice]) -> ();
    realise(id: QueueId, custom: &CustomChange, who: &str, at: Timestamp) -> usize;
}

counted! { ReviewRecords
    queued_texts(item: QueueId) -> Vec<PackageText>;
    live_text(suite: SuiteKey, kind: PackageKind, name: &str, architecture: &str) -> Option<PackageText>;
    override_packages(item: QueueId, placements: &[(usize, Placement)], note: &Note) -> ();
}

counted! { RightsRecords
    rights() -> Rights;
    grant(permission: &Permission, by: &str, at: Timestamp) -> bool;
    revoke(permission: &Permission) -> bool;
    set_team(team: &str, members: &BTreeSet<String>) -> ();
    set_package_set(set: &PackageSet) -> ();
    remove_package_set(series: SeriesId, name: &str) -> bool;
}

counted! { RunRecords
    begin_run(start: &RunStart) -> RunId;
    end_run(id: RunId, end: &RunEnd) -> ();
    runs(filter: &RunFilter) -> Vec<Run>;
    run(id: RunId) -> Option<Run>;
    set_pause(pause: Option<&Pause>) -> Option<Pause>;
    pause() -> Option<Pause>;
}

counted! { SiteRecords
    create_distribution(distribution: &NewDistribution) -> ();
    found_distribution(distribution: &NewDistribution, archive: &NewArchive) -> ArchiveId;
    create_series(distribution: &DistributionName, series: &NewSeries) -> SeriesId;
    distributions() -> Vec<Distribution>;
    create_archive(archive: &NewArchive) -> ArchiveId;
    archives() -> Vec<Archive>;
    update_distribution(distribution: &Distribution) -> ();
    update_series(series: &Series) -> ();
    update_archive(archive: &Archive) -> ();
    set_signing_keys(archive: ArchiveId, keys: &KeyNames) -> ();
    add_uploader(uploader: &NewUploader) -> ();
    remove_key(uploader: &str, fingerprint: &str) -> bool;
    set_mail(uploader: &str, mail: Option<&str>) -> ();
    uploaders() -> Vec<Uploader>;
    integrity_problems() -> Vec<String>;
}

counted! { SwitchRecords
    open_switch() -> Option<Switch>;
    begin_switch(switch: &Switch) -> ();
    finish_switch(switch: &Switch, finished: Timestamp) -> ();
    current_indexes(suite: SuiteKey) -> Vec<IndexFile>;
    retired_indexes(suite: SuiteKey, since: Timestamp, releases: u64) -> Vec<RetiredIndex>;
}

counted! { IndexRecords
    row_ids(snapshot: &Snapshot, component: &Component, rows: RowsOf<'_>) -> Vec<PublicationId>;
    row_names(ids: &[PublicationId]) -> Vec<String>;
    binary_rows_of(ids: &[PublicationId], visit: &mut dyn FnMut(BinaryRow)) -> ();
    source_rows_of(ids: &[PublicationId], visit: &mut dyn FnMut(SourceRow)) -> ();
    contents_rows_of(ids: &[PublicationId], visit: &mut dyn FnMut(ContentsRow)) -> ();
    outlines(suite: SuiteKey) -> Vec<IndexOutline>;
    all_outlines() -> Vec<IndexOutline>;
}

counted! { HealthRecords
    contradictions(limit: usize) -> Vec<Contradiction>;
    mend_counters() -> usize;
    needs_object(sha256: &Sha256) -> bool;
    object_names(sha256: &Sha256, limit: usize) -> Vec<String>;
}

impl LockRecords for FaultyRecords {
    fn database_lock(&self) -> Option<&dyn DatabaseLock> {
        self.inner.database_lock()
    }
}
