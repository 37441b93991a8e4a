//! A published suite: its Release against the records, and then everything that the Release vouches for.

use std::collections::{BTreeMap, BTreeSet};

use debfmt::compress::Compression;
use debfmt::release::Release;

use super::codes::Repair;
use super::codes::{RELEASE_DIFFERS, RELEASE_EXPIRED, RELEASE_MALFORMED, SUITE_MISSING, SUITE_MODE};
use super::contents::Names;
use super::pool::{Pool, unreadable};
use super::records::PublishedSuite;
use super::{CheckError, CheckReport, CheckSite, Judge, Mend, custom, indexes, retired, signatures};
use crate::model::archive::Archive;
use crate::model::key::{IndexName, SuiteFile, TreeKey};
use crate::model::time::Timestamp;
use crate::ports::db::{IndexFile, Switch};
use crate::ports::found::{Found, FoundKind, Identity, is_damaged_name};
use crate::queue::with_causes;

/// The way out of most problems with a suite: everything in it is made from the records.
pub(super) const PUBLISH_AGAIN: &str = "publish the suite again with `debpress publish-distro --careful`";

/// How many differences one message names.
const NAMED: usize = 5;

/// One suite to check.
pub(super) struct SuiteCheck<'a> {
    pub(super) site: &'a CheckSite<'a>,
    /// The root of its archive, relative to the site.
    pub(super) root: &'a str,
    pub(super) suite: &'a PublishedSuite,
    pub(super) judge: &'a Judge,
    /// Its archive.
    pub(super) archive: &'a Archive,
}

/// The files of a suite: path below the suite, size in bytes, and which file it is.
#[derive(Default)]
pub(super) struct SuiteFiles(BTreeMap<String, (u64, Option<Identity>)>);

impl SuiteFiles {
    /// The size of a file.
    pub(super) fn get(&self, path: &str) -> Option<&u64> {
        self.0.get(path).map(|(size, _)| size)
    }

    /// Whether two names mean one file, as far as that can be told.
    pub(super) fn are_one(&self, one: &str, other: &str) -> bool {
        let identity = |path: &str| self.0.get(path).and_then(|(_, identity)| *identity);
        identity(one).is_some_and(|one| identity(other) == Some(one))
    }

    /// Every path.
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}

