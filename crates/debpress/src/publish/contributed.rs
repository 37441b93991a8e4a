//! Files that other programs contribute to suites: catalogues of software, lists of commands, and the like (behaviour
//! map 2.6).
//!
//! ```text
//! survey    what lies in the staging area is compared with the records; what looks different is read once: hashed,
//!           unpacked and copied into the content store in the same pass
//! record    one transaction for each suite: these files from now on; the suite counts as changed if clients would see it
//! place     when the suite is published, for whatever reason: hard links from the content store, listed in Release
//! ```
//! Content decides, and times never do: a file that is read again and is the same changes nothing. All forms of an index
//! are taken together, when they unpack to the same text and nobody is writing them; until then the suite shows what it
//! showed. A file that is staged no more leaves with the next publication.

mod place;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use debfmt::compress::Compression;
use debfmt::limits::Limits;
use debfmt::names::SuiteName;

pub(super) use self::place::place;
use super::{PublishError, PublishSite, Selection};
use crate::lock::PublisherLock;
use crate::model::archive::Archive;
use crate::model::contribution::Contribution;
use crate::model::key::IndexName;
use crate::model::suite::{Distribution, Series, SuiteKey, suite_name};
use crate::ports::shortage::in_one_line;
use crate::ports::staging::{StagedEntry, StagingError};

/// What the staging area has for suites, compared with the records.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The suites whose records are to change.
    pub(super) changes: Vec<Change>,
    /// What an administrator should know.
    pub(super) warnings: Vec<String>,
}

/// What is to be recorded of a suite.
#[derive(Debug)]
pub(super) struct Change {
    /// The suite.
    pub(super) suite: SuiteKey,
    /// Everything that is contributed to it from now on.
    pub(super) files: Vec<Contribution>,
    /// What was contributed until now and is no more.
    pub(super) gone: Vec<Contribution>,
    /// Whether clients would see a difference.
    pub(super) visible: bool,
}

impl Survey {
    /// The suites of which clients would see a difference.
    pub(super) fn visible(&self) -> BTreeSet<SuiteKey> {
        self.changes.iter().filter(|change| change.visible).map(|change| change.suite).collect()
    }
}

/// Takes what was staged for the chosen suites. Returns what an administrator should know.
pub(super) fn collect(
    site: &PublishSite<'_>,
    _lock: &PublisherLock,
    selection: &Selection,
) -> Result<Vec<String>, PublishError> {
    let Survey { changes, warnings } = survey(site, selection, Reading::Keep)?;
    if changes.is_empty() {
        return Ok(warnings);
    }
    site.objects.sync().map_err(|source| PublishError::Contributed { source: Box::new(source) })?;
    for change in &changes {
        let recorded = site.records.contribute(change.suite, &change.files, site.now);
        recorded.map_err(|source| PublishError::Contributed { source: Box::new(source) })?;
    }
    Ok(warnings)
}

/// Whether what is read is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// In the content store.
    Keep,
    /// Nothing is written anywhere.
    Look,
}

/// Compares what is staged for the chosen suites with the records.
pub(super) fn survey(
    site: &PublishSite<'_>,
    selection: &Selection,
    reading: Reading,
) -> Result<Survey, PublishError> {
    let failed = |source| PublishError::Records { subject: "the contributed files".to_owned(), source };
    let known: BTreeMap<SuiteKey, Vec<Contribution>> =
        site.records.contributions().map_err(failed)?.into_iter().collect();
    let archives = site.records.archives().map_err(failed)?;
    let distributions = site.records.distributions().map_err(failed)?;
    let mut survey = Survey::default();
    for archive in archives.iter().filter(|archive| selection.archives.contains(&archive.id)) {
        let own = distributions.iter().find(|it| it.name == *archive.reference.distribution());
        let Some(distribution) = own else { continue };
        for (suite, series) in survey.suites(site, (archive, distribution), &known) {
            if !selection.covers(suite) {
                continue;
            }
            let name = suite_name(&series.name, suite.pocket)
                .map_err(|source| PublishError::Name { series: series.name.to_string(), source })?;
            let known = known.get(&suite).map(Vec::as_slice).unwrap_or_default();
            let open = archive.reference.purpose().may_change(series.status, suite.pocket);
            let root = archive.root();
            SuiteSurvey { site, suite, series, name, root, known, reading, open }.look(&mut survey);
        }
    }
    Ok(survey)
}

