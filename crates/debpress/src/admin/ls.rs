//! What is where: publications as people ask for them.

use std::collections::BTreeMap;

use debfmt::names::SuiteName;
use serde::Serialize;

use super::lookup::{LookupError, Names};
use crate::model::archive::ArchiveRef;
use crate::model::publication::{Listing, PublicationStatus};
use crate::model::suite::SuiteKey;
use crate::ports::db::{ListFilter, Records, RecordsError};

/// What is asked for; `None` or empty sets no bound.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// A package name, source or binary; `*` stands for any characters.
    pub name: Option<&'a str>,
    /// Suites.
    pub suites: &'a [SuiteName],
    /// The archive.
    pub archive: Option<&'a ArchiveRef>,
    /// Also what was superseded and deleted.
    pub history: bool,
}

/// One version of a package in one suite, all its architectures together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Name of the source or binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// The component.
    pub component: String,
    /// The status.
    pub status: PublicationStatus,
    /// When the first of its records was made, RFC 3339.
    pub since: String,
    /// `source`, `all`, then machine architectures.
    pub architectures: Vec<String>,
    /// How many of a hundred machines take it as an update, where that is not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<u8>,
    /// Who wanted it to be gone; while it is live, the next publication leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
}

/// Who wanted a package to be gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Removal {
    /// Who.
    pub who: String,
    /// When, RFC 3339.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum LsError {
    /// A name in the question is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed.
    #[error("cannot list packages")]
    Records(#[from] RecordsError),
}

/// Answers a question: by name, archive, suite (the oldest series first), version and status.
///
/// # Errors
/// [`LsError`].
pub fn ls(records: &dyn Records, question: &Question<'_>) -> Result<Vec<Entry>, LsError> {
    let names = Names::read(records)?;
    let suites = suites(&names, question)?;
    let filter = ListFilter {
        name: question.name.map(str::to_owned),
        suites: suites.unwrap_or_default(),
        history: question.history,
    };
    Ok(group(&names, records.list(&filter)?))
}

/// The suites that are meant; `None`: all of the site.
pub(super) fn suites(names: &Names, question: &Question<'_>) -> Result<Option<Vec<SuiteKey>>, LookupError> {
    let archives = match question.archive {
        Some(reference) => vec![names.archive(Some(reference))?],
        None if question.suites.is_empty() => return Ok(None),
        None => names.archives().iter().collect(),
    };
    if question.suites.is_empty() {
        return Ok(Some(
            archives.iter().flat_map(|archive| names.suites(archive)).map(|suite| suite.key).collect(),
        ));
    }
    let mut keys = Vec::new();
    for name in question.suites {
        let found: Vec<_> = archives.iter().map(|archive| names.suite(archive, name)).collect();
        // Archives of several distributions have different suites; a name that none of them has is a mistake.
        if found.iter().all(Result::is_err)
            && let Some(Err(error)) = found.into_iter().next()
        {
            return Err(error);
        }
        keys.extend(archives.iter().filter_map(|archive| names.suite(archive, name).ok()).map(|s| s.key));
    }
    Ok(Some(keys))
}

fn group(names: &Names, listings: Vec<Listing>) -> Vec<Entry> {
    let mut groups: BTreeMap<_, (Vec<String>, i64)> = BTreeMap::new();
    for listing in listings {
        let removal = listing.removal.map(|(at, words)| Removal {
            who: words.who,
            at: at.to_string(),
            reason: words.reason,
        });
        let kind = (listing.status, listing.phase, removal);
        let key = (listing.name, listing.suite, listing.version, kind, listing.component);
        let (architectures, since) = groups.entry(key).or_insert((Vec::new(), listing.created.seconds()));
        *since = (*since).min(listing.created.seconds());
        if !architectures.contains(&listing.architecture) {
            architectures.push(listing.architecture);
        }
    }
    let mut entries: Vec<(SuiteKey, Entry)> = groups
        .into_iter()
        .map(|((name, suite, version, kind, component), (mut architectures, since))| {
            let (status, phase, removal) = kind;
            architectures.sort_by(|a, b| (rank(a), a).cmp(&(rank(b), b)));
            let entry = Entry {
                name,
                version,
                archive: names.archive_name(suite),
                suite: names.suite_name(suite),
                component,
                status,
                since: crate::model::time::Timestamp(since).to_string(),
                architectures,
                phase,
                removal,
            };
            (suite, entry)
        })
        .collect();
    entries.sort_by(|(a_suite, a), (b_suite, b)| {
        let order = a.name.cmp(&b.name).then_with(|| a_suite.cmp(b_suite));
        order.then_with(|| debfmt::version::compare(&a.version, &b.version))
    });
    entries.into_iter().map(|(_, entry)| entry).collect()
}

fn rank(architecture: &str) -> u8 {
    match architecture {
        "source" => 0,
        "all" => 1,
        _ => 2,
    }
}
