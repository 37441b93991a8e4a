//! The content store against the records: what they need must be there.

use debfmt::digest::{Algorithms, HashingReader, Sha256};

use super::codes::{OBJECT_CONTENT, OBJECT_MISSING, OBJECT_SIZE};
use super::{CheckError, CheckReport, CheckSite};
use crate::ports::objects::ObjectError;

/// The way out of every problem with an object.
const RESTORE: &str =
    "restore it from a backup of the content store, or from a mirror's copy of the package file";

/// Checks every object that any release needs.
pub(super) fn check(site: &CheckSite<'_>, report: &mut CheckReport) -> Result<(), CheckError> {
    let mut failure = None;
    let walked = site.records.needed_objects(&mut |sha256, size| {
        report.objects += 1;
        match object(site, report, &sha256, size) {
            Ok(()) => true,
            Err(source) => {
                failure = Some(CheckError::Objects { source });
                false
            }
        }
    });
    walked.map_err(|source| CheckError::Records { subject: "the objects".to_owned(), source })?;
    failure.map_or(Ok(()), Err)
}

fn object(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    sha256: &Sha256,
    size: u64,
) -> Result<(), ObjectError> {
    let subject = format!("object {sha256}");
    match site.objects.size(sha256)? {
        None => report.add(OBJECT_MISSING, subject, format!("the content store does not have it; {RESTORE}")),
        Some(found) if found != size => {
            let message = format!("it has {found} bytes, the records say {size}; {RESTORE}");
            report.add(OBJECT_SIZE, subject, message);
        }
        Some(_) if site.full => {
            if let Some(fault) = content(site, sha256)? {
                report.add(OBJECT_CONTENT, subject, format!("{fault}; {RESTORE}"));
            }
        }
        Some(_) => {}
    }
    Ok(())
}

/// What is wrong with the bytes of an object, if anything is.
fn content(site: &CheckSite<'_>, sha256: &Sha256) -> Result<Option<String>, ObjectError> {
    let object = site.objects.open(sha256)?;
    Ok(match HashingReader::new(object, Algorithms::SHA256).finish() {
        Ok(found) if found.sha256 == *sha256 => None,
        Ok(found) => Some(format!("its bytes have the SHA-256 {}", found.sha256)),
        Err(error) => Some(format!("it cannot be read: {error}")),
    })
}
