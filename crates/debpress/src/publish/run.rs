//! One run of the publisher: the order of the steps.

use std::collections::BTreeSet;

use debfmt::limits::Limits;
use debfmt::release::Release;

use super::custom::CustomPlan;
use super::decide::{Decided, decide};
use super::guard::{Entries, alarms};
use super::indexes::Written;
use super::plan::SuitePlan;
use super::switch::{StagedSuite, go_live};
use super::target::{Chosen, Group, Target, choose};
use super::{
    FailedArchive, PublishError, PublishReport, PublishSite, Selection, SuiteReport, aliases, contributed,
    custom, deletion, expiry, extras, hooks, indexes, interrupted, lists, pdiffs, pool, release, retention,
    waits,
};
use crate::lock::PublisherLock;
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::suite::SuiteKey;
use crate::ports::db::{Snapshot, SuiteSwitch};

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
    let mut report = PublishReport::default();
    interrupted::finish(site, lock, &mut report)?;
    report.warnings.extend(contributed::collect(site, lock, selection)?);
    let chosen = choose_suites(site, selection, &BTreeSet::new())?;
    deletion::finish_all(site, lock, &chosen.archives, &mut report);
    report.unchanged = chosen.unchanged;
    report.warnings.extend(chosen.warnings);
    let mut published = Vec::new();
    for group in &chosen.groups {
        if let Err(error) = site.go_on(&group.reference) {
            report.failed.push(FailedArchive::new(&group.reference, error));
            break;
        }
        match publish_archive(site, lock, selection, group, &mut report) {
            Ok(true) => published.push(group),
            Ok(false) => {}
            Err(error) => {
                let mut failed = FailedArchive::new(&group.reference, error);
                let before = report.recovered.len();
                // What it had begun goes forward before another one may begin.
                interrupted::finish(site, lock, &mut report)?;
                failed.finished = report.recovered.len() > before;
                report.failed.push(failed);
            }
        }
    }
    aliases::update(site, lock, selection, &chosen.archives, &mut report)?;
    for group in &published {
        lists::write(site, lock, group, &mut report);
    }
    hooks::after(site, lock, &published, &chosen.archives, &mut report);
    Ok(report)
}

/// What a selection means now. Suites that are `contributed` to have a change that is not recorded.
pub(super) fn choose_suites(
    site: &PublishSite<'_>,
    selection: &Selection,
    contributed: &BTreeSet<SuiteKey>,
) -> Result<Chosen, PublishError> {
    let failed = |source| PublishError::Records { subject: "the chosen suites".to_owned(), source };
    let states = site.records.suite_states().map_err(failed)?;
    let archives = site.records.archives().map_err(failed)?;
    let distributions = site.records.distributions().map_err(failed)?;
    let (expiring, unreadable) = expiry::expiring(site, selection, (&archives, &distributions), &states)?;
    let (extra, untold) = extras::changed(site, selection, (&archives, &distributions), &states);
    let mut dirty = selection.clone();
    dirty.dirty.extend(&extra);
    let chosen = choose(&dirty, (&archives, &distributions), &states, (&expiring, contributed))?;
    let warnings = [chosen.warnings, unreadable, untold].concat();
    Ok(Chosen { archives, warnings, extra, ..chosen })
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
        if is_small(site, target)? {
            report.unchanged += 1;
            continue;
        }
        let name = format!("prepare {}", target.label());
        let ready = site.timed(&mut report.phases, name, || stage(site, lock, selection, target));
        let Some((suite, suite_report, warnings)) = ready? else {
            report.unchanged += usize::from(target.idle);
            continue;
        };
        staged.push(suite);
        done.push(suite_report);
        let new = warnings.into_iter().filter(|warning| !report.warnings.contains(warning));
        report.warnings.extend(new.collect::<Vec<_>>());
    }
    if !staged.is_empty() {
        let name = format!("hooks of {}", group.reference);
        let looked = site.timed(&mut report.phases, name, || hooks::before(site, lock, group, &mut staged));
        report.warnings.extend(looked?);
        release::name_by_hash(site, lock, group, &mut staged)?;
        // The last moment: once the journal is written it goes forward.
        site.go_on(&group.reference)?;
        let name = format!("switch {}", group.reference);
        site.timed(&mut report.phases, name, || go_live(site, lock, staged))?;
    }
    let any = !done.is_empty();
    report.suites.extend(done);
    Ok(any)
}

/// A suite that is ready, what happened to it, and what an administrator should know.
pub(super) type Staged = (StagedSuite, SuiteReport, Vec<String>);

