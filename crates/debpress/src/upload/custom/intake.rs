//! Takes a custom file into the content store, and looks at all of it on the way.

use std::collections::BTreeMap;
use std::io::Read;

use debfmt::changes::ChangesFile;
use debfmt::compress::{Compression, decoder};
use debfmt::deb822::paragraphs;
use debfmt::digest::Sha256;
use debfmt::limits::{LimitedReader, Limits};

use super::unpack::{Tarball, UnpackError, UnpackFault, unpack};
use super::{Contents, CustomUpload, Named, recognise};
use crate::model::custom::{CustomType, QueuedCustom, SafePath};
use crate::model::package::PackageFile;
use crate::ports::objects::Objects;
use crate::upload::intake::{Expected, Intake, IntakeError};
use crate::upload::package::{bounded, kept, refuse_if_any};
use crate::upload::reason::{Family, Reason};

/// Bytes of one translation, unpacked: several times the largest that distributions have.
const TRANSLATION_BYTES: u64 = 32 * 1024 * 1024;

/// Reads the custom file that `listed` describes.
///
/// The object is visible when this returns, and durable after [`Objects::sync`].
///
/// # Errors
/// [`IntakeError::Refused`], and then nothing is kept; or the file or the store failed.
pub(in crate::upload) fn read_custom(
    objects: &dyn Objects,
    listed: &ChangesFile,
    reader: impl Read,
    limits: &Limits,
) -> Result<CustomUpload, IntakeError> {
    let (name, expected) = (&listed.name, Expected::from(listed));
    let (kind, named) = recognise(listed).map_err(|reason| IntakeError::Refused(vec![reason]))?;
    let mut intake = Intake::begin(objects, name, bounded(reader, Some(&expected)))?;
    let versions = look_inside(&mut intake, kind, &named, listed, limits);
    let taken = intake.finish()?;
    // When the file is another one, what strange bytes hold is of no interest.
    refuse_if_any(expected.differences(name, &taken.checksums))?;
    let versions = versions.map_err(|reason| IntakeError::Refused(vec![reason]))?;
    let file = PackageFile { name: name.clone(), checksums: kept(&taken.keep()?) };
    Ok(CustomUpload { queued: QueuedCustom { kind, file }, named, versions })
}

/// The names of the directories that a file would make below its place.
fn look_inside(
    intake: &mut Intake<impl Read>,
    kind: CustomType,
    named: &Named,
    listed: &ChangesFile,
    limits: &Limits,
) -> Result<Vec<String>, Reason> {
    let Some(place) = &named.place else { return Ok(Vec::new()) };
    let tarball = Tarball { kind, place, bytes: listed.size };
    let mut texts = Texts::default();
    let unpacked = unpack(intake, &tarball, limits, &mut |path, content| match place.contents {
        Contents::Translations => texts.read(path, content),
        Contents::Version(_) | Contents::Versions => Ok(()),
    });
    let fault = match unpacked {
        Ok(unpacked) => {
            let versions = unpacked.into_iter().filter_map(|one| one.version);
            return Ok(versions.map(|version| version.to_string()).collect());
        }
        Err(UnpackError::Fault(fault) | UnpackError::Keep(fault)) => fault,
    };
    Err(Reason::of_file(Family::Custom.code(fault.code()), &listed.name, &fault))
}

/// The texts of translations, by language: every compression of one must say the same, and clients must be able to
/// read it, or their update fails.
#[derive(Default)]
struct Texts(BTreeMap<String, Sha256>);

impl Texts {
    fn read(&mut self, path: &SafePath, content: &mut dyn Read) -> Result<(), UnpackFault> {
        let bad = |why: String| UnpackFault::BadTranslation { path: path.to_string(), why };
        let (language, compression) = Compression::of_name(path.as_str());
        let limits = Limits { text_bytes: TRANSLATION_BYTES, ..Limits::index() };
        let mut text = Vec::new();
        let decoded = decoder(compression, content, &limits).map_err(|error| bad(error.to_string()))?;
        let mut decoded = LimitedReader::new(decoded, "the translation", TRANSLATION_BYTES);
        decoded.read_to_end(&mut text).map_err(|error| bad(error.to_string()))?;
        let paragraphs = paragraphs(&text, &limits).map_err(|error| bad(error.to_string()))?;
        for paragraph in paragraphs {
            paragraph.map_err(|error| bad(error.to_string()))?;
        }
        let sha256 = Sha256::of(&text);
        if *self.0.entry(language.to_owned()).or_insert(sha256) != sha256 {
            return Err(bad("another file of its language has another text".to_owned()));
        }
        Ok(())
    }
}
