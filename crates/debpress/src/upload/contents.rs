//! Reads every file of an upload once: packages into the content store, everything else for its hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use debfmt::changes::{Changes, ChangesFile};
use debfmt::deb::DebKind;
use debfmt::digest::{Algorithms, Checksums, HashingReader, Sha256};
use debfmt::dsc::Dsc;
use debfmt::names::FileName;

use super::custom::{CustomUpload, is_custom, read_custom};
use super::intake::{Expected, IntakeError};
use super::package::read_listed_package;
use super::process::UploadSite;
use super::reason::{FILE_MISSING, FILE_UNEXPECTED_KIND, Reason, UPLOAD_TOO_MANY_FILES, UPLOAD_UNREADABLE};
use super::receive::{Text, read_text};
use super::source::{DscText, Origin, parse_dsc, read_source};
use super::verdict::Fault;
use super::verify::Keyring;
use crate::model::archive::ArchiveId;
use crate::model::package::{BinaryRelease, SourceRelease};
use crate::ports::db::{Records, RecordsError};
use crate::ports::incoming::{IncomingError, Opened, Place};
use crate::ports::objects::Objects;

/// Hashes that a .changes can name.
const LISTED: Algorithms = Algorithms { md5: true, sha1: true, sha512: false };

/// What the files of an upload were.
#[derive(Default)]
pub(super) struct Contents {
    /// The .dsc, when there is one and it reads well.
    pub(super) dsc: Option<(FileName, Dsc)>,
    /// The source package, when all of it is right.
    pub(super) source: Option<SourceRelease>,
    /// The binary packages that are right.
    pub(super) binaries: Vec<BinaryRelease>,
    /// The custom files that are right.
    pub(super) custom: Vec<CustomUpload>,
    /// What is wrong with the others.
    pub(super) reasons: Vec<Reason>,
}

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dsc,
    Binary,
    SourcePart,
    Buildinfo,
    /// Its section says so, whatever its name.
    Custom,
    Other,
}

/// The kind of a file of the .changes.
fn kind_of_listed(file: &ChangesFile) -> Kind {
    if is_custom(file) { Kind::Custom } else { kind_of(&file.name) }
}

/// The kind of the file with this name.
pub(super) fn kind_of(name: &FileName) -> Kind {
    let name = name.as_str();
    let is_part = |name: &str| name.contains(".tar.") || name.ends_with(".diff.gz");
    match name.rsplit_once('.') {
        Some((_, "dsc")) => Kind::Dsc,
        Some((_, "buildinfo")) => Kind::Buildinfo,
        _ if DebKind::of_file_name(name).is_some() => Kind::Binary,
        _ if is_part(name) => Kind::SourcePart,
        _ => Kind::Other,
    }
}

/// Reads the files of one .changes.
pub(super) struct FileReader<'a> {
    pub(super) site: &'a UploadSite<'a>,
    /// Where the packages go.
    pub(super) objects: &'a dyn Objects,
    pub(super) keyring: &'a Keyring<'a>,
    pub(super) place: Place<'a>,
    pub(super) directory: &'a str,
    /// The archives that know a file of this name perhaps, in the order in which they are asked.
    pub(super) lookups: &'a dyn Fn(&FileName) -> Vec<ArchiveId>,
}

