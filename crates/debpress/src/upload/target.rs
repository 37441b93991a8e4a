//! Which archive and which suite an upload is for.
//!
//! The path below incoming says it, `ARCHIVE[/SUITE]` with an archive as people write it: `debian/noble`,
//! `~ann/debian/tools`. The path is that of the target directory in which the upload lies, and that of the directory inside
//! the upload, one after the other. Without a path it is the primary archive of the distribution that uploads are for.
//!
//! The suite is that of the administrator (`--series`), else that of the path, else that of the signed Distribution field.
//! A path only chooses among the suites of the distribution that the signer meant: the field must name one of them.

use debfmt::names::{DistributionName, FileName, SuiteName};

use super::process::UploadError;
use super::reason::{
    Reason, SUITE_UNKNOWN, TARGET_MISSING, TARGET_UNKNOWN_ARCHIVE, TARGET_UNKNOWN_DISTRIBUTION,
    TARGET_UNKNOWN_SUITE,
};
use crate::model::archive::{Archive, ArchiveId, ArchiveRef};
use crate::model::suite::{Distribution, Pocket, Series, SuiteKey};
use crate::ports::db::Records;

/// The longest archive reference has three parts.
const REFERENCE_PARTS: usize = 3;
/// How many names a message shows.
const SHOWN: usize = 20;

/// Every archive that uploads can be for.
pub(super) struct Targets {
    archives: Vec<Archive>,
    distributions: Vec<Distribution>,
    /// The distribution of uploads without a path.
    default: Option<DistributionName>,
    /// The suite of every upload, whatever it says itself.
    forced: Option<SuiteName>,
}

/// An archive and the series that it serves.
pub(super) struct Target<'a> {
    /// The archive.
    pub(super) archive: &'a Archive,
    distribution: &'a Distribution,
    forced: Option<&'a SuiteName>,
    /// The suite of the path.
    suite: Option<Suite<'a>>,
}

/// A suite of a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suite<'a> {
    /// Its key in the records.
    pub(super) key: SuiteKey,
    /// Its archive.
    pub(super) archive: &'a Archive,
    /// Its series.
    pub(super) series: &'a Series,
}

impl Targets {
    /// Reads them. `wanted` is the distribution of uploads without a path, `forced` the suite of all.
    pub(super) fn read(
        records: &dyn Records,
        wanted: Option<&DistributionName>,
        forced: Option<&SuiteName>,
    ) -> Result<Self, UploadError> {
        let (archives, distributions) = (records.archives()?, records.distributions()?);
        let default = match (wanted, distributions.as_slice()) {
            (Some(wanted), all) => all.iter().find(|distribution| distribution.name == *wanted),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let default = default.map(|distribution| distribution.name.clone());
        if default.is_none() && (wanted.is_some() || distributions.is_empty()) {
            let known = distributions.iter().map(|distribution| distribution.name.to_string()).collect();
            return Err(UploadError::Distribution { wanted: wanted.cloned(), known });
        }
        if let Some(suite) = forced
            && !distributions.iter().any(|distribution| distribution.suite(suite.as_str()).is_some())
        {
            return Err(UploadError::Suite { suite: suite.clone() });
        }
        Ok(Self { archives, distributions, default, forced: forced.cloned() })
    }

    /// Whether a directory of this path below incoming is a target directory, and no upload: an archive, a suite of one,
    /// or on the way to one. A personal archive that there is not is one too, so that what is sent there is told so.
    pub(super) fn is_directory(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        if parts.first().is_some_and(|first| first.starts_with('~')) && parts.len() <= REFERENCE_PARTS {
            return true;
        }
        match self.known(&parts) {
            Some((_, [])) => true,
            Some((archive, [suite])) => self.suite(archive, suite).is_some(),
            Some(_) | None => false,
        }
    }

    /// The archive of uploads with this path, and the suite if the path names one.
    pub(super) fn find(&self, path: &str) -> Result<Target<'_>, Reason> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let default = self.default.clone().map(|name| ArchiveRef::Primary(name).to_string());
        let parts = match (parts.as_slice(), &default) {
            ([], None) => return Err(Reason::of_upload(TARGET_MISSING, self.missing())),
            ([], Some(default)) => vec![default.as_str()],
            _ => parts,
        };
        let Some((archive, rest)) = self.known(&parts) else { return Err(self.unknown(&parts)) };
        let Some(distribution) = self.distribution(archive.reference.distribution().as_str()) else {
            return Err(self.unknown(&parts));
        };
        let suite = match rest {
            [] => None,
            [suite] => match self.suite(archive, suite) {
                Some(suite) => Some(suite),
                None => return Err(no_suite(archive, distribution, &parts)),
            },
            _ => return Err(no_suite(archive, distribution, &parts)),
        };
        Ok(Target { archive, distribution, forced: self.forced.as_ref(), suite })
    }

