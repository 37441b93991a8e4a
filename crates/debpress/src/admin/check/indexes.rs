//! The index files of a suite against its Release: every one is there, by both of its names, and unpacks to the text
//! that Release vouches for.

use std::collections::BTreeMap;
use std::io::Read;

use debfmt::compress::{Compression, decoder};
use debfmt::digest::{Checksums, Sha256};
use debfmt::limits::LimitedReader;
use debfmt::release::Release;

use super::codes::{INDEX_BY_HASH, INDEX_HASH, INDEX_MISSING, INDEX_SIZE};
use super::contents::Names;
use super::pool::Pool;
use super::suites::{PUBLISH_AGAIN, SuiteCheck, SuiteFiles};
use super::{CheckReport, pdiffs, stanzas};
use crate::model::key::{IndexName, SuiteFile};
use crate::ports::db::IndexFile;
use crate::queue::with_causes;

/// What Release says about the forms of one index.
type Forms<'a> = BTreeMap<Compression, &'a Checksums>;

/// Checks every index that Release lists. A listed file that is no index has been reported as a difference to the
/// records.
pub(super) fn check(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    (pool, names): (&mut Pool, &mut Names),
    files: &SuiteFiles,
    release: &Release,
) {
    let mut indexes: BTreeMap<IndexName, Forms<'_>> = BTreeMap::new();
    for file in &release.files {
        if let Some((name, compression)) = IndexName::of_path(&file.path) {
            indexes.entry(name).or_default().insert(compression, &file.checksums);
        }
    }
    for (name, forms) in &indexes {
        let mut index = IndexCheck { check, report, pool, names, files, name, forms, release };
        index.run();
    }
}

/// Checks that the Release files can be had by their hash too. Those that are not what was published by their plain
/// name either have been reported: both names are one file.
pub(super) fn check_releases(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    files: &SuiteFiles,
    recorded: &[IndexFile],
) {
    for plain in SuiteFile::RELEASES {
        let Some(file) = recorded.iter().find(|file| file.path == plain.path()) else { continue };
        let Ok(sha256) = Sha256::from_hex(&file.sha256) else { continue };
        match check.site.tree.digest(check.root, &check.key(plain.clone())) {
            Ok(Some((_, found))) if found == sha256 => {
                let by_hash = SuiteFile::ReleaseByHash(sha256);
                check_by_hash(check, report, (files, Some(&plain)), by_hash, (file.size, sha256));
            }
            Ok(_) => {}
            Err(error) => {
                let message = format!("it cannot be read: {}", with_causes(&error));
                report.add(INDEX_HASH, check.path(&plain), message);
            }
        }
    }
}

/// Checks that there are certain bytes by their hash, which is how apt asks for them. `whole`: a file that has them; most
/// often both names mean one file, which is not read again.
pub(super) fn check_by_hash(
    check: &SuiteCheck<'_>,
    report: &mut CheckReport,
    (files, whole): (&SuiteFiles, Option<&SuiteFile>),
    file: SuiteFile,
    (size, sha256): (u64, Sha256),
) {
    let fault = match files.get(&file.path()) {
        None => Some("it is not there".to_owned()),
        Some(found) if *found != size => Some(format!("it has {found} bytes, and should have {size}")),
        Some(_) if whole.is_some_and(|whole| files.are_one(&whole.path(), &file.path())) => None,
        Some(_) => match check.site.tree.digest(check.root, &check.key(file.clone())) {
            Ok(Some((_, found))) if found == sha256 => None,
            Ok(Some((_, found))) => Some(format!("its bytes have the SHA-256 {found}")),
            Ok(None) => Some("it was removed during the check".to_owned()),
            Err(error) => Some(format!("it cannot be read: {}", with_causes(&error))),
        },
    };
    if let Some(fault) = fault {
        let message = format!("{fault}, and clients ask for it by this name; {PUBLISH_AGAIN}");
        report.add(INDEX_BY_HASH, check.path(&file), message);
    }
}

struct IndexCheck<'a> {
    check: &'a SuiteCheck<'a>,
    report: &'a mut CheckReport,
    pool: &'a mut Pool,
    names: &'a mut Names,
    files: &'a SuiteFiles,
    name: &'a IndexName,
    forms: &'a Forms<'a>,
    release: &'a Release,
}

