//! An administrator adds packages from files: no queue, no signature, because a person vouches for them.
//!
//! ```text
//! files   what was named, directories and .changes taken apart: a list of packages, by path
//! read    each package once, on all cores, into the content store
//! place   component, section and priority; what the suite cannot have is refused
//! (sync)  the objects of a batch reach the disk
//! import  the batch is recorded in one transaction
//! ```
//! Batches keep memory bounded, and a crash loses at most the batch that was being read: doing it again finds what
//! was recorded and adds the rest. A bad file is reported and does not keep the others.

mod files;
mod place;
mod read;

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use debfmt::limits::Limits;
use debfmt::names::{Component, FileName};
use rayon::prelude::*;
use serde::Serialize;

use self::files::Package;
use self::read::{Outcome, Reader};
use super::lookup::FoundSuite;
use crate::adapters::fs::local;
use crate::model::archive::ArchiveRef;
use crate::model::suite::{Pocket, SeriesStatus};
use crate::model::time::Timestamp;
use crate::ports::db::{Imported, NewPublication, Records, RecordsError};
use crate::ports::objects::{ObjectError, Objects};
use crate::upload::reason::{ARCHIVE_FILE_CONFLICT, Reason};

/// Packages in one transaction: enough that its cost does not count.
const BATCH: usize = 500;
/// Bytes of package files in one transaction: what is kept of a package in memory, most of it the list of its files,
/// is small against the package.
const BATCH_BYTES: u64 = 512 * 1024 * 1024;

/// What to add, and where.
#[derive(Clone, Copy)]
pub struct Addition<'a> {
    /// The records.
    pub records: &'a dyn Records,
    /// The content store.
    pub objects: &'a dyn Objects,
    /// Bounds of everything that is read.
    pub limits: &'a Limits,
    /// The archive.
    pub archive: &'a ArchiveRef,
    /// The suite.
    pub suite: &'a FoundSuite,
    /// The component for all of them, whatever they say themselves.
    pub component: Option<&'a Component>,
    /// Now.
    pub now: Timestamp,
}

/// What was added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AddReport {
    /// The suite.
    pub suite: String,
    /// Packages that the suite has now and had not before.
    pub added: usize,
    /// Packages that the suite had already.
    pub present: usize,
    /// Files that were refused, each with its reasons.
    pub refused: Vec<RefusedFile>,
}

/// A file that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFile {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub reasons: Vec<String>,
}