    /// Where to look for a file that an upload need not bring, the first that knows it: the archive itself, and for the
    /// upstream source of a personal archive the primary one. Where nobody knows which archive is meant, all of them.
    pub(super) fn lookups(&self, target: Option<&Target<'_>>, file: &FileName) -> Vec<ArchiveId> {
        let Some(target) = target else { return self.archives.iter().map(|archive| archive.id).collect() };
        let lender = target.archive.reference.shares_upstream_of().filter(|_| is_upstream(file));
        let lent = self.archives.iter().filter(|archive| Some(&archive.reference) == lender.as_ref());
        std::iter::once(target.archive.id).chain(lent.map(|archive| archive.id)).collect()
    }

    /// The archives of other distributions than the target's.
    pub(super) fn elsewhere(&self, target: &Target<'_>) -> impl Iterator<Item = &Archive> {
        let own = target.distribution.name.clone();
        self.archives.iter().filter(move |archive| *archive.reference.distribution() != own)
    }

    /// The archive with the longest reference at the start of a path, and what follows.
    fn known<'p>(&self, parts: &'p [&'p str]) -> Option<(&Archive, &'p [&'p str])> {
        (1..=parts.len().min(REFERENCE_PARTS)).rev().find_map(|length| {
            let (reference, rest) = parts.split_at_checked(length)?;
            let reference: ArchiveRef = reference.join("/").parse().ok()?;
            Some((self.archives.iter().find(|archive| archive.reference == reference)?, rest))
        })
    }

    fn distribution(&self, name: &str) -> Option<&Distribution> {
        self.distributions.iter().find(|distribution| distribution.name.as_str() == name)
    }

    fn suite<'a>(&'a self, archive: &'a Archive, name: &str) -> Option<Suite<'a>> {
        suite_of(archive, self.distribution(archive.reference.distribution().as_str())?, name)
    }

    fn missing(&self) -> String {
        let names: Vec<&str> = self.distributions.iter().map(|one| one.name.as_str()).collect();
        format!(
            "it came without a path, and the site has several distributions; {}",
            mend(names.first().copied().unwrap_or("DISTRIBUTION"), &names)
        )
    }

    fn unknown(&self, parts: &[&str]) -> Reason {
        let path = parts.join("/");
        let first = parts.first().copied().unwrap_or_default();
        let is_personal = first.starts_with('~');
        let named = if is_personal { parts.get(1).copied() } else { Some(first) };
        let distributions: Vec<&str> = self.distributions.iter().map(|one| one.name.as_str()).collect();
        let example = self.default.as_ref().map(DistributionName::as_str).or(distributions.first().copied());
        let example = example.unwrap_or("DISTRIBUTION");
        if let Some(name) = named.filter(|name| self.distribution(name).is_none()) {
            let example = if is_personal { format!("{first}/{example}/NAME") } else { example.to_owned() };
            let message = format!(
                "the path {path:?} names the distribution {name:?}, which there is not; {}",
                mend(&example, &distributions)
            );
            return Reason::of_upload(TARGET_UNKNOWN_DISTRIBUTION, message);
        }
        let below = |reference: &String| reference.starts_with(&format!("{first}/"));
        let references = self.archives.iter().map(|archive| archive.reference.to_string());
        let similar: Vec<String> = references.filter(|name| is_personal && below(name)).take(SHOWN).collect();
        let similar: Vec<&str> = similar.iter().map(String::as_str).collect();
        let example = similar.first().copied().unwrap_or(example);
        let message = format!("the path {path:?} names no archive; {}", mend(example, &similar));
        Reason::of_upload(TARGET_UNKNOWN_ARCHIVE, message)
    }
}

impl Target<'_> {
    /// Whether what is meant for a release pocket is tested in -proposed first.
    pub(super) fn redirects_uploads(&self) -> bool {
        self.distribution.redirect_uploads
    }

