//! The custom files of a suite against the records, the sums against Release, and their signatures.

use std::collections::BTreeMap;

use debfmt::digest::Sha256;
use debfmt::release::Release;
use debfmt::version::Version;

use super::codes::{CUSTOM_CONTENT, CUSTOM_MISSING, CUSTOM_SIZE, SIGNATURE_BAD, SIGNATURE_MISSING};
use super::signatures::detached;
use super::suites::{PUBLISH_AGAIN, SuiteCheck, SuiteFiles};
use super::{CheckError, CheckReport, Judge};
use crate::model::custom::{
    CURRENT, CustomContent, CustomDirectory, CustomPublication, LinkTarget, SIGNATURE, SUMS, SafePath,
    is_sums,
};
use crate::model::key::{IndexName, SuiteFile};
use crate::ports::db::Switch;
use crate::queue::with_causes;

/// Checks what the records say that the suite shows. While the suite changes places, either state is right, and
/// nothing is looked at.
pub(super) fn check(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    files: &SuiteFiles,
    release: &Release,
    journal: Option<&Switch>,
) -> Result<(), CheckError> {
    if journal.is_some_and(|open| open.suites.iter().any(|it| it.suite == check.suite.key)) {
        return Ok(());
    }
    let shown = check.site.records.custom_publications(check.suite.key);
    let shown =
        shown.map_err(|source| CheckError::Records { subject: check.path(&SuiteFile::Release), source })?;
    let mut custom = CustomCheck { check, report, files };
    let mut current: BTreeMap<&CustomDirectory, &Version> = BTreeMap::new();
    for publication in shown.iter().filter(|it| it.published.is_some()) {
        custom.publication(publication, release);
        if let Some(version) = &publication.version {
            let newest = current.entry(&publication.directory).or_insert(version);
            *newest = version.max(newest);
        }
    }
    for (directory, version) in current {
        custom.link(directory, CURRENT, &LinkTarget::of_version(version));
    }
    Ok(())
}

struct CustomCheck<'a> {
    check: &'a SuiteCheck<'a>,
    report: &'a mut CheckReport,
    files: &'a SuiteFiles,
}

impl CustomCheck<'_> {
    fn publication(&mut self, publication: &CustomPublication, release: &Release) {
        let CustomPublication { kind, directory, version, files, .. } = publication;
        let below =
            |path: &str| version.as_ref().map_or(path.to_owned(), |version| format!("{version}/{path}"));
        for file in files.iter().filter(|file| !kind.makes(&file.path)) {
            let path = below(file.path.as_str());
            match &file.content {
                CustomContent::Link(target) => self.link(directory, &path, target),
                CustomContent::File { sha256, size } => self.file(directory, &path, (*size, sha256), false),
            }
            if kind.is_signed_alone(&file.path) {
                self.signature(directory, &path);
            }
        }
        if kind.has_sums() {
            self.sums(directory, &below(SUMS), release);
        }
    }

    /// Release vouches for the sums, so that they are always read.
    fn sums(&mut self, directory: &CustomDirectory, path: &str, release: &Release) {
        let listed = release.file(&format!("{directory}/{path}")).filter(|file| is_sums(&file.path));
        // One that Release does not list was reported as a difference to the records.
        let Some(listed) = listed else { return };
        self.file(directory, path, (listed.checksums.size, &listed.checksums.sha256), true);
        self.signature(directory, path);
    }

    fn file(&mut self, directory: &CustomDirectory, path: &str, (size, sha256): (u64, &Sha256), read: bool) {
        self.report.custom_files += 1;
        let Some(file) = suite_file(directory, path) else { return };
        // A translation is an index that Release lists: it was looked at with those.
        if IndexName::of_path(&file.path()).is_some() {
            return;
        }
        let fault = match self.files.get(&file.path()) {
            None => Some((CUSTOM_MISSING, "it is not there".to_owned())),
            Some(found) if *found != size => {
                Some((CUSTOM_SIZE, format!("it has {found} bytes, and should have {size}")))
            }
            Some(_) if read || self.check.site.full => {
                self.content(&file, sha256).map(|fault| (CUSTOM_CONTENT, fault))
            }
            Some(_) => None,
        };
        if let Some((code, fault)) = fault {
            self.tell(code, &file, &fault);
        }
    }

    fn content(&self, file: &SuiteFile, sha256: &Sha256) -> Option<String> {
        match self.check.site.tree.digest(self.check.root, &self.check.key(file.clone())) {
            Ok(Some((_, found))) if found == *sha256 => None,
            Ok(Some((_, found))) => Some(format!("its bytes have the SHA-256 {found}, and not {sha256}")),
            Ok(None) => Some("it was removed during the check".to_owned()),
            Err(error) => Some(format!("it cannot be read: {}", with_causes(&error))),
        }
    }

    fn link(&mut self, directory: &CustomDirectory, path: &str, target: &LinkTarget) {
        self.report.custom_files += 1;
        let Some(file) = suite_file(directory, path) else { return };
        let wanted = target.as_str();
        let fault = match self.check.site.tree.link_target(self.check.root, &self.check.key(file.clone())) {
            Ok(Some(found)) if found == wanted => return,
            Ok(Some(found)) => (CUSTOM_CONTENT, format!("the link leads to {found}, and should to {wanted}")),
            Ok(None) => (CUSTOM_MISSING, format!("there is no link to {wanted}")),
            Err(error) => (CUSTOM_CONTENT, format!("it cannot be read: {}", with_causes(&error))),
        };
        self.tell(fault.0, &file, &fault.1);
    }

    /// The signature of a file by itself, where a key is configured.
    fn signature(&mut self, directory: &CustomDirectory, path: &str) {
        let Judge::Certificates(key) = self.check.judge else { return };
        let of = suite_file(directory, path);
        let signature = suite_file(directory, &format!("{path}{SIGNATURE}"));
        let (Some(of), Some(signature)) = (of, signature) else { return };
        // A file that is gone, or too large to have been signed, needs none.
        let Some(bytes) = self.files.get(&of.path()).and_then(|size| self.check.read(of, *size).ok()) else {
            return;
        };
        let Some(size) = self.files.get(&signature.path()) else {
            self.tell(SIGNATURE_MISSING, &signature, "it is not there, and a signing key is configured");
            return;
        };
        let fault = match self.check.read(signature.clone(), *size) {
            Ok(text) => detached(self.check, &text, key, &bytes),
            Err(fault) => Some((SIGNATURE_BAD, fault)),
        };
        if let Some((code, fault)) = fault {
            self.tell(code, &signature, &fault);
        }
    }

    fn tell(&mut self, code: &'static str, file: &SuiteFile, fault: &str) {
        self.report.add(code, self.check.path(file), format!("{fault}; {PUBLISH_AGAIN}"));
    }
}

/// `None` for a path that cannot have been published; reading the records finds those.
fn suite_file(directory: &CustomDirectory, path: &str) -> Option<SuiteFile> {
    SafePath::parse(path).ok().map(|path| SuiteFile::Custom(directory.clone(), path))
}