/// Why adding stopped. What earlier batches recorded stays.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The component is not one of the series.
    #[error("series {series} has no component `{component}`; it has {known}")]
    NoComponent {
        /// The component asked for.
        component: String,
        /// The series.
        series: String,
        /// Those that there are.
        known: String,
    },
    /// The suite may not change now: what would be added would never be seen (behaviour map 3.3).
    #[error(
        "{suite} of {archive} may not change while {series} is {status}: {}; where it must change all the same, `debpress series set-status {series} frozen` opens it until the status is put back",
        elsewhere(.series, .open)
    )]
    Closed {
        /// The suite.
        suite: String,
        /// The archive.
        archive: String,
        /// Its series.
        series: String,
        /// Where that stands in its life.
        status: SeriesStatus,
        /// The pockets that may change.
        open: Vec<Pocket>,
    },
    /// The content store failed.
    #[error("cannot keep packages")]
    Objects(#[from] ObjectError),
    /// The records failed.
    #[error("cannot record packages")]
    Records(#[from] RecordsError),
}

/// Adds packages to a suite. `named` are files and directories; `progress` is told how many of how many packages
/// have been dealt with.
///
/// # Errors
/// [`AddError`] when nothing can be done at all; what is wrong with single files is in the report.
pub fn add(
    addition: &Addition<'_>,
    named: &[PathBuf],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<AddReport, AddError> {
    check_open(addition)?;
    check_component(addition)?;
    addition.objects.sweep()?;
    let mut report = AddReport { suite: addition.suite.name.clone(), ..AddReport::default() };
    let packages = files::packages(named, addition.limits, &mut report.refused);
    let mut done = 0;
    let reader = Reader {
        objects: addition.objects,
        limits: addition.limits,
        series: &addition.suite.series,
        component: addition.component,
    };
    std::thread::scope(|scope| {
        // One batch is read while the one before is recorded; records are used by this thread only.
        let (send, receive) = sync_channel(0);
        let (reader, packages) = (&reader, &packages);
        scope.spawn(move || {
            for batch in batches(packages, |package| local::size(&package.path)) {
                let read: Vec<Outcome> = batch.par_iter().map(|package| reader.read(package)).collect();
                if send.send((batch, read)).is_err() {
                    return; // Recording has failed, and nobody wants more.
                }
            }
        });
        for (batch, read) in receive {
            record(addition, &reader, batch.iter().zip(read), &mut report)?;
            done += batch.len();
            progress(done, packages.len());
        }
        Ok(report)
    })
}

/// Cuts a list into batches; `size` tells the bytes of an element.
fn batches<T>(mut rest: &[T], size: impl Fn(&T) -> u64) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let mut bytes = 0_u64;
        let fits = |element: &&T| {
            let before = bytes;
            bytes = bytes.saturating_add(size(element));
            // One that is too large by itself is a batch of its own.
            before == 0 || bytes <= BATCH_BYTES
        };
        let count = rest.iter().take(BATCH).take_while(fits).count();
        let (batch, after) = rest.split_at(count);
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

fn elsewhere(series: &str, open: &[Pocket]) -> String {
    let suites: Vec<String> = open.iter().map(|pocket| format!("{series}{}", pocket.suffix())).collect();
    match suites.is_empty() {
        true => "none of its suites may".to_owned(),
        false => format!("add to {} instead", suites.join(", ")),
    }
}

/// By the same rule as the publisher, who would leave it waiting for ever.
fn check_open(addition: &Addition<'_>) -> Result<(), AddError> {
    let (FoundSuite { key, name, series }, purpose) = (addition.suite, addition.archive.purpose());
    let may = |pocket: &Pocket| purpose.may_change(series.status, *pocket);
    if may(&key.pocket) {
        return Ok(());
    }
    Err(AddError::Closed {
        suite: name.clone(),
        archive: addition.archive.to_string(),
        series: series.name.to_string(),
        status: series.status,
        open: purpose.pockets().iter().copied().filter(may).collect(),
    })
}

fn check_component(addition: &Addition<'_>) -> Result<(), AddError> {
    let series = &addition.suite.series;
    match addition.component {
        Some(component) if !series.components.contains(component) => Err(AddError::NoComponent {
            component: component.to_string(),
            series: series.name.to_string(),
            known: series.components.iter().map(Component::as_str).collect::<Vec<_>>().join(", "),
        }),
        _ => Ok(()),
    }
}

/// Records one batch, after its objects are on the disk.
fn record<'p>(
    addition: &Addition<'_>,
    reader: &&Reader<'_>,
    batch: impl Iterator<Item = (&'p Package, Outcome)>,
    report: &mut AddReport,
) -> Result<(), AddError> {
    let (mut publications, mut paths) = (Vec::new(), Vec::new());
    let known = |file: &FileName| addition.records.known_file(addition.suite.key.archive, file);
    for (package, outcome) in batch {
        let retry = matches!(outcome, Outcome::NeedsKnownFiles);
        let outcome = if retry { reader.read_with(package, &known) } else { outcome };
        match outcome {
            Outcome::Read(publication) => {
                publications.push(*publication);
                paths.push(package.path.as_path());
            }
            Outcome::Refused(reasons) => report.refuse(&package.path, &reasons),
            Outcome::NeedsKnownFiles => {} // It was told what is known.
            Outcome::StoreFailed(error) => return Err(error.into()),
            Outcome::RecordsFailed(error) => return Err(error.into()),
        }
    }
    addition.objects.sync()?;
    import(addition, &publications, &paths, report)
}

fn import(
    addition: &Addition<'_>,
    publications: &[NewPublication],
    paths: &[&Path],
    report: &mut AddReport,
) -> Result<(), AddError> {
    match addition.records.import(addition.suite.key, publications, addition.now) {
        Ok(Imported { added, present }) => {
            report.added += added;
            report.present += present;
            Ok(())
        }
        Err(conflict @ RecordsError::FileConflict { .. }) => match (publications, paths) {
            ([_], [path]) => {
                report.refuse(path, &[Reason::of_upload(ARCHIVE_FILE_CONFLICT, conflict)]);
                Ok(())
            }
            // Find the culprit: halves of a batch that is refused are few.
            _ => {
                let middle = publications.len() / 2;
                let (first, second) = publications.split_at(middle);
                let (first_paths, second_paths) = paths.split_at(middle);
                import(addition, first, first_paths, report)?;
                import(addition, second, second_paths, report)
            }
        },
        Err(error) => Err(error.into()),
    }
}

impl AddReport {
    fn refuse(&mut self, path: &Path, reasons: &[Reason]) {
        let reasons = reasons.iter().map(Reason::to_string).collect();
        self.refused.push(RefusedFile { path: path.to_owned(), reasons });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(sizes: &[u64]) -> Vec<usize> {
        batches(sizes, |size| *size).map(<[u64]>::len).collect()
    }

    #[test]
    fn batches_are_bounded_by_number_and_by_bytes_and_lose_nothing() {
        assert!(lengths(&[]).is_empty());
        assert_eq!(lengths(&[1; 2 * BATCH + 1]), [BATCH, BATCH, 1]);
        assert_eq!(lengths(&[0; 3]), [3]);
        assert_eq!(lengths(&[BATCH_BYTES / 2; 5]), [2, 2, 1]);
        assert_eq!(lengths(&[BATCH_BYTES * 3, 1, BATCH_BYTES, u64::MAX]), [1, 1, 1, 1]);
        assert_eq!(lengths(&[1, BATCH_BYTES - 1, 1]), [2, 1]);
    }
}
