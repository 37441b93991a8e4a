//! What `debpress.toml` declares becomes what the records say.
//!
//! ```text
//! decide   declared and recorded: a list of steps, or everything that is wrong; pure
//! rehearse what only the site can tell: what clients would see of a series that closes, whether a key signs
//! (ask)    people see the steps before anything is done
//! act      each step by the use case that a person would call, under the publisher lock
//! ```
//! What is recorded and not declared is left alone, and told. Steps that are done need not be done again: the same
//! declaration a second time has none.

mod decide;
mod places;
mod series;

use std::path::Path;

use debfmt::names::{DistributionName, SeriesName};
use serde::Serialize;

use super::archive::{self, ArchiveChange, ArchiveError, ArchiveRequest};
use super::distribution::{self, DistributionError};
use super::grow::{self, DistributionRequest, GrowError, SeriesRequest};
use super::key::{self, KeyAdminError};
use super::lookup::{LookupError, Names};
use super::series::{self as one_series, SeriesChange, SeriesChoice, SeriesError};
use crate::lock::PublisherLock;
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::signing::KeyNames;
use crate::model::suite::{Series, SeriesStatus};
use crate::ports::db::{Records, RecordsError};
use crate::ports::signer::Signers;
use crate::ports::tree::Tree;

pub use decide::{Declared, decide};

/// What is to be done, and what is not.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The steps, in the order in which they are done.
    pub steps: Vec<Step>,
    /// How many declared things are as they are declared.
    pub unchanged: usize,
    /// What is recorded and not declared.
    pub undeclared: Vec<String>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// What people see of it.
    pub shown: ShownStep,
    action: Action,
}

/// One step for people and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownStep {
    /// What it makes or changes: `series debian/noble`.
    pub subject: String,
    /// Whether it is made.
    pub created: bool,
    /// What is set.
    pub fields: Vec<Field>,
}

/// One value that a step sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is; `None`: there is none yet.
    pub before: Option<String>,
    /// What it will be; empty: none.
    pub after: String,
}

#[derive(Clone, Debug)]
enum Action {
    CreateDistribution(DistributionRequest),
    RedirectUploads(DistributionName, bool),
    CreateSeries(DistributionName, SeriesRequest),
    ChangeSeries(DistributionName, SeriesName, SeriesChange),
    SetStatus(DistributionName, SeriesName, SeriesStatus),
    CreateArchive(ArchiveRequest),
    ChangeArchive(ArchiveRef, ArchiveChange),
    AssignKeys(ArchiveRef, KeyNames),
}

impl Plan {
    /// The steps for people.
    pub fn shown(&self) -> Vec<ShownStep> {
        self.steps.iter().map(|step| step.shown.clone()).collect()
    }

    /// Whether a step needs the signing keys.
    pub fn needs_keys(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::AssignKeys(..)))
    }
}

/// What apply works with.
#[derive(Clone, Copy)]
pub struct ApplySite<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The published trees.
    pub tree: &'a dyn Tree,
    /// The directory of the site.
    pub directory: &'a Path,
    /// Who signs which archive; needed where [`Plan::needs_keys`].
    pub signers: Option<&'a dyn Signers>,
}

