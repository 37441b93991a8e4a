//! Removing what no source builds any more, where nothing needs it.

use std::collections::BTreeMap;

use debfmt::names::{Architecture, SuiteName};
use serde::Serialize;

use super::needed::{Members, Place};
use super::{NbsError, Unbuilt, nbs};
use crate::admin::chosen::{ChangeError, Wanted};
use crate::admin::lookup::Names;
use crate::admin::ls::Question;
use crate::admin::remove::remove;
use crate::model::archive::Archive;
use crate::model::queue::Note;
use crate::model::suite::Series;
use crate::ports::db::Records;
use crate::queue::{Actor, Only};

/// How to remove.
#[derive(Clone, Debug)]
pub struct Cleaning {
    /// Who wants it, when and why.
    pub note: Note,
    /// Also what other packages need.
    pub force: bool,
    /// Say what would be removed, and change nothing.
    pub dry_run: bool,
}

/// What became of packages that no source builds any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Whether nothing was recorded.
    pub dry_run: bool,
    /// What the next publication leaves out.
    pub removed: Vec<Unbuilt>,
    /// What stays.
    pub kept: Vec<Kept>,
}

/// A package that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Which.
    #[serde(flatten)]
    pub package: Unbuilt,
    /// Why, each a sentence.
    pub why: Vec<String>,
}

/// Removes what [`nbs`] finds, but what a package or source of the same series and archive needs that stays itself, and what is
/// in a suite that may not change.
///
/// # Errors
/// [`NbsError`]. Each package is removed by itself; what was recorded before an error is.
pub fn remove_nbs(
    records: &dyn Records,
    actor: &Actor,
    question: &Question<'_>,
    cleaning: &Cleaning,
) -> Result<Cleaned, NbsError> {
    let found = nbs(records, question)?;
    let names = Names::read(records)?;
    let mut cleaned = Cleaned { dry_run: cleaning.dry_run, ..Cleaned::default() };
    for archive in names.archives() {
        let own = |one: &&Unbuilt| one.archive == archive.reference.to_string();
        let of_archive: Vec<&Unbuilt> = found.iter().filter(own).collect();
        let distribution = names.distribution_of(&archive.reference);
        for series in distribution.map(|it| it.series.as_slice()).unwrap_or_default() {
            let work = OfSeries { records, names: &names, archive, series };
            work.clean(actor, &of_archive, cleaning, &mut cleaned)?;
        }
    }
    Ok(cleaned)
}

/// One series in one archive.
struct OfSeries<'a> {
    records: &'a dyn Records,
    names: &'a Names,
    archive: &'a Archive,
    series: &'a Series,
}

impl OfSeries<'_> {
    fn clean(
        &self,
        actor: &Actor,
        found: &[&Unbuilt],
        cleaning: &Cleaning,
        cleaned: &mut Cleaned,
    ) -> Result<(), NbsError> {
        let all = self.names.suites(self.archive);
        let suites: Vec<_> = all.into_iter().filter(|suite| suite.key.series == self.series.id).collect();
        let in_series = |one: &&&Unbuilt| suites.iter().any(|suite| suite.name == one.suite);
        let found: Vec<&Unbuilt> = found.iter().filter(in_series).copied().collect();
        if found.is_empty() {
            return Ok(());
        }
        let mut needed = BTreeMap::new();
        if !cleaning.force {
            let mut members = Members::default();
            for suite in &suites {
                members.read(self.records, suite)?;
            }
            needed = members.needed(&found.iter().map(|one| place(one)).collect());
        }
        for one in found {
            let why = match needed.get(&place(one)) {
                Some(who) => Some(who.iter().map(|who| format!("{who} needs it")).collect()),
                None => self.remove_one(actor, one, cleaning)?.map(|why| vec![why]),
            };
            match why {
                Some(why) => cleaned.kept.push(Kept { package: one.clone(), why }),
                None => cleaned.removed.push(one.clone()),
            }
        }
        Ok(())
    }

    /// Removes one; returns why it stays.
    fn remove_one(
        &self,
        actor: &Actor,
        one: &Unbuilt,
        cleaning: &Cleaning,
    ) -> Result<Option<String>, NbsError> {
        let parsed = |architecture: &String| Architecture::parse(architecture).ok();
        let architectures: Vec<Architecture> = one.architectures.iter().filter_map(parsed).collect();
        let Ok(suite) = SuiteName::parse(&one.suite) else { return Ok(Some("its suite has no name".into())) };
        let wanted = Wanted {
            names: std::slice::from_ref(&one.name),
            suite: &suite,
            archive: Some(&self.archive.reference),
            version: Some(&one.version),
            architectures: &architectures,
            only: Some(Only::Binaries),
        };
        match remove(self.records, actor, &wanted, &cleaning.note, cleaning.dry_run) {
            Ok(_) => Ok(None),
            Err(error @ (ChangeError::Closed { .. } | ChangeError::NoPackage { .. })) => {
                Ok(Some(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn place(one: &Unbuilt) -> Place {
    (one.suite.clone(), one.name.clone(), one.version.clone())
}