impl Survey {
    /// The suites of an archive that have something in the staging area, or had.
    fn suites<'a>(
        &mut self,
        site: &PublishSite<'_>,
        (archive, distribution): (&Archive, &'a Distribution),
        known: &BTreeMap<SuiteKey, Vec<Contribution>>,
    ) -> BTreeMap<SuiteKey, &'a Series> {
        let root = archive.root();
        let known = known.keys().filter(|key| key.archive == archive.id);
        let mut found = BTreeMap::new();
        let names = match site.staging.suites(&root) {
            Ok(Some(names)) => names,
            // A disk that is not mounted empties no suite.
            Ok(None) => {
                if known.count() > 0 {
                    self.warnings.push(format!(
                        "the staging area of {} is not there: its suites show what they showed; to take all of it back, \
                         leave empty directories",
                        archive.reference
                    ));
                }
                return found;
            }
            Err(error) => {
                self.warnings.push(in_one_line(&error));
                return found;
            }
        };
        let mut told = Vec::new();
        for name in names {
            let has = |pocket| archive.reference.purpose().pockets().contains(&pocket);
            match distribution.suite(&name).filter(|(_, pocket)| has(*pocket)) {
                Some((series, pocket)) => {
                    found.insert(SuiteKey { archive: archive.id, series: series.id, pocket }, series);
                }
                None => told.push(format!(
                    "files are staged for {} of {}, which has no such suite",
                    shown(&name),
                    archive.reference
                )),
            }
        }
        self.warnings.extend(few(told, &archive.reference.to_string()));
        for key in known {
            if let Some(series) = distribution.series.iter().find(|series| series.id == key.series) {
                found.insert(*key, series);
            }
        }
        found
    }
}

/// How many things of one place are told one by one: strangers write there, as much as they like.
const TOLD: usize = 20;

/// The first few of what is told of a place, and how much more there is.
fn few(mut told: Vec<String>, place: &str) -> Vec<String> {
    let more = told.len().saturating_sub(TOLD);
    told.truncate(TOLD);
    told.extend((more > 0).then(|| format!("{place}: {more} more of what is staged there is not taken")));
    told
}

/// A name that a stranger chose, on one line and without power over terminals.
fn shown(name: &str) -> String {
    let plain = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    name.chars().map(plain).collect()
}

/// One suite that is looked at.
struct SuiteSurvey<'a> {
    site: &'a PublishSite<'a>,
    suite: SuiteKey,
    series: &'a Series,
    name: SuiteName,
    root: String,
    known: &'a [Contribution],
    reading: Reading,
    /// Whether the suite may change now.
    open: bool,
}

/// A form of an index that is staged.
type Form<'a> = (Compression, &'a StagedEntry);

