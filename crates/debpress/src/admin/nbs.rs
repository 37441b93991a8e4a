//! Binary packages that the newest source no longer builds, "NBS": nobody will build them again, and nothing newer takes
//! their place, so that they stay until somebody removes them (behaviour map 3.4).

mod clean;
mod needed;

pub use clean::{Cleaned, Cleaning, Kept, remove_nbs};

use std::collections::{BTreeMap, BTreeSet};

use debfmt::deb::DebKind;
use debfmt::deb822::{self, Paragraph};
use debfmt::limits::Limits;
use debfmt::names::Architecture;
use debfmt::version;
use serde::Serialize;

use super::chosen::ChangeError;
use super::lookup::{FoundSuite, LookupError, Names};
use super::ls::{self, Question};
use crate::model::publication::{BinaryRow, PublicationId, SourceRow};
use crate::ports::db::{BinaryBounds, Records, RecordsError, Snapshot};

/// One version of a binary package in one suite, all its architectures together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unbuilt {
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// The component.
    pub component: String,
    /// Name of the binary package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its architectures.
    pub architectures: Vec<String>,
    /// The source that it was built from.
    pub source: String,
    /// The version of that source.
    pub source_version: String,
    /// The newest version of the source in the suite, which does not build it.
    pub newest: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NbsError {
    /// A name in the question is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed.
    #[error("cannot compare binary packages with their sources")]
    Records(#[from] RecordsError),
    /// A package cannot be removed.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// The newest version of each source, and the names of what it builds.
type Sources = BTreeMap<String, (String, BTreeSet<String>)>;

/// Lists them, of what is published and not about to be gone: by archive, suite and name. `Question::name` and `history` set no bound.
///
/// Packages whose source the suite does not have at all are not among them, and debug symbols follow the package that
/// they are of.
///
/// # Errors
/// [`NbsError`].
pub fn nbs(records: &dyn Records, question: &Question<'_>) -> Result<Vec<Unbuilt>, NbsError> {
    let names = Names::read(records)?;
    let wanted = ls::suites(&names, question)?;
    let states = records.suite_states()?;
    let mut found = Vec::new();
    for archive in names.archives() {
        for suite in names.suites(archive) {
            let is_wanted = wanted.as_ref().is_none_or(|keys| keys.contains(&suite.key));
            if is_wanted && states.iter().any(|state| state.key == suite.key && state.published) {
                found.extend(of_suite(records, &archive.reference.to_string(), &suite)?);
            }
        }
    }
    Ok(found)
}

fn of_suite(records: &dyn Records, archive: &str, suite: &FoundSuite) -> Result<Vec<Unbuilt>, RecordsError> {
    let snapshot = records.snapshot(suite.key)?;
    let leaving: BTreeSet<PublicationId> = records.leaving(&snapshot)?.iter().map(|it| it.id).collect();
    let sources = sources(records, &snapshot, suite, &leaving)?;
    let all = Architecture::all();
    let architectures: Vec<Architecture> =
        std::iter::once(&all).chain(&suite.series.architectures).cloned().collect();
    let mut found: BTreeMap<(String, String, String), Unbuilt> = BTreeMap::new();
    for component in &suite.series.components {
        for kind in [DebKind::Deb, DebKind::Udeb] {
            let bounds = BinaryBounds { kind, architectures: &architectures };
            records.binary_rows(&snapshot, component, bounds, &mut |row| {
                if !leaving.contains(&row.id)
                    && let Some((mut one, architecture)) = unbuilt(&sources, &row)
                {
                    (one.archive, one.suite) = (archive.to_owned(), suite.name.clone());
                    component.as_str().clone_into(&mut one.component);
                    let key = (one.name.clone(), one.version.clone(), one.component.clone());
                    found.entry(key).or_insert(one).architectures.push(architecture);
                }
                true
            })?;
        }
    }
    Ok(found.into_values().collect())
}

fn sources(
    records: &dyn Records,
    snapshot: &Snapshot,
    suite: &FoundSuite,
    leaving: &BTreeSet<PublicationId>,
) -> Result<Sources, RecordsError> {
    let mut sources = Sources::new();
    for component in &suite.series.components {
        records.source_rows(snapshot, component, &mut |row| {
            if !leaving.contains(&row.id) {
                note(&mut sources, &row);
            }
            true
        })?;
    }
    Ok(sources)
}

fn note(sources: &mut Sources, row: &SourceRow) {
    let fields = fields(&row.stanza);
    let found = fields.get("Version").unwrap_or_default();
    let is_older = |(known, _): &(String, _)| version::compare(found, known).is_lt();
    if row.pending || sources.get(row.name.as_str()).is_some_and(is_older) {
        return;
    }
    let binaries = fields.get("Binary").unwrap_or_default().split(',').map(|name| name.trim().to_owned());
    sources.insert(row.name.to_string(), (found.to_owned(), binaries.collect()));
}

/// What the row is if its source builds it no more, without its place, and its architecture.
fn unbuilt(sources: &Sources, row: &BinaryRow) -> Option<(Unbuilt, String)> {
    let (newest, builds) = sources.get(row.source_name.as_str()).filter(|_| !row.pending)?;
    let fields = fields(&row.stanza);
    let (name, own) = (fields.get("Package")?, fields.get("Version")?);
    let in_parentheses =
        |source: &str| Some(source.split_once('(')?.1.trim_end_matches(')').trim().to_owned());
    let source_version = fields.get("Source").and_then(in_parentheses).unwrap_or_else(|| own.to_owned());
    if builds.contains(name) || version::compare(&source_version, newest).is_ge() {
        return None;
    }
    let one = Unbuilt {
        archive: String::new(),
        suite: String::new(),
        component: String::new(),
        name: name.to_owned(),
        version: own.to_owned(),
        architectures: Vec::new(),
        source: row.source_name.to_string(),
        source_version,
        newest: newest.clone(),
    };
    Some((one, fields.get("Architecture")?.to_owned()))
}

/// A stanza that was written by this program; what is recorded is well formed.
fn fields(stanza: &str) -> Paragraph {
    deb822::parse_single(stanza.as_bytes(), &Limits::index()).unwrap_or_default()
}