/// Why nothing is done, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The declaration cannot be carried out.
    #[error("what is declared cannot be; nothing was changed:\n{}", .problems.join("\n"))]
    Declared {
        /// Each problem, as a sentence.
        problems: Vec<String>,
    },
    /// A step would be refused.
    #[error("{subject} cannot be as it is declared; nothing was changed")]
    Refused {
        /// What it is about.
        subject: String,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// A step failed.
    #[error("stopped at {subject}; done before that: {}; when the cause is mended, `debpress apply` does the rest", super::lookup::list(.done))]
    Stopped {
        /// What was to be made or changed.
        subject: String,
        /// What was made and changed before.
        done: Vec<String>,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// Somebody else has changed the records since people saw the steps.
    #[error("the records have changed meanwhile, and nothing was done: look at the steps again")]
    Overtaken,
    /// The records cannot be read.
    #[error("cannot read what the site has")]
    Lookup(#[from] LookupError),
}

/// What the use case of a step says.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// Of a distribution or series that is made.
    #[error(transparent)]
    Grow(#[from] GrowError),
    /// Of a distribution.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// Of a series.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// Of an archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Of its keys.
    #[error(transparent)]
    Key(#[from] KeyAdminError),
    /// The records failed.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The keys of the site were not read.
    #[error("the signing keys of the site cannot be used")]
    NoKeys,
}

/// What would be done, after everything was looked at that can be refused. Changes nothing.
///
/// # Errors
/// [`ApplyError`].
pub fn look(site: &ApplySite<'_>, declared: &Declared<'_>) -> Result<Plan, ApplyError> {
    let names = Names::read(site.records)?;
    let lives = |archive: &&Archive| archive.deletion.is_none() || archive.is_being_deleted();
    let archives: Vec<Archive> = names.archives().iter().filter(lives).cloned().collect();
    let plan = decide(declared, names.distributions(), &archives);
    let plan = plan.map_err(|problems| ApplyError::Declared { problems })?;
    rehearse(site, &names, &plan)?;
    Ok(plan)
}

/// Does the steps that people have seen.
///
/// # Errors
/// [`ApplyError`]; only with [`ApplyError::Stopped`] something was done.
pub fn apply(
    site: &ApplySite<'_>,
    lock: &PublisherLock,
    declared: &Declared<'_>,
    seen: &[ShownStep],
) -> Result<Plan, ApplyError> {
    let plan = look(site, declared)?;
    if plan.shown() != seen {
        return Err(ApplyError::Overtaken);
    }
    let mut done: Vec<String> = Vec::new();
    for step in &plan.steps {
        let subject = step.shown.subject.clone();
        if let Err(source) = act(site, lock, &step.action) {
            let source = Box::new(source);
            return Err(ApplyError::Stopped { subject, done, source });
        }
        if !done.contains(&subject) {
            done.push(subject);
        }
    }
    Ok(plan)
}

/// Asks what only the site knows.
fn rehearse(site: &ApplySite<'_>, names: &Names, plan: &Plan) -> Result<(), ApplyError> {
    for step in &plan.steps {
        let refused = |source: StepError| ApplyError::Refused {
            subject: step.shown.subject.clone(),
            source: Box::new(source),
        };
        match &step.action {
            Action::SetStatus(distribution, name, status) => {
                // A series that is not there yet has nothing published.
                let Ok(before) = names.series(Some(distribution), name) else { continue };
                let after = Series { status: *status, ..before.clone() };
                let may = one_series::may_become(site.records, site.tree, names, before, &after);
                may.map_err(|source| refused(source.into()))?;
            }
            Action::AssignKeys(reference, keys) => {
                let known = names.archives().iter().find(|archive| archive.reference == *reference);
                let Some(archive) = known else { continue };
                let wanted = Archive { signing_keys: keys.clone(), ..archive.clone() };
                // Without them the plan is only shown.
                if let Some(signers) = site.signers {
                    let unusable = |source| KeyAdminError::Unusable { keys: keys.to_string(), source };
                    signers.of(&wanted).map_err(|source| refused(unusable(source).into()))?;
                }
            }
            Action::CreateDistribution(_)
            | Action::RedirectUploads(..)
            | Action::CreateSeries(..)
            | Action::ChangeSeries(..)
            | Action::CreateArchive(_)
            | Action::ChangeArchive(..) => {}
        }
    }
    Ok(())
}

fn act(site: &ApplySite<'_>, lock: &PublisherLock, action: &Action) -> Result<(), StepError> {
    let (records, directory) = (site.records, site.directory);
    match action {
        Action::CreateDistribution(new) => drop(grow::create_distribution(records, directory, new)?),
        Action::RedirectUploads(name, redirect) => {
            drop(distribution::redirect_uploads(records, name, *redirect)?);
        }
        Action::CreateSeries(distribution, new) => {
            drop(grow::create_series(records, Some(distribution), new)?);
        }
        Action::ChangeSeries(distribution, name, change) => {
            let choice = SeriesChoice { distribution: Some(distribution), name };
            drop(one_series::change(records, choice, change)?);
        }
        Action::SetStatus(distribution, name, status) => {
            let choice = SeriesChoice { distribution: Some(distribution), name };
            drop(one_series::set_status(records, site.tree, lock, choice, *status)?);
        }
        Action::CreateArchive(new) => drop(archive::create(records, directory, new)?),
        Action::ChangeArchive(reference, change) => {
            drop(archive::change(records, directory, reference, change)?);
        }
        Action::AssignKeys(reference, keys) => {
            let signers = site.signers.ok_or(StepError::NoKeys)?;
            drop(key::assign(records, signers, reference, keys)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