impl SuiteSurvey<'_> {
    fn look(&self, survey: &mut Survey) {
        match self.files(&mut survey.warnings) {
            Ok(files) if files == self.known => {}
            Ok(files) => {
                let same = |one: &Contribution, all: &[Contribution]| all.iter().any(|it| it.shows_as(one));
                let gone = |old: &&Contribution| !files.iter().any(|new| new.file() == old.file());
                let gone: Vec<Contribution> = self.known.iter().filter(gone).cloned().collect();
                let visible = !gone.is_empty() || !files.iter().all(|new| same(new, self.known));
                survey.changes.push(Change { suite: self.suite, files, gone, visible });
            }
            Err(error) => {
                survey.warnings.push(format!("{}; {} shows what it showed", in_one_line(&error), self.name))
            }
        }
    }

    /// What is contributed to the suite from now on, by path.
    fn files(&self, warnings: &mut Vec<String>) -> Result<Vec<Contribution>, StagingError> {
        let entries = self.site.staging.list(&self.root, &self.name)?;
        if !self.open {
            if self.differs(&entries) {
                warnings.push(format!(
                    "{} of {} stays as it is, because {} is {}: what is staged for it waits",
                    self.name, self.root, self.series.name, self.series.status
                ));
            }
            return Ok(self.known.to_vec());
        }
        let (mut files, mut told) = (Vec::new(), Vec::new());
        for (index, forms) in self.indexes(&entries, &mut told) {
            match self.forms(&index, &forms) {
                Ok(taken) => files.extend(taken),
                Err(why) => {
                    told.push(format!("{} of {} is not taken: {why}", index.path(), self.label()));
                    files.extend(self.known.iter().filter(|it| it.index == index).cloned());
                }
            }
        }
        warnings.extend(few(told, &self.label()));
        files.sort_by_key(|file| file.file().path());
        Ok(files)
    }

    fn label(&self) -> String {
        format!("{}/dists/{}", self.root, self.name)
    }

    /// Whether the staging area has something else than the suite shows, as far as one can see without reading it.
    fn differs(&self, entries: &[StagedEntry]) -> bool {
        let known = |entry: &StagedEntry| {
            let same = |it: &&Contribution| it.file().path() == entry.path && it.stamp.promises(&entry.stamp);
            self.known.iter().find(same).is_some()
        };
        entries.len() != self.known.len() || !entries.iter().all(known)
    }

    /// What is staged, by index. What no program may contribute is told.
    fn indexes<'a>(
        &self,
        entries: &'a [StagedEntry],
        told: &mut Vec<String>,
    ) -> BTreeMap<IndexName, Vec<Form<'a>>> {
        let mut found: BTreeMap<IndexName, Vec<Form<'a>>> = BTreeMap::new();
        for entry in entries {
            match self.index_of(entry) {
                Ok((index, compression)) => found.entry(index).or_default().push((compression, entry)),
                Err(why) => {
                    told.push(format!("{}/{} is not taken: {why}", self.label(), shown(&entry.path)));
                }
            }
        }
        found
    }

    fn index_of(&self, entry: &StagedEntry) -> Result<(IndexName, Compression), &'static str> {
        let (index, compression) = IndexName::of_path(&entry.path)
            .filter(|(index, _)| index.may_be_contributed())
            .ok_or("it has no name of a file that programs may contribute")?;
        if !entry.regular {
            return Err("it is no regular file");
        }
        if index.component().is_some_and(|it| !self.series.components.contains(it)) {
            return Err("the series has no such component");
        }
        Ok((index, compression))
    }

    /// Every form of an index, or why the suite shows of it what it showed.
    fn forms(&self, index: &IndexName, forms: &[Form<'_>]) -> Result<Vec<Contribution>, String> {
        // Known without reading, so that a file of holes costs nothing.
        let limit = Limits::index().text_bytes;
        if forms.iter().any(|(_, entry)| entry.size > limit) {
            return Err(format!("it is larger than {limit} bytes"));
        }
        // Nothing is kept of what is not taken.
        let mut objects = Vec::new();
        let known = |compression| {
            self.known.iter().find(|it: &&Contribution| it.index == *index && it.compression == compression)
        };
        let quiet = |entry: &StagedEntry| {
            entry.changed.plus(self.site.settings.staging_settle) <= self.site.now
                || self.site.settings.staging_settle == 0
        };
        let mut taken = Vec::new();
        for (compression, entry) in forms {
            match known(*compression).filter(|it| it.stamp.promises(&entry.stamp)) {
                Some(same) => taken.push(same.clone()),
                None if quiet(entry) => {
                    let (new, object) = self.read((index, *compression), entry)?;
                    objects.extend(object.map(|object| (object, new.sha256)));
                    taken.push(new);
                }
                None => return Err("it changed a moment ago, and the next run takes it".to_owned()),
            }
        }
        if let Some([one, other]) = taken.windows(2).find(|pair| pair[0].text_sha256 != pair[1].text_sha256) {
            return Err(format!(
                "{} and {} unpack to different texts, so that one of them is old",
                one.file().path(),
                other.file().path()
            ));
        }
        for (object, sha256) in objects {
            object.commit(&sha256).map_err(|error| in_one_line(&error))?;
        }
        Ok(taken)
    }
}