/// Prepares one suite up to the point where only the switch is missing; `None`: indexes are left out, and so it is not
/// switched.
pub(super) fn stage(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    selection: &Selection,
    target: &Target,
) -> Result<Option<Staged>, PublishError> {
    tracing::info!(suite = %target.name, archive = %target.archive.reference, "preparing");
    site.go_on(&target.label())?;
    let Decided { mut plan, snapshot, .. } = decide(site, selection, target)?;
    let entries = check_guards(site, selection, target, (&snapshot, &plan))?;
    let custom = custom::read(site, target)?;
    pool::place(site, lock, target, &snapshot, &plan)?;
    if selection.careful.publishing {
        pool::verify(site, lock, target)?;
    }
    if selection.skip.indexes {
        return Ok(None);
    }
    let Filled { written, contributed, mut warnings } =
        fill(site, lock, target, (&snapshot, &plan, &custom), selection)?;
    if stays(site, target, (&plan, &custom), &written)? {
        return Ok(None);
    }
    let release = release::write(site, lock, target, &written)?;
    warnings.extend(release.warnings.into_iter().chain(release.unsigned.as_deref().map(unsigned)));
    warnings.extend(waits::told(&target.label(), &plan.waits));
    warnings.append(&mut plan.extras.warnings);
    let report = SuiteReport {
        archive: target.archive.reference.to_string(),
        suite: target.name.to_string(),
        published: plan.publish.len(),
        superseded: plan.supersede.len(),
        deleted: plan.delete.len(),
        custom: custom.enter.len(),
        contributed,
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
        delete: plan.delete,
        custom_enter: custom.enter,
        custom_leave: custom.leave,
        files: written.files,
        outlines: written.outlines,
        // What was left out is still to be done: the suite stays changed.
        changes: if selection.skip.publishing || selection.skip.domination { 0 } else { snapshot.changes },
        entries: entries.after,
        extra: plan.extras.digest.map(|digest| digest.to_string()),
    };
    Ok(Some((StagedSuite { switch, signed_by_hooks: release.by_hooks }, report, warnings)))
}

/// Whether a suite without a change has no index that could be smaller: each is one segment.
fn is_small(site: &PublishSite<'_>, target: &Target) -> Result<bool, PublishError> {
    let outlines = || site.records.outlines(target.key);
    let failed = |source| PublishError::Records { subject: target.label(), source };
    Ok(target.idle && outlines().map_err(failed)?.is_empty())
}

/// Whether a suite without a change has the very indexes that clients see; it is staged no more then.
fn stays(
    site: &PublishSite<'_>,
    target: &Target,
    (plan, custom): (&SuitePlan, &CustomPlan),
    written: &Written,
) -> Result<bool, PublishError> {
    let failed = |source| PublishError::Records { subject: target.label(), source };
    let changes = [plan.publish.len(), plan.supersede.len(), plan.delete.len()];
    if !target.idle || changes != [0; 3] || !custom.enter.is_empty() || !custom.leave.is_empty() {
        return Ok(false);
    }
    let current = site.records.current_indexes(target.key).map_err(failed)?;
    if !written.files.iter().all(|file| current.contains(file)) {
        return Ok(false);
    }
    let discarded = site.tree.discard(&target.root, &target.name);
    discarded.map(|()| true).map_err(|source| PublishError::Tree { subject: target.label(), source })
}

/// Stops before anything is done, if the publication would change what is hardly meant to change.
pub(super) fn check_guards(
    site: &PublishSite<'_>,
    selection: &Selection,
    target: &Target,
    (snapshot, plan): (&Snapshot, &SuitePlan),
) -> Result<Entries, PublishError> {
    let entries = records_entries(site, target, snapshot, plan)?;
    guard(site, selection, target, entries)?;
    Ok(entries)
}

/// What lies in a staged suite.
struct Filled {
    written: Written,
    /// How many files of other programs there are.
    contributed: usize,
    warnings: Vec<String>,
}

/// Fills the staged directory of a suite with all that Release lists, and with what stays of earlier Releases, unless
/// those are left out.
fn fill(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    target: &Target,
    (snapshot, plan, custom): (&Snapshot, &SuitePlan, &CustomPlan),
    selection: &Selection,
) -> Result<Filled, PublishError> {
    let staged = site.tree.stage(&target.root, &target.name);
    staged.map_err(|source| PublishError::Tree { subject: target.label(), source })?;
    let mut written = indexes::write(site, lock, target, (snapshot, plan), selection.repack)?;
    let earlier = if selection.skip.retired { Vec::new() } else { retention::earlier(site, target)? };
    let mut warnings = custom::stage(site, lock, target, custom, &mut written)?;
    let (contributed, told) = contributed::place(site, lock, target, &mut written)?;
    warnings.extend(told);
    indexes::write_small(site, lock, target, &mut written)?;
    pdiffs::write(site, lock, target, (plan, &earlier), &mut written)?;
    retention::carry(site, lock, target, &earlier)?;
    Ok(Filled { written, contributed, warnings })
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

/// Compares with what clients see now.
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

/// The warning that a suite is not signed.
fn unsigned(why: &str) -> String {
    format!("{why}: Release files are published unsigned, and clients must be told to trust them")
}
