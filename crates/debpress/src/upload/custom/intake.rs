//! Takes a custom file into the content store, and looks at all of it on the way.

use std::convert::Infallible;
use std::io::Read;

use debfmt::changes::ChangesFile;
use debfmt::limits::Limits;

use super::unpack::{Tarball, UnpackError, unpack};
use super::{CustomUpload, Named, recognise};
use crate::model::custom::{CustomType, QueuedCustom};
use crate::model::package::PackageFile;
use crate::ports::objects::Objects;
use crate::upload::intake::{Expected, Intake, IntakeError};
use crate::upload::package::{bounded, kept, refuse_if_any};
use crate::upload::reason::{Family, Reason};

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
    let unpacked = unpack::<(), Infallible>(intake, &tarball, limits, &mut |_| Ok(()));
    match unpacked {
        Ok(unpacked) => {
            let versions = unpacked.into_iter().filter_map(|one| one.version);
            Ok(versions.map(|version| version.to_string()).collect())
        }
        Err(UnpackError::Fault(fault)) => {
            Err(Reason::of_file(Family::Custom.code(fault.code()), &listed.name, &fault))
        }
        Err(UnpackError::Keep(never)) => match never {},
    }
}
