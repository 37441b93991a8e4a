//! Makes staged suites visible: the only code that does.
//!
//! Before [`go_live`] writes the journal, clients see the old suites and nothing is recorded. After it, the
//! publication goes forward: here, or in [`recover`] of the next run, by the same steps. The exchange of a suite is one
//! rename; whether it has happened is read off the InRelease (or Release, where nothing is signed) that is live, so
//! repeating a step does no harm. The suite as it was then moves aside, for readers that have begun with it: they have
//! until the suite has been exchanged once more.

use debfmt::digest::{Algorithms, Checksums};
use debfmt::names::SuiteName;

use super::{PublishError, PublishSite};
use crate::lock::PublisherLock;
use crate::model::key::{SuiteFile, TreeKey};
use crate::ports::db::{SuiteSwitch, Switch};

/// A suite that is complete and signed, and that no client sees.
#[derive(Debug)]
#[must_use = "a staged suite is invisible: hand it to go_live or discard it"]
pub(super) struct StagedSuite {
    /// Whether hooks of `sign.d` have signed it.
    pub(super) signed_by_hooks: bool,
    pub(super) switch: SuiteSwitch,
}

/// Makes all of `staged` visible, and records that they are.
pub(super) fn go_live(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
    staged: Vec<StagedSuite>,
) -> Result<(), PublishError> {
    let suites: Vec<SuiteSwitch> = staged.into_iter().map(|staged| staged.switch).collect();
    let mut roots: Vec<&str> = suites.iter().map(|suite| suite.root.as_str()).collect();
    roots.dedup();
    for root in roots {
        let synced = site.tree.sync(root);
        synced.map_err(|source| PublishError::Tree { subject: root.to_owned(), source })?;
    }
    let removable = site.now.plus(site.settings.stay_of_execution);
    let switch = Switch { at: site.now, removable, suites };
    holds(lock, "the journal")?;
    site.records.begin_switch(&switch).map_err(|source| records_failed(&switch, source))?;
    roll_forward(site, lock, &switch)
}

/// Finishes a publication that was interrupted after its journal was written. Returns its suites.
pub(super) fn recover(
    site: &PublishSite<'_>,
    lock: &PublisherLock,
) -> Result<Vec<SuiteSwitch>, PublishError> {
    let open = site.records.open_switch();
    let open = open.map_err(|source| PublishError::Records { subject: "the journal".to_owned(), source })?;
    let Some(switch) = open else { return Ok(Vec::new()) };
    holds(lock, "the journal")?;
    tracing::warn!(at = %switch.at, "finishing a publication that was interrupted");
    roll_forward(site, lock, &switch)?;
    Ok(switch.suites)
}

/// From here on nothing can be taken back.
fn holds(lock: &PublisherLock, subject: &str) -> Result<(), PublishError> {
    let lost = |source| PublishError::Lock { subject: subject.to_owned(), source: Box::new(source) };
    lock.check().map_err(lost)
}

fn roll_forward(site: &PublishSite<'_>, _lock: &PublisherLock, switch: &Switch) -> Result<(), PublishError> {
    for suite in &switch.suites {
        exchange(site, switch, suite)?;
    }
    // Before the journal is closed, so that a crash here leaves nothing behind that nobody looks for again.
    for suite in &switch.suites {
        keep_previous(site, switch, suite)?;
    }
    // Asked again: the run has taken its time, and a recovery comes whenever it comes. Clients saw the old suites until now.
    let finished = site.clock.now().max(site.now);
    site.records.finish_switch(switch, finished).map_err(|source| records_failed(switch, source))
}

fn exchange(site: &PublishSite<'_>, switch: &Switch, suite: &SuiteSwitch) -> Result<(), PublishError> {
    let name = suite.suite_name().map_err(|source| records_failed(switch, source))?;
    let failed = |source| PublishError::Tree { subject: suite.name.clone(), source };
    let is_new = |key| Ok(release_hash(site, suite, key)?.is_some_and(|hash| hash == suite.release_sha256));
    if is_new(TreeKey::Live)? {
        // A run that died after the rename may not have made it durable.
        return site.tree.sync(&suite.root).map_err(failed);
    }
    if !is_new(TreeKey::Staged)? {
        let staged = format!("{}/{}", suite.root, TreeKey::StagedSuite(name).path());
        return Err(PublishError::Unrecoverable { suite: suite.name.clone(), at: switch.at, staged });
    }
    site.tree.exchange(&suite.root, &name).map_err(failed)
}

/// SHA-256 in hex of the InRelease of a live or staged suite, or of its Release where nothing is signed; `None`: it has
/// neither.
pub(super) fn release_hash(
    site: &PublishSite<'_>,
    suite: &SuiteSwitch,
    key: fn(SuiteName, SuiteFile) -> TreeKey,
) -> Result<Option<String>, PublishError> {
    let failed = |source| PublishError::Records { subject: suite.name.clone(), source };
    let name = suite.suite_name().map_err(failed)?;
    let read = |file| {
        let read = site.tree.read(&suite.root, &key(name.clone(), file));
        read.map_err(|source| PublishError::Tree { subject: suite.name.clone(), source })
    };
    let text = read(SuiteFile::InRelease)?.map_or_else(|| read(SuiteFile::Release), |text| Ok(Some(text)))?;
    Ok(text.map(|text| sha256(&text)))
}

/// Moves what lies in the staged place aside: the suite as it was before.
fn keep_previous(site: &PublishSite<'_>, switch: &Switch, suite: &SuiteSwitch) -> Result<(), PublishError> {
    let name: SuiteName = suite.suite_name().map_err(|source| records_failed(switch, source))?;
    let kept = site.tree.keep_previous(&suite.root, &name);
    kept.map_err(|source| PublishError::Tree { subject: suite.name.clone(), source })
}

fn sha256(bytes: &[u8]) -> String {
    Checksums::of(bytes, Algorithms::SHA256).sha256.to_string()
}

fn records_failed(switch: &Switch, source: crate::ports::db::RecordsError) -> PublishError {
    let names: Vec<&str> = switch.suites.iter().map(|suite| suite.name.as_str()).collect();
    PublishError::Records { subject: names.join(", "), source }
}