impl IndexCheck<'_> {
    fn run(&mut self) {
        if !self.forms.contains_key(&Compression::None) {
            let message =
                format!("Release does not list it uncompressed, so that apt ignores it; {PUBLISH_AGAIN}");
            self.tell(INDEX_MISSING, Compression::None, &message);
        }
        let mut parsed = false;
        for (compression, listed) in self.forms {
            if self.need_not_exist(*compression) {
                continue;
            }
            self.report.index_files += 1;
            let text = self.bytes(*compression, listed).and_then(|bytes| self.text(*compression, bytes));
            if self.release.acquire_by_hash {
                let file = SuiteFile::ByHash(self.name.clone(), listed.sha256);
                let plain = SuiteFile::Index(self.name.clone(), *compression);
                let whole = text.as_ref().map(|_| &plain);
                let sums = (listed.size, listed.sha256);
                check_by_hash(self.check, self.report, (self.files, whole), file, sums);
            }
            // All forms have the same text: it was compared with the one hash that Release gives.
            if let Some(text) = text.filter(|_| !parsed) {
                parsed = true;
                self.contents(&text);
            }
        }
    }

    /// What the text says.
    fn contents(&mut self, text: &[u8]) {
        let IndexName::Diffs(of) = self.name else {
            return stanzas::check(self.check, self.report, (self.pool, self.names), self.name, text);
        };
        let listed = self.release.file(&of.path()).map(|listed| &listed.checksums);
        pdiffs::check(self.check, self.report, self.files, (of, listed), text);
    }

    /// An uncompressed form is listed even where only compressed ones are written.
    fn need_not_exist(&self, compression: Compression) -> bool {
        let path = SuiteFile::Index(self.name.clone(), compression).path();
        compression == Compression::None && self.forms.len() > 1 && self.files.get(&path).is_none()
    }

    /// The bytes of a form, if they are those that Release lists.
    fn bytes(&mut self, compression: Compression, listed: &Checksums) -> Option<Vec<u8>> {
        let file = SuiteFile::Index(self.name.clone(), compression);
        let Some(size) = self.files.get(&file.path()) else {
            self.tell(INDEX_MISSING, compression, &format!("Release lists it; {PUBLISH_AGAIN}"));
            return None;
        };
        if *size != listed.size {
            let message = format!("it has {size} bytes, Release says {}; {PUBLISH_AGAIN}", listed.size);
            self.tell(INDEX_SIZE, compression, &message);
            return None;
        }
        let fault = match self.check.read(file, *size) {
            Ok(bytes) if Sha256::of(&bytes) == listed.sha256 => return Some(bytes),
            Ok(_) => format!("its bytes have another SHA-256 than Release says ({})", listed.sha256),
            Err(fault) => fault,
        };
        self.tell(INDEX_HASH, compression, &format!("{fault}; {PUBLISH_AGAIN}"));
        None
    }

    /// The text of a form, if it is the one whose hash Release lists.
    fn text(&mut self, compression: Compression, bytes: Vec<u8>) -> Option<Vec<u8>> {
        if compression == Compression::None {
            return Some(bytes);
        }
        let listed = self.forms.get(&Compression::None).copied();
        let fault = match self.unpack(compression, &bytes, listed) {
            Ok(text) if listed.is_none_or(|listed| Sha256::of(&text) == listed.sha256) => return Some(text),
            Ok(_) => "it unpacks to another text than the one whose hash Release lists".to_owned(),
            Err(error) => format!("it does not unpack: {}", with_causes(&error)),
        };
        self.tell(INDEX_HASH, compression, &format!("{fault}; {PUBLISH_AGAIN}"));
        None
    }

    fn unpack(
        &self,
        compression: Compression,
        bytes: &[u8],
        listed: Option<&Checksums>,
    ) -> std::io::Result<Vec<u8>> {
        let limits = self.check.site.limits;
        let limit = listed.map_or(limits.text_bytes, |listed| listed.size.min(limits.text_bytes));
        let unpacked = decoder(compression, bytes, limits)?;
        let mut text = Vec::new();
        LimitedReader::new(unpacked, "the unpacked index", limit).read_to_end(&mut text)?;
        Ok(text)
    }

    fn tell(&mut self, code: &'static str, compression: Compression, message: &str) {
        let path = self.check.path(&SuiteFile::Index(self.name.clone(), compression));
        self.report.add(code, path, message);
    }
}
