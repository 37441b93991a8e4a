//! Reads a source package: its .dsc and every file that the .dsc names.

use std::io::Read;

use debfmt::clearsign::{self, Document};
use debfmt::digest::{Algorithms, Checksums, Sha256};
use debfmt::dsc::{Dsc, SourceFile};
use debfmt::limits::Limits;
use debfmt::names::{FileName, NameError};
use debfmt::source_tree::{SourceTree, SourceTreeError};
use debfmt::sources::{self, package_list};

use super::intake::{Expected, Intake, IntakeError};
use super::package::{NO_PRIORITY, NO_SECTION, bounded, kept, refuse_if_any};
use super::reason::{DSC_MALFORMED, FILE_MISSING, Family, Reason};
use crate::model::package::{PackageFile, SourceRelease};
use crate::ports::objects::Objects;

/// Where a file that a .dsc names comes from.
pub enum Origin<'a> {
    /// It came with the .dsc, and goes into the store.
    Beside {
        /// Its bytes.
        reader: Box<dyn Read + 'a>,
        /// What another list says about it, beside the .dsc.
        also: Option<Expected>,
    },
    /// The store has it since an earlier upload, under this hash; it is read again to see that it is sound and that
    /// the .dsc means the same bytes.
    Stored(Sha256),
    /// Nobody has it.
    Nowhere,
}

/// A .dsc as it lies there, and the part of it that is believed.
pub struct DscText<'a> {
    /// Its file name.
    pub name: &'a FileName,
    /// All bytes of the file: these go into the pool.
    pub bytes: &'a [u8],
    /// What was signed: this is parsed.
    pub payload: &'a [u8],
}

/// The signed part of a .dsc without looking at who has signed it, for an administrator who vouches for the file;
/// the whole text when it is not signed.
///
/// # Errors
/// [`IntakeError::Refused`]: there is text outside the signed part, or its armour is broken.
pub fn unverified_payload(name: &FileName, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, IntakeError> {
    match clearsign::split(bytes, limits) {
        Ok(Document::Signed(signed)) => Ok(signed.payload),
        Ok(Document::Unsigned(text)) => Ok(text),
        Err(error) => Err(IntakeError::Refused(vec![Reason::of_file(DSC_MALFORMED, name, error)])),
    }
}

/// Parses the believed part of a .dsc.
///
/// # Errors
/// Every fault that it has.
pub fn parse_dsc(text: &DscText<'_>, limits: &Limits) -> Result<Dsc, Vec<Reason>> {
    Dsc::parse(text.payload, limits).map_err(|errors| {
        let reasons =
            errors.iter().map(|error| Reason::of_file(Family::Dsc.code(error.code()), text.name, error));
        reasons.collect()
    })
}

/// Takes a source package into the content store. `open` finds each file that `dsc` names.
///
/// The objects are visible when this returns, and durable after [`Objects::sync`].
///
/// # Errors
/// [`IntakeError::Refused`] with every file that is missing or differs from what the .dsc says; files that were
/// right may stay in the store as objects that nothing needs. Or a file or the store failed.
pub fn read_source(
    objects: &dyn Objects,
    text: &DscText<'_>,
    dsc: &Dsc,
    limits: &Limits,
    open: &mut dyn for<'f> FnMut(&'f SourceFile) -> Result<Origin<'f>, IntakeError>,
) -> Result<SourceRelease, IntakeError> {
    let mut reasons = Vec::new();
    let mut tree = SourceTree::default();
    let mut files = Vec::with_capacity(dsc.files.len() + 1);
    for file in &dsc.files {
        let mut look = |bytes: &mut dyn Read| tree.read(&file.name, bytes, limits).err();
        match open(file).and_then(|origin| take(objects, file, origin, &mut look)) {
            Ok(checksums) => files.push(PackageFile { name: file.name.clone(), checksums }),
            Err(IntakeError::Refused(more)) => reasons.extend(more),
            Err(error @ (IntakeError::Read { .. } | IntakeError::Store { .. })) => return Err(error),
        }
    }
    refuse_if_any(reasons)?;
    let inspected = tree.finish(dsc).map_err(|error| IntakeError::Refused(vec![wrong(text.name, &error)]))?;
    // Last: while a file is missing, the .dsc is of no use to anybody.
    let checksums = kept(&Intake::begin(objects, text.name, text.bytes)?.finish()?.keep()?);
    let file_lists = sources::file_lists(dsc, text.name, &checksums);
    files.insert(0, PackageFile { name: text.name.clone(), checksums });
    let (section, priority) = wished_place(dsc);
    Ok(SourceRelease {
        name: dsc.source.clone(),
        version: dsc.version.clone(),
        section,
        priority,
        stanza: sources::stanza_body(dsc),
        file_lists,
        files,
        changelog: inspected.changelog.text,
        copyright: inspected.copyright,
    })
}