impl FileReader<'_> {
    /// Reads everything that `changes` names.
    ///
    /// # Errors
    /// Only when the upload or the site fails; what is wrong with the files is in the answer.
    pub(super) fn read(&self, changes: &Changes) -> Result<Contents, Fault> {
        let mut contents = Contents::default();
        let mut present = BTreeMap::new();
        for file in &changes.files {
            match self.find(file)? {
                Ok(()) => drop(present.insert(&file.name, file)),
                Err(reason) => contents.reasons.push(reason),
            }
        }
        let mut seen = BTreeSet::new();
        for file in present.values().filter(|file| kind_of_listed(file) == Kind::Dsc) {
            seen.insert(&file.name);
            self.read_source(file, &present, &mut contents)?;
        }
        let mut listed = 0;
        for file in present.values().filter(|file| kind_of_listed(file) == Kind::Binary) {
            seen.insert(&file.name);
            if listed <= self.site.settings.listed_bytes {
                self.read_binary(file, &mut contents)?;
                listed = contents.binaries.iter().map(listed_bytes).sum();
            }
        }
        if listed > self.site.settings.listed_bytes {
            let message = "its packages install too many files together: upload them with several .changes";
            contents.reasons.push(Reason::of_upload(UPLOAD_TOO_MANY_FILES, message));
        }
        for file in present.values().filter(|file| kind_of_listed(file) == Kind::Custom) {
            seen.insert(&file.name);
            let read = self
                .reader(&file.name)
                .and_then(|reader| read_custom(self.site.objects, file, reader, &self.site.settings.limits));
            contents.custom.extend(collect(read, &mut contents.reasons)?);
        }
        // Those that the .dsc names were read with it, whether or not they were right.
        let in_source = contents.dsc.iter().flat_map(|(_, dsc)| &dsc.files);
        let in_source: BTreeSet<FileName> = in_source.map(|file| file.name.clone()).collect();
        let rest =
            present.values().filter(|file| !seen.contains(&file.name) && !in_source.contains(&file.name));
        let lists_dsc = changes.files.iter().any(|file| kind_of_listed(file) == Kind::Dsc);
        for file in rest {
            if kind_of(&file.name) == Kind::Buildinfo {
                self.read_buildinfo(file, &mut contents)?;
                continue;
            }
            self.hash_only(file, &mut contents)?;
            // Whether a .dsc that could not be read names it, nobody knows.
            let named_by_none = contents.dsc.is_some() || !lists_dsc;
            if kind_of_listed(file) == Kind::SourcePart && named_by_none {
                let message = "no .dsc of the upload names it; take it out of the .changes";
                contents.reasons.push(Reason::of_file(FILE_UNEXPECTED_KIND, &file.name, message));
            }
        }
        Ok(contents)
    }

    fn reader(&self, name: &FileName) -> Result<Box<dyn Read + Send>, IntakeError> {
        match self.site.incoming.open(self.place, self.directory, name) {
            Ok(Opened::File(file)) => Ok(file.reader),
            Ok(Opened::Other | Opened::Missing) => {
                let reason = Reason::of_file(UPLOAD_UNREADABLE, name, "it was taken away while it was read");
                Err(IntakeError::Refused(vec![reason]))
            }
            Err(error) => {
                Err(IntakeError::Read { file: name.to_string(), source: std::io::Error::other(error) })
            }
        }
    }

    /// Whether the file is there, in the right size and of a kind that belongs into an upload.
    fn find(&self, file: &ChangesFile) -> Result<Result<(), Reason>, IncomingError> {
        let name = &file.name;
        let opened = match self.site.incoming.open(self.place, self.directory, name)? {
            Opened::File(opened) => opened,
            Opened::Other => {
                return Ok(Err(Reason::of_file(UPLOAD_UNREADABLE, name, "it is no regular file")));
            }
            Opened::Missing => {
                let message = "the .changes names it, and it was not uploaded: upload all files again";
                return Ok(Err(Reason::of_file(FILE_MISSING, name, message)));
            }
        };
        if opened.size != file.size {
            return Ok(Err(Expected::from(file).size_mismatch(name, opened.size)));
        }
        if kind_of_listed(file) == Kind::Other {
            let message = "it is neither a package nor a part of one; take it out of the .changes";
            return Ok(Err(Reason::of_file(FILE_UNEXPECTED_KIND, name, message)));
        }
        Ok(Ok(()))
    }

    fn read_binary(&self, file: &ChangesFile, contents: &mut Contents) -> Result<(), Fault> {
        let expected = Expected::from(file);
        let limits = &self.site.settings.limits;
        let read = self.reader(&file.name).and_then(|reader| {
            read_listed_package(self.objects, &file.name, reader, Some(&expected), limits)
        });
        contents.binaries.extend(collect(read, &mut contents.reasons)?);
        Ok(())
    }

    fn read_source(
        &self,
        file: &ChangesFile,
        present: &BTreeMap<&FileName, &ChangesFile>,
        contents: &mut Contents,
    ) -> Result<(), Fault> {
        let (name, limits) = (&file.name, &self.site.settings.limits);
        let bytes = match read_text(self.site.incoming, self.place, self.directory, name, limits)? {
            Text::Bytes(bytes) => bytes,
            Text::Refused(reason) => return refuse(contents, vec![reason]),
        };
        let differences = Expected::from(file).differences(name, &Checksums::of(&bytes, LISTED));
        if !differences.is_empty() {
            return refuse(contents, differences);
        }
        let payload = match self.keyring.believe(name, &bytes) {
            Ok(believed) => believed.payload,
            Err(doubted) => return refuse(contents, vec![doubted.reason]),
        };
        let text = DscText { name, bytes: &bytes, payload: &payload };
        let dsc = match parse_dsc(&text, limits) {
            Ok(dsc) => dsc,
            Err(reasons) => return refuse(contents, reasons),
        };
        let release = self.read_parts(&text, &dsc, present, &mut contents.reasons)?;
        contents.source = contents.source.take().or(release);
        contents.dsc.get_or_insert((name.clone(), dsc));
        Ok(())
    }

    /// Takes the files that the .dsc names: from the upload, or from what the archive has already.
    fn read_parts(
        &self,
        text: &DscText<'_>,
        dsc: &Dsc,
        present: &BTreeMap<&FileName, &ChangesFile>,
        reasons: &mut Vec<Reason>,
    ) -> Result<Option<SourceRelease>, Fault> {
        let mut stored: BTreeMap<&FileName, Sha256> = BTreeMap::new();
        for file in dsc.files.iter().filter(|file| !present.contains_key(&file.name)) {
            if let Some(sha256) = self.known(&file.name)? {
                stored.insert(&file.name, sha256);
            }
        }
        let read = read_source(self.objects, text, dsc, &self.site.settings.limits, &mut |file| {
            if let Some(listed) = present.get(&file.name) {
                let reader = self.reader(&file.name)?;
                return Ok(Origin::Beside { reader, also: Some(Expected::from(*listed)) });
            }
            Ok(stored.get(&file.name).map_or(Origin::Nowhere, |sha256| Origin::Stored(*sha256)))
        });
        collect(read, reasons)
    }

    fn known(&self, name: &FileName) -> Result<Option<Sha256>, Fault> {
        let lookups = (self.lookups)(name);
        let Some(sha256) = first_known(self.site.records, &lookups, name)? else { return Ok(None) };
        Ok(self.site.objects.size(&sha256)?.map(|_| sha256))
    }

    /// A .buildinfo need not be signed; but a signature that it has must be good.
    fn read_buildinfo(&self, file: &ChangesFile, contents: &mut Contents) -> Result<(), Fault> {
        let (name, limits) = (&file.name, &self.site.settings.limits);
        let bytes = match read_text(self.site.incoming, self.place, self.directory, name, limits)? {
            Text::Bytes(bytes) => bytes,
            Text::Refused(reason) => return refuse(contents, vec![reason]),
        };
        let differences = Expected::from(file).differences(name, &Checksums::of(&bytes, LISTED));
        if !differences.is_empty() {
            return refuse(contents, differences);
        }
        contents.reasons.extend(self.keyring.verify_if_signed(name, &bytes).err());
        Ok(())
    }

    /// A file that nothing is made of must still be what the .changes says: the upload is whole, or refused.
    fn hash_only(&self, file: &ChangesFile, contents: &mut Contents) -> Result<(), Fault> {
        let read = self.reader(&file.name).and_then(|reader| {
            HashingReader::new(reader.take(file.size.saturating_add(1)), LISTED)
                .finish()
                .map_err(|source| IntakeError::Read { file: file.name.to_string(), source })
        });
        if let Some(found) = collect(read, &mut contents.reasons)? {
            contents.reasons.extend(Expected::from(file).differences(&file.name, &found));
        }
        Ok(())
    }
}

/// The SHA-256 by which the first of these archives that has ever had a file of this name knows it.
pub(super) fn first_known(
    records: &dyn Records,
    archives: &[ArchiveId],
    name: &FileName,
) -> Result<Option<Sha256>, RecordsError> {
    for archive in archives {
        if let Some(sha256) = records.known_file(*archive, name)? {
            return Ok(Some(sha256));
        }
    }
    Ok(None)
}

/// What the list of a package's files takes in memory, in bytes.
fn listed_bytes(package: &BinaryRelease) -> usize {
    package.contents.iter().map(|path| path.len() + size_of::<String>()).sum()
}

fn refuse(contents: &mut Contents, reasons: Vec<Reason>) -> Result<(), Fault> {
    contents.reasons.extend(reasons);
    Ok(())
}

/// Keeps the reasons of what was refused, and lets everything else through.
fn collect<T>(read: Result<T, IntakeError>, reasons: &mut Vec<Reason>) -> Result<Option<T>, Fault> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(IntakeError::Refused(more)) => {
            reasons.extend(more);
            Ok(None)
        }
        Err(error @ (IntakeError::Read { .. } | IntakeError::Store { .. })) => Err(error.into()),
    }
}