impl SuiteCheck<'_> {
    pub(super) fn run(
        &self,
        report: &mut CheckReport,
        pool: &mut Pool,
        journal: Option<&Switch>,
    ) -> Result<(), CheckError> {
        let before = report.problems.len();
        let checked = self.look(report, pool, journal);
        // Everything in a suite is made from the records.
        for problem in report.problems.iter_mut().skip(before) {
            if problem.repair == Repair::Publish && problem.mend == Mend::Nothing {
                problem.mend = self.suite.mend(self.root);
            }
        }
        checked
    }

    fn look(
        &self,
        report: &mut CheckReport,
        pool: &mut Pool,
        journal: Option<&Switch>,
    ) -> Result<(), CheckError> {
        let files = self.list(report)?;
        let Some(text) = self.release(report, &files) else { return Ok(()) };
        match Release::parse(&text, self.site.limits) {
            Ok(release) => {
                self.still_valid(report, &release);
                let current = self.compare(report, &release, journal)?;
                signatures::check(self, report, &files, &text);
                let mut names = Names::default();
                indexes::check(self, report, (pool, &mut names), &files, &release);
                names.compare(self, report)?;
                if release.acquire_by_hash {
                    indexes::check_releases(self, report, &files, &current);
                }
                if !self.is_changing(journal) {
                    retired::check(self, report, &files, (&current, &release))?;
                }
                custom::check(self, report, &files, &release, journal)?;
            }
            // Signatures are made over this text and would only repeat that it is not what it was.
            Err(error) => {
                report.add(
                    RELEASE_MALFORMED,
                    self.path(&SuiteFile::Release),
                    format!("{error}; {PUBLISH_AGAIN}"),
                );
            }
        }
        Ok(())
    }

    fn still_valid(&self, report: &mut CheckReport, release: &Release) {
        let now = self.site.now.seconds();
        if let Some(until) = release.valid_until.filter(|until| *until < now) {
            let until = Timestamp(until);
            let message =
                format!("clients refuse it since {until}; {PUBLISH_AGAIN}, more often than `valid_for` says");
            report.add(RELEASE_EXPIRED, self.path(&SuiteFile::Release), message);
        }
    }

    /// The key of a file of the suite that clients see.
    pub(super) fn key(&self, file: SuiteFile) -> TreeKey {
        TreeKey::Live(self.suite.name.clone(), file)
    }

    /// The path of a file of the suite, relative to the site.
    pub(super) fn path(&self, file: &SuiteFile) -> String {
        format!("{}/{}", self.root, self.key(file.clone()).path())
    }

    /// The bytes of a file, or what keeps it from being read. `size` is what the listing says.
    pub(super) fn read(&self, file: SuiteFile, size: u64) -> Result<Vec<u8>, String> {
        let limit = self.site.limits.text_bytes;
        if size > limit {
            return Err(format!("it has {size} bytes, more than the limit of {limit}"));
        }
        match self.site.tree.read(self.root, &self.key(file)) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err("it was removed during the check".to_owned()),
            Err(error) => Err(format!("it cannot be read: {}", with_causes(&error))),
        }
    }

    /// Whether the suite changes places right now.
    fn is_changing(&self, journal: Option<&Switch>) -> bool {
        journal.is_some_and(|open| open.suites.iter().any(|it| it.suite == self.suite.key))
    }

    fn list(&self, report: &mut CheckReport) -> Result<SuiteFiles, CheckError> {
        let directory = TreeKey::LiveSuite(self.suite.name.clone()).path();
        let listed = self.site.tree.inspect(self.root, &directory);
        let listed = listed
            .map_err(|source| CheckError::Tree { subject: format!("{}/{directory}", self.root), source })?;
        let mut files = SuiteFiles::default();
        for found in listed {
            if is_damaged_name(&found.path) {
                report.set_aside += 1;
                continue;
            }
            if !self.archive.private && !found.is_readable() {
                unreadable(report, SUITE_MODE, self.root, &found);
            }
            let Found { path, kind, size, identity, .. } = found;
            if let Some(below) =
                path.strip_prefix(&format!("{directory}/")).filter(|_| kind != FoundKind::Directory)
            {
                files.0.insert(below.to_owned(), (size, identity));
            }
        }
        Ok(files)
    }

    fn release(&self, report: &mut CheckReport, files: &SuiteFiles) -> Option<Vec<u8>> {
        let path = self.path(&SuiteFile::Release);
        let Some(size) = files.get(&SuiteFile::Release.path()) else {
            let message = format!("the records say that the suite is published; {PUBLISH_AGAIN}");
            report.add(SUITE_MISSING, path, message);
            return None;
        };
        let text = self.read(SuiteFile::Release, *size);
        text.map_err(|fault| report.add(RELEASE_MALFORMED, path, format!("{fault}; {PUBLISH_AGAIN}"))).ok()
    }

    /// Release against the records of its publication, which are returned. While the switch of the suite is under way,
    /// either state is right.
    fn compare(
        &self,
        report: &mut CheckReport,
        release: &Release,
        journal: Option<&Switch>,
    ) -> Result<Vec<IndexFile>, CheckError> {
        let current = self.site.records.current_indexes(self.suite.key);
        let current = current
            .map_err(|source| CheckError::Records { subject: self.path(&SuiteFile::Release), source })?;
        let coming = journal.and_then(|open| open.suites.iter().find(|it| it.suite == self.suite.key));
        let different = differences(release, &current);
        if different.is_empty() || coming.is_some_and(|coming| differences(release, &coming.files).is_empty())
        {
            return Ok(current);
        }
        let named: Vec<&str> = different.iter().take(NAMED).map(String::as_str).collect();
        let more = match different.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "it lists other index files than the records say were published: {}{more}; somebody replaced it, or the \
             database is from another time; {PUBLISH_AGAIN}",
            named.join(", ")
        );
        report.add(RELEASE_DIFFERS, self.path(&SuiteFile::Release), message);
        Ok(current)
    }
}

/// The paths that are in one of the two only, or differ. An uncompressed form is listed even where it is not written,
/// and the records do not know it then; Release files and patches are recorded and not listed.
fn differences(release: &Release, recorded: &[IndexFile]) -> BTreeSet<String> {
    let in_release: BTreeMap<&str, (String, u64)> = release
        .files
        .iter()
        .map(|file| (file.path.as_str(), (file.checksums.sha256.to_string(), file.checksums.size)))
        .collect();
    let in_records: BTreeMap<&str, (String, u64)> = recorded
        .iter()
        .filter(|file| is_listed(&file.path))
        .map(|file| (file.path.as_str(), (file.sha256.clone(), file.size)))
        .collect();
    let unwritten = |path: &str| matches!(IndexName::of_path(path), Some((_, Compression::None)));
    let lost = in_records.iter().filter(|(path, sums)| in_release.get(*path) != Some(sums));
    let added = in_release.keys().filter(|path| !in_records.contains_key(*path) && !unwritten(path));
    lost.map(|(path, _)| (*path).to_owned()).chain(added.map(|path| (*path).to_owned())).collect()
}

/// Whether Release lists a recorded file.
fn is_listed(path: &str) -> bool {
    let is_release = SuiteFile::RELEASES.iter().any(|release| release.path() == path);
    !is_release && !matches!(IndexName::of_path(path), Some((IndexName::Patch(..), _)))
}