/// Looks into a file while its bytes pass; what is wrong with it.
type Look<'l> = dyn FnMut(&mut dyn Read) -> Option<SourceTreeError> + 'l;

fn wrong(name: &FileName, error: &SourceTreeError) -> Reason {
    Reason::of_file(Family::Source.code(error.code()), name, error)
}

/// Takes one file. When it is another one than the lists say, only that is reported.
fn take(
    objects: &dyn Objects,
    file: &SourceFile,
    origin: Origin<'_>,
    look: &mut Look<'_>,
) -> Result<Checksums, IntakeError> {
    let expected = Expected::from(file);
    match origin {
        Origin::Beside { reader, also } => {
            let mut intake = Intake::begin(objects, &file.name, bounded(reader, Some(&expected)))?;
            let fault = look(&mut intake);
            let taken = intake.finish()?;
            let mut reasons = expected.differences(&file.name, &taken.checksums);
            reasons.extend(also.into_iter().flat_map(|also| also.differences(&file.name, &taken.checksums)));
            refuse_if_any(reasons)?;
            refuse_if_any(fault.iter().map(|fault| wrong(&file.name, fault)).collect())?;
            Ok(kept(&taken.keep()?))
        }
        Origin::Stored(sha256) => {
            let (found, fault) = stored(objects, &file.name, &sha256, look)?;
            refuse_if_any(expected.differences(&file.name, &found))?;
            refuse_if_any(fault.iter().map(|fault| wrong(&file.name, fault)).collect())?;
            Ok(kept(&found))
        }
        Origin::Nowhere => {
            let message = "it is neither beside the .dsc nor known to the archive: add it";
            Err(IntakeError::Refused(vec![Reason::of_file(FILE_MISSING, &file.name, message)]))
        }
    }
}

fn stored(
    objects: &dyn Objects,
    file: &FileName,
    sha256: &Sha256,
    look: &mut Look<'_>,
) -> Result<(Checksums, Option<SourceTreeError>), IntakeError> {
    let reader =
        objects.open(sha256).map_err(|source| IntakeError::Store { file: file.to_string(), source })?;
    let algorithms = Algorithms { sha512: false, ..Algorithms::ALL };
    let mut hashing = debfmt::digest::HashingReader::new(reader, algorithms);
    let fault = look(&mut hashing);
    let found = hashing.finish().map_err(|source| IntakeError::Read { file: file.to_string(), source })?;
    Ok((found, fault))
}

/// Section and priority of the first package that the source builds: a .dsc has no such field for itself. A .changes
/// and the archive's own choice come before it.
fn wished_place(dsc: &Dsc) -> (String, String) {
    let list = dsc.paragraph.get("Package-List").unwrap_or_default();
    match package_list(list).next() {
        Some(first) => (first.section.to_owned(), first.priority.to_owned()),
        None => (NO_SECTION.to_owned(), NO_PRIORITY.to_owned()),
    }
}

/// The name that a .dsc has by rule: `SOURCE_VERSION.dsc`, the version without its epoch.
///
/// # Errors
/// The parts are too long together.
pub fn dsc_file_name(dsc: &Dsc) -> Result<FileName, NameError> {
    FileName::parse(&format!("{}_{}.dsc", dsc.source, dsc.version.without_epoch()))
}