    /// The suite that the upload is for; `field` is its Distribution field.
    ///
    /// # Errors
    /// The field names no suite of the distribution, although the administrator has not said which one to take: what was
    /// signed for another distribution is not taken here, whatever the path says.
    pub(super) fn suite(&self, field: &str) -> Result<Suite<'_>, Reason> {
        if let Some(forced) = self.forced {
            return self.named(forced.as_str()).ok_or_else(|| {
                let message = format!(
                    "--series says {forced}, which is no suite of {}; {}",
                    self.archive.reference,
                    suites(self.distribution)
                );
                Reason::of_upload(SUITE_UNKNOWN, message)
            });
        }
        let field = field.trim();
        match (self.named(field), self.suite) {
            (Some(_), Some(suite)) | (Some(suite), None) => Ok(suite),
            (None, _) => {
                let message = format!(
                    "Distribution is {field:?}, which is no suite of {}; {}",
                    self.archive.reference,
                    suites(self.distribution)
                );
                Err(Reason::of_upload(SUITE_UNKNOWN, message))
            }
        }
    }

    fn named(&self, name: &str) -> Option<Suite<'_>> {
        suite_of(self.archive, self.distribution, name)
    }
}

fn suite_of<'a>(archive: &'a Archive, distribution: &'a Distribution, name: &str) -> Option<Suite<'a>> {
    let (series, pocket) = distribution.suite(name)?;
    Some(Suite { key: SuiteKey { archive: archive.id, series: series.id, pocket }, archive, series })
}

fn no_suite(archive: &Archive, distribution: &Distribution, parts: &[&str]) -> Reason {
    let (path, reference) = (parts.join("/"), &archive.reference);
    let message = format!(
        "the path {path:?} names no archive, and no suite of {reference} either; {}; let `incoming =` in the dput configuration end in {reference} or {reference}/SUITE",
        suites(distribution)
    );
    Reason::of_upload(TARGET_UNKNOWN_SUITE, message)
}

/// How to mend the configuration of dput.
fn mend(example: &str, known: &[&str]) -> String {
    let known = match known {
        [] => String::new(),
        known => format!("there are {}; ", known.join(", ")),
    };
    format!(
        "{known}let `incoming =` in the dput configuration end in the archive, and the suite if you like, as in `incoming = incoming/{example}`"
    )
}

fn suites(distribution: &Distribution) -> String {
    let names: Vec<&str> = distribution.series.iter().map(|series| series.name.as_str()).collect();
    let pockets: Vec<&str> =
        Pocket::ALL.iter().map(|pocket| pocket.suffix()).filter(|suffix| !suffix.is_empty()).collect();
    format!("its series are {}, each also with {}", names.join(", "), pockets.join(", "))
}

/// The upstream part of a source package, which every revision shares: `hello_1.0.orig.tar.xz`, a component's
/// `hello_1.0.orig-docs.tar.gz`, and their signatures.
fn is_upstream(file: &FileName) -> bool {
    let name = file.as_str();
    let name = name.strip_suffix(".asc").unwrap_or(name);
    let start = name.rsplit_once(".tar.").map(|(start, _)| start);
    let kind = start.and_then(|start| start.rsplit_once(".orig")).map(|(_, kind)| kind);
    kind.is_some_and(|kind| kind.is_empty() || kind.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_is_what_every_revision_shares() {
        let upstream = |name: &str| is_upstream(&FileName::parse(name).unwrap());
        for name in [
            "hello_1.0.orig.tar.gz",
            "hello_1.0.orig.tar.xz.asc",
            "hello_1.0.orig-docs.tar.bz2",
            "hello_1.0.orig-docs.tar.bz2.asc",
        ] {
            assert!(upstream(name), "{name}");
        }
        for name in [
            "hello_1.0-1.debian.tar.xz",
            "hello_1.0-1.diff.gz",
            "hello_1.0.tar.xz",
            "hello_1.0-1.dsc",
            "hello_1.0.original.tar.gz",
            "orig_1.0_all.deb",
        ] {
            assert!(!upstream(name), "{name}");
        }
    }
}
