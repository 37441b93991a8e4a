//! One run of the publisher: the order of the steps.

use debfmt::limits::Limits;
use debfmt::release::Release;

use super::guard::{Entries, alarms};
use super::plan::{SuitePlan, plan, sources_of_losers};
use super::switch::{StagedSuite, go_live, recover};
use super::target::{Chosen, Group, Target, choose};
use super::{
    FailedArchive, PublishError, PublishReport, PublishSite, Selection, SuiteReport, aliases, custom,
    deletion, expiry, hooks, indexes, pool, release,
};
use crate::lock::PublisherLock;
use crate::model::custom::is_sums;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::publishing::ByHash;
use crate::ports::db::{RecordsError, Snapshot, SuiteSwitch};

/// Publishes every chosen suite that has changed. Those of one archive become visible together, after the last is ready.
/// An archive that fails is in the report, and keeps none of the others.
///
/// # Errors
/// [`PublishError`] when nothing could be begun, or when a publication that was interrupted cannot be finished: no other
/// one can begin before. Before the switch an archive is as it was; a failure during it is finished by the next run.
pub fn publish_distro(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
) -> Result<PublishReport, PublishError> {
    let mut report = PublishReport { recovered: recover(site, lock)?, ..PublishReport::default() };
    let chosen = choose_suites(site, selection)?;
    deletion::finish_all(site, lock, &chosen.archives, &mut report);
    report.unchanged = chosen.unchanged;
    report.warnings.extend(chosen.warnings);
    let mut published = Vec::new();
    for group in &chosen.groups {
        match publish_archive(site, lock, selection, group, &mut report) {
            Ok(true) => published.push(group),
            Ok(false) => {}
            Err(error) => {
                report.failed.push(FailedArchive { archive: group.reference.clone(), error });
                // What it had begun goes forward before another one may begin.
                report.recovered.extend(recover(site, lock)?);
            }
        }
    }
    aliases::update(site, lock, selection, &chosen.archives, &mut report)?;
    hooks::after(site, lock, &published, &chosen.archives, &mut report);
    Ok(report)
}

pub(super) fn choose_suites(site: &PublishSite<'_>, selection: &Selection) -> Result<Chosen, PublishError> {
    let failed = |source| PublishError::Records { subject: "the chosen suites".to_owned(), source };
    let states = site.records.suite_states().map_err(failed)?;
    let archives = site.records.archives().map_err(failed)?;
    let distributions = site.records.distributions().map_err(failed)?;
    let (expiring, unreadable) = expiry::expiring(site, selection, (&archives, &distributions), &states)?;
    let chosen = choose(selection, (&archives, &distributions), &states, &expiring)?;
    let warnings = [chosen.warnings, unreadable].concat();
    Ok(Chosen { archives, warnings, ..chosen })
}

/// Publishes suites of one archive; returns whether anything became visible.
fn publish_archive(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
    group: &Group,
    report: &mut PublishReport,
) -> Result<bool, PublishError> {
    let (mut staged, mut done) = (Vec::new(), Vec::new());
    for target in &group.targets {
        let name = format!("prepare {}", target.label());
        let ready = site.timed(&mut report.phases, name, || stage(site, lock, selection, target));
        if let Some((suite, suite_report, warnings)) = ready? {
            staged.push(suite);
            done.push(suite_report);
            let new = warnings.into_iter().filter(|warning| !report.warnings.contains(warning));
            report.warnings.extend(new.collect::<Vec<_>>());
        }
    }
    if !staged.is_empty() {
        let name = format!("hooks of {}", group.reference);
        let looked = site.timed(&mut report.phases, name, || hooks::before(site, lock, group, &mut staged));
        report.warnings.extend(looked?);
        let name = format!("switch {}", group.reference);
        site.timed(&mut report.phases, name, || go_live(site, lock, staged))?;
    }
    let any = !done.is_empty();
    report.suites.extend(done);
    Ok(any)
}

/// A suite that is ready, what happened to it, and what an administrator should know.
type Staged = (StagedSuite, SuiteReport, Vec<String>);

