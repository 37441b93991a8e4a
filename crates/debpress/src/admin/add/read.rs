//! Reads one package into the content store.

use std::io::BufReader;

use debfmt::digest::Sha256;
use debfmt::dsc::SourceFile;
use debfmt::limits::Limits;
use debfmt::names::{Component, FileName};

use super::files::{Kind, Package, unreadable, usable_name};
use super::place::place;
use crate::adapters::fs::local;
use crate::model::package::Release;
use crate::model::suite::Series;
use crate::ports::db::{NewPublication, RecordsError};
use crate::ports::objects::{ObjectError, Objects};
use crate::upload::intake::IntakeError;
use crate::upload::package::{binary_file_name, read_listed_package};
use crate::upload::reason::{FILE_MISSING, Reason, UPLOAD_UNREADABLE};
use crate::upload::source::{DscText, Origin, dsc_file_name, parse_dsc, read_source, unverified_payload};

/// Bytes read from a package at once.
const BUFFER: usize = 128 * 1024;

/// What became of one package.
pub(super) enum Outcome {
    /// It is in the content store, and this is to be recorded.
    Read(Box<NewPublication>),
    /// It is at fault, or cannot be read.
    Refused(Vec<Reason>),
    /// A source whose files are not all beside it: the records must say whether the archive has them.
    NeedsKnownFiles,
    /// The content store failed: nothing more can be added.
    StoreFailed(ObjectError),
    /// The records failed.
    RecordsFailed(RecordsError),
}

/// What all threads read with.
pub(super) struct Reader<'a> {
    pub(super) objects: &'a dyn Objects,
    pub(super) limits: &'a Limits,
    pub(super) series: &'a Series,
    pub(super) component: Option<&'a Component>,
}

/// Tells what the archive has under a file name.
pub(super) type Known<'a> = dyn Fn(&FileName) -> Result<Option<Sha256>, RecordsError> + 'a;

/// Why a package was not read.
enum Fault {
    Refused(Vec<Reason>),
    NeedsKnownFiles,
    Store(ObjectError),
    Records(RecordsError),
}

impl From<IntakeError> for Fault {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Refused(reasons) => Self::Refused(reasons),
            IntakeError::Read { source, .. } => Self::Refused(vec![unreadable(&source)]),
            IntakeError::Store { source, .. } => Self::Store(source),
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self::Refused(vec![reason])
    }
}

impl Reader<'_> {
    /// Reads a package; for a source, all its files must lie beside it.
    pub(super) fn read(&self, package: &Package) -> Outcome {
        outcome(self.take(package, None))
    }

    /// Reads a source some of whose files the archive may have.
    pub(super) fn read_with(&self, package: &Package, known: &Known<'_>) -> Outcome {
        outcome(self.take(package, Some(known)))
    }

    fn take(&self, package: &Package, known: Option<&Known<'_>>) -> Result<NewPublication, Fault> {
        let release = match package.kind {
            Kind::Binary => self.binary(package)?,
            Kind::Source | Kind::Changes => self.source(package, known)?,
        };
        place(release, package.listed.as_ref(), self.series, self.component).map_err(Fault::Refused)
    }

    fn binary(&self, package: &Package) -> Result<Release, Fault> {
        let name = usable_name(&package.path)?;
        let file = local::open(&package.path).map_err(|error| missing_or_unreadable(&error))?;
        let file = BufReader::with_capacity(BUFFER, file);
        let expected = package.listed.as_ref().map(|listed| &listed.expected);
        let mut binary = read_listed_package(self.objects, &name, file, expected, self.limits)?;
        binary.file.name =
            binary_file_name(&binary).map_err(|error| Reason::of_upload(UPLOAD_UNREADABLE, error))?;
        Ok(Release::Binary(binary))
    }

    fn source(&self, package: &Package, known: Option<&Known<'_>>) -> Result<Release, Fault> {
        let given = usable_name(&package.path)?;
        let bytes = local::read_small(&package.path, self.limits.text_bytes)
            .map_err(|error| missing_or_unreadable(&error))?;
        if let Some(listed) = &package.listed {
            refuse_if_any(listed.expected.differences(&given, &of(&bytes)))?;
        }
        let payload = unverified_payload(&given, &bytes, self.limits)?;
        let text = DscText { name: &given, bytes: &bytes, payload: &payload };
        let dsc = parse_dsc(&text, self.limits).map_err(Fault::Refused)?;
        let name = dsc_file_name(&dsc).map_err(|error| Reason::of_upload(UPLOAD_UNREADABLE, error))?;
        let text = DscText { name: &name, ..text };
        let mut failed = None;
        let mut needs_known = false;
        let read = read_source(self.objects, &text, &dsc, self.limits, &mut |file| match self
            .origin(package, file, known)
        {
            Ok(origin) => Ok(origin),
            Err(Fault::NeedsKnownFiles) => {
                needs_known = true;
                Ok(Origin::Nowhere)
            }
            Err(Fault::Refused(reasons)) => Err(IntakeError::Refused(reasons)),
            Err(fault @ (Fault::Store(_) | Fault::Records(_))) => {
                failed = Some(fault);
                Ok(Origin::Nowhere)
            }
        });
        match (failed, needs_known) {
            (Some(fault), _) => Err(fault),
            (None, true) => Err(Fault::NeedsKnownFiles),
            (None, false) => Ok(Release::Source(read?)),
        }
    }

    /// Where a file that a .dsc names comes from.
    fn origin<'f>(
        &self,
        package: &Package,
        file: &SourceFile,
        known: Option<&Known<'_>>,
    ) -> Result<Origin<'f>, Fault> {
        match local::open(&package.path.with_file_name(file.name.as_str())) {
            Ok(opened) => {
                let reader = Box::new(BufReader::with_capacity(BUFFER, opened));
                Ok(Origin::Beside { reader, also: None })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let known = known.ok_or(Fault::NeedsKnownFiles)?;
                let had = known(&file.name).map_err(Fault::Records)?;
                Ok(had.map_or(Origin::Nowhere, Origin::Stored))
            }
            Err(error) => Err(Reason::of_file(UPLOAD_UNREADABLE, &file.name, error).into()),
        }
    }
}

fn of(bytes: &[u8]) -> debfmt::digest::Checksums {
    debfmt::digest::Checksums::of(bytes, debfmt::digest::Algorithms::ALL)
}

fn refuse_if_any(reasons: Vec<Reason>) -> Result<(), Fault> {
    if reasons.is_empty() { Ok(()) } else { Err(Fault::Refused(reasons)) }
}

fn missing_or_unreadable(error: &std::io::Error) -> Reason {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Reason::of_upload(FILE_MISSING, "there is no such file");
    }
    unreadable(error)
}

fn outcome(read: Result<NewPublication, Fault>) -> Outcome {
    match read {
        Ok(publication) => Outcome::Read(Box::new(publication)),
        Err(Fault::Refused(reasons)) => Outcome::Refused(reasons),
        Err(Fault::NeedsKnownFiles) => Outcome::NeedsKnownFiles,
        Err(Fault::Store(error)) => Outcome::StoreFailed(error),
        Err(Fault::Records(error)) => Outcome::RecordsFailed(error),
    }
}
