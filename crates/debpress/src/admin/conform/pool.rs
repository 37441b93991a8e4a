//! The files of packages: that they are there, how large they are, and, asked for, what is in them.

use debfmt::deb::{self, DebError};
use debfmt::digest::{Algorithms, HashingReader};

use super::Conform;
use super::codes::{
    ARCHIVE_BOUND, ARCHIVE_UNREADABLE, POOL_CONTROL, POOL_HASH, POOL_MALFORMED, POOL_MISSING, POOL_SIZE, Rule,
};
use super::known::Wanted;
use super::reading::limits;
use super::release::Suite;
use super::threads::at_once;
use crate::ports::outside::{FileSize, OutsideError};
use std::io::Read;

/// How large a file of a package may be to be read, in bytes. A part of a .deb has at most 10 GB (ar).
const PACKAGE_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// Something that is wrong with a file, if anything is.
type Fault = Option<(&'static Rule, String)>;

/// Looks at the files, several at once, and tells of them in their order.
pub(super) fn judge(suite: &mut Suite<'_>, files: &[Wanted]) {
    let of = suite.of;
    let total = files.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let look = |wanted: &Wanted| {
        let number = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if number.is_multiple_of(100) {
            (of.step)(&format!("{}: file {number} of {total}", suite.name));
        }
        judge_one(of, wanted)
    };
    let faults = at_once(files, look);
    suite.report.pool_files += total as u64;
    for (wanted, fault) in files.iter().zip(faults) {
        if let Some((rule, message)) = fault {
            suite.report.findings.add(rule, &wanted.file.path, message);
        }
    }
}

fn judge_one(of: &Conform<'_>, wanted: &Wanted) -> Fault {
    let judged = if of.full { whole(of, wanted) } else { there(of, wanted) };
    judged.unwrap_or_else(|error| Some((ARCHIVE_UNREADABLE, error.to_string())))
}

fn there(of: &Conform<'_>, wanted: &Wanted) -> Result<Fault, OutsideError> {
    Ok(match of.outside.size(&wanted.file.path)? {
        None => Some(missing(wanted)),
        Some(FileSize::Known(size)) if size != wanted.file.size => {
            Some(other_size(wanted, &format!("it has {size} bytes")))
        }
        Some(_) => None,
    })
}

fn missing(wanted: &Wanted) -> (&'static Rule, String) {
    (POOL_MISSING, format!("{} names it and it is not there", wanted.index))
}

fn other_size(wanted: &Wanted, found: &str) -> (&'static Rule, String) {
    (POOL_SIZE, format!("{found}, {} says {}", wanted.index, wanted.file.size))
}

/// Reads a file to its end. Of one with another size or hash nothing else is said.
fn whole(of: &Conform<'_>, wanted: &Wanted) -> Result<Fault, OutsideError> {
    let Some(opened) = of.outside.open(&wanted.file.path)? else { return Ok(Some(missing(wanted))) };
    let size = wanted.file.size;
    if size > PACKAGE_BYTES {
        return Ok(Some((
            ARCHIVE_BOUND,
            format!("{} says that it has more than {PACKAGE_BYTES} bytes", wanted.index),
        )));
    }
    let mut file = HashingReader::new(opened.reader.take(size.saturating_add(1)), Algorithms::SHA256);
    let control = wanted.says.as_ref().map(|says| (says, deb::read_control(&mut file, &limits())));
    let sums = file.finish().map_err(|error| OutsideError::of(&error))?;
    if sums.size != size {
        let found = if sums.size > size {
            "it has more bytes".to_owned()
        } else {
            format!("it has {} bytes", sums.size)
        };
        return Ok(Some(other_size(wanted, &found)));
    }
    if let Some(sha256) = wanted.file.sha256.filter(|sha256| *sha256 != sums.sha256) {
        let message = format!("its SHA256 is {}, {} says {sha256}", sums.sha256, wanted.index);
        return Ok(Some((POOL_HASH, message)));
    }
    match control {
        None => Ok(None),
        Some((says, Ok(deb))) => Ok(other_control(says, &deb.control, &wanted.index)),
        Some((_, Err(error))) if error.is_io() => Err(OutsideError::of(&error)),
        Some((_, Err(error))) => Ok(Some((POOL_MALFORMED, unreadable(&error)))),
    }
}

fn unreadable(error: &DebError) -> String {
    format!("it cannot be read as a package: {error}")
}

fn other_control(says: &[String; 3], control: &debfmt::deb822::Paragraph, index: &str) -> Fault {
    let differs = ["Package", "Version", "Architecture"].iter().zip(says).find_map(|(field, wanted)| {
        let found = control.get(field).unwrap_or_default();
        (found != wanted).then(|| format!("its {field} is {found:?}, {index} says {wanted:?}"))
    });
    differs.map(|message| (POOL_CONTROL, message))
}
