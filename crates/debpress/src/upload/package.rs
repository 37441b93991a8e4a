//! Reads a binary package once, and makes all that will ever be needed of it: its bytes in the content store, its
//! hashes, its index text and its list of files.
//!
//! The same code takes packages from uploads and from an administrator; who believes them, and why, is decided
//! elsewhere.

use std::io::Read;

use debfmt::deb::{self, DataEntry, DebFile, DebKind};
use debfmt::deb822::Paragraph;
use debfmt::digest::Checksums;
use debfmt::limits::Limits;
use debfmt::names::{self, Architecture, FileName, NameError, PackageName};
use debfmt::packages;
use debfmt::version::Version;

use super::intake::{Expected, Intake, IntakeError};
use super::reason::{DEB_BAD_FIELD, DEB_MISSING_FIELD, FILE_UNEXPECTED_KIND, Family, Reason};
use crate::model::package::{BinaryRelease, FileTimes, PackageFile};
use crate::ports::objects::Objects;

/// Section of a package whose maker named none.
pub(super) const NO_SECTION: &str = "misc";
/// Priority of a package whose maker named none (Policy 2.5).
pub(super) const NO_PRIORITY: &str = "optional";

/// Reads a .deb, .udeb or .ddeb into the content store.
///
/// `name` is the file's name: it decides the kind, and the pool will use it; see [`binary_file_name`]. The object
/// is visible when this returns, and durable after [`Objects::sync`].
///
/// # Errors
/// [`IntakeError::Refused`] with every fault of the package, and then nothing is kept; or the file or the store
/// failed.
pub fn read_package(
    objects: &dyn Objects,
    name: &FileName,
    reader: impl Read,
    limits: &Limits,
) -> Result<BinaryRelease, IntakeError> {
    read_listed_package(objects, name, reader, None, limits)
}

/// [`read_package`] for a file about which a list says something. When the file is another one, only that is
/// reported: what strange bytes hold is of no interest.
///
/// # Errors
/// As for [`read_package`].
pub fn read_listed_package(
    objects: &dyn Objects,
    name: &FileName,
    reader: impl Read,
    expected: Option<&Expected>,
    limits: &Limits,
) -> Result<BinaryRelease, IntakeError> {
    let Some(kind) = DebKind::of_file_name(name.as_str()) else {
        let message = "the name ends neither with .deb nor .udeb nor .ddeb";
        return Err(IntakeError::Refused(vec![Reason::of_file(FILE_UNEXPECTED_KIND, name, message)]));
    };
    let mut intake = Intake::begin(objects, name, bounded(reader, expected))?;
    let package = deb::read(&mut intake, limits);
    let taken = intake.finish()?;
    let differences = expected.map(|expected| expected.differences(name, &taken.checksums));
    refuse_if_any(differences.unwrap_or_default())?;
    let package = package.map_err(|error| {
        IntakeError::Refused(vec![Reason::of_file(Family::Deb.code(error.code()), name, &error)])
    })?;
    let release = binary_release(kind, name, &taken.checksums, &package).map_err(IntakeError::Refused)?;
    taken.keep()?;
    Ok(release)
}

/// Takes at most one byte more than the list says: enough to see that there is more, without filling the disk.
pub(super) fn bounded<'a>(reader: impl Read + 'a, expected: Option<&Expected>) -> impl Read + 'a {
    reader.take(expected.map_or(u64::MAX, |expected| expected.size.saturating_add(1)))
}

pub(super) fn refuse_if_any(reasons: Vec<Reason>) -> Result<(), IntakeError> {
    if reasons.is_empty() { Ok(()) } else { Err(IntakeError::Refused(reasons)) }
}

/// The name that a binary package's file has by rule: `PACKAGE_VERSION_ARCH.deb`, the version without its epoch
/// (deb(7), Policy 5.6.12).
///
/// # Errors
/// The parts are too long together.
pub fn binary_file_name(release: &BinaryRelease) -> Result<FileName, NameError> {
    let BinaryRelease { name, version, architecture, kind, .. } = release;
    FileName::parse(&format!("{name}_{}_{architecture}.{}", version.without_epoch(), kind.extension()))
}

/// The hashes that are kept with a package's file, and so stand in the indexes: old clients read MD5, every other
/// one SHA-256; nothing reads SHA-1 only.
pub(super) fn kept(checksums: &Checksums) -> Checksums {
    Checksums { sha1: None, sha512: None, ..checksums.clone() }
}

fn binary_release(
    kind: DebKind,
    file: &FileName,
    checksums: &Checksums,
    package: &DebFile,
) -> Result<BinaryRelease, Vec<Reason>> {
    let mut fields = Fields { file, control: &package.control, reasons: Vec::new() };
    let name = fields.required("Package", PackageName::parse);
    let version = fields.required("Version", Version::parse);
    let architecture = fields.required("Architecture", Architecture::parse);
    // Without a Source field the source has the package's own name (Policy 5.6.1).
    let source_field = if package.control.contains("Source") { "Source" } else { "Package" };
    let source = match (source_field, &name) {
        ("Package", None) => None,
        _ => fields.required(source_field, names::parse_source_field),
    };
    let Fields { reasons, .. } = fields;
    match (name, version, architecture, source) {
        (Some(name), Some(version), Some(architecture), Some((source_name, source_version)))
            if reasons.is_empty() =>
        {
            Ok(BinaryRelease {
                source_version: source_version.unwrap_or_else(|| version.clone()),
                name,
                version,
                architecture,
                kind,
                source_name,
                section: first_line(&package.control, "Section", NO_SECTION),
                priority: first_line(&package.control, "Priority", NO_PRIORITY),
                stanza: packages::stanza_body(&package.control),
                file: PackageFile { name: file.clone(), checksums: kept(checksums) },
                contents: package.files().map(str::to_owned).collect(),
                times: times(package),
            })
        }
        _ => Err(reasons),
    }
}

fn times(package: &DebFile) -> Option<FileTimes> {
    let stamp = |entry: &DataEntry| (entry.mtime, entry.path.clone());
    let oldest = package.entries.iter().min_by_key(|entry| entry.mtime).map(stamp)?;
    let newest = package.entries.iter().max_by_key(|entry| entry.mtime).map(stamp)?;
    Some(FileTimes { oldest, newest })
}

/// Reads mandatory fields and keeps the faults of all of them.
struct Fields<'a> {
    file: &'a FileName,
    control: &'a Paragraph,
    reasons: Vec<Reason>,
}

impl Fields<'_> {
    fn required<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.control.first_line(field).map(str::trim).filter(|value| !value.is_empty());
        let Some(value) = value else {
            let message = format!("the control file has no {field}");
            self.reasons.push(Reason::of_file(DEB_MISSING_FIELD, self.file, message));
            return None;
        };
        let wrong = |error| Reason::of_file(DEB_BAD_FIELD, self.file, format!("{field}: {error}"));
        parse(value).map_err(|error| self.reasons.push(wrong(error))).ok()
    }
}

fn first_line(control: &Paragraph, field: &str, default: &str) -> String {
    let value = control.first_line(field).map(str::trim).filter(|value| !value.is_empty());
    value.unwrap_or(default).to_owned()
}