/// Prepares one suite up to the point where only the switch is missing; `None`: indexes are left out, and so it is not
/// switched.
fn stage(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
    target: &Target,
) -> Result<Option<Staged>, PublishError> {
    tracing::info!(suite = %target.name, archive = %target.archive.reference, "preparing");
    let records_failed = |source| PublishError::Records { subject: target.label(), source };
    let snapshot = site.records.snapshot(target.key).map_err(records_failed)?;
    let contested = site.records.contested(&snapshot).map_err(records_failed)?;
    let losing = sources_of_losers(&target.series, &contested);
    let kin = site.records.built_from(&snapshot, &losing).map_err(records_failed)?;
    let special = site.records.special_kinds(&snapshot).map_err(records_failed)?;
    let plan = plan(&target.series, &contested, &kin, &special, selection.skip);
    let entries = records_entries(site, target, &snapshot, &plan)?;
    guard(site, selection, target, entries)?;
    let custom = custom::read(site, target)?;
    pool::place(site, lock, target, &snapshot, &plan)?;
    if selection.careful.publishing {
        pool::verify(site, lock, target)?;
    }
    if selection.skip.indexes {
        return Ok(None);
    }
    let staged = site.tree.stage(&target.root, &target.name);
    staged.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
    let mut written = indexes::write(site, lock, target, &snapshot, &plan)?;
    keep_retired_indexes(site, target)?;
    let mut warnings = custom::stage(site, lock, target, &custom, &mut written)?;
    indexes::write_small(site, lock, target, &mut written)?;
    let release = release::write(site, lock, target, &written)?;
    warnings.extend(release.unsigned.as_deref().map(unsigned));
    let report = SuiteReport {
        archive: target.archive.reference.to_string(),
        suite: target.name.to_string(),
        published: plan.publish.len(),
        superseded: plan.supersede.len(),
        custom: custom.enter.len(),
        index_files: written.files.len(),
        index_bytes: written.files.iter().map(|file| file.size).sum(),
        signed_by: release.signed_by,
    };
    let switch = SuiteSwitch {
        suite: target.key,
        root: target.root.clone(),
        name: target.name.to_string(),
        release_sha256: release.sha256,
        publish: plan.publish,
        supersede: plan.supersede,
        custom_enter: custom.enter,
        custom_leave: custom.leave,
        files: written.files,
        // What was left out is still to be done: the suite stays changed.
        changes: if selection.skip.publishing || selection.skip.domination { 0 } else { snapshot.changes },
        entries: entries.after,
    };
    Ok(Some((StagedSuite { switch }, report, warnings)))
}

/// How many packages the suite shows, and would show.
fn records_entries(
    site: &PublishSite<'_>,
    target: &Target,
    snapshot: &Snapshot,
    plan: &SuitePlan,
) -> Result<Entries, PublishError> {
    let records_failed = |source| PublishError::Records { subject: target.label(), source };
    let live = site.records.live_count(snapshot).map_err(records_failed)?;
    let hidden = u64::try_from(plan.hidden.len()).unwrap_or(u64::MAX);
    let (after, share) = (live.saturating_sub(hidden), site.settings.removal_guard);
    Ok(Entries { before: target.entries, after, share })
}

/// Stops before anything is done, if the publication would change what is hardly meant to change.
fn guard(
    site: &PublishSite<'_>,
    selection: &Selection,
    target: &Target,
    entries: Entries,
) -> Result<(), PublishError> {
    let live = TreeKey::Live(target.name.clone(), SuiteFile::Release);
    let text = site.tree.read(&target.root, &live);
    let text = text.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
    // One that is not there, or that nobody can read, has nothing to keep.
    let live = text.and_then(|text| Release::parse(&text, &Limits::index()).ok());
    let Some(live) = live else { return Ok(()) };
    match alarms(&live, target, site.now, entries, &selection.allow) {
        alarms if alarms.is_empty() => Ok(()),
        alarms => Err(PublishError::Guarded { subject: target.label(), alarms }),
    }
}

/// Carries over, by hash, the index files that clients with an earlier Release may still ask for: those of the
/// Release that is live now, and older ones within the retention time.
fn keep_retired_indexes(site: &PublishSite<'_>, target: &Target) -> Result<(), PublishError> {
    let records_failed = |source: RecordsError| PublishError::Records { subject: target.label(), source };
    let since = site.now.plus(-site.settings.by_hash_retention);
    let mut files = site.records.current_indexes(target.key).map_err(records_failed)?;
    files.extend(site.records.retired_indexes(target.key, since).map_err(records_failed)?);
    // Custom files are placed anew, by their own names.
    for file in files.into_iter().filter(|file| !is_sums(&file.path)) {
        let corrupt = |what| records_failed(RecordsError::Corrupt { what, value: file.path.clone() });
        let (index, _) = IndexName::of_path(&file.path).ok_or_else(|| corrupt("the path of an index"))?;
        let sha256 = debfmt::digest::Sha256::from_hex(&file.sha256).map_err(|_| corrupt("a hash"))?;
        let by_hash = SuiteFile::ByHash(index, sha256);
        let from = TreeKey::Live(target.name.clone(), by_hash.clone());
        let to = TreeKey::Staged(target.name.clone(), by_hash);
        let linked = site.tree.link(&target.root, &from, &to);
        // One that is gone was removed by somebody else; it cannot be brought back, and nothing current needs it.
        let linked = linked.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
        // Where nothing is published by hash there is nothing to miss.
        if !linked && target.series.options.by_hash != ByHash::No {
            tracing::warn!(file = %from.path(), "an earlier index is missing");
        }
    }
    Ok(())
}

/// The warning that a suite is not signed.
fn unsigned(why: &str) -> String {
    let warning =
        format!("{why}: Release files are published unsigned, and clients must be told to trust them");
    tracing::warn!("{warning}");
    warning
}
