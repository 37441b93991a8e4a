//! Contents: which package has a file (DebianRepository/Format, "Contents indices").
//!
//! The records know the files of each package; an index has the packages of each file. All of its lines are therefore
//! sorted once for each index, in bounded memory: see [`SortedLines`].

use std::io;

use debfmt::names::Component;

use super::assemble::Assembled;
use super::outline::{Outline, inputs};
use super::sort::SortedLines;
use super::text::IndexText;
use super::{IndexJob, Written};
use crate::publish::PublishError;

/// Between a path and its package while they are sorted: less than anything in a path, so that paths come in the order
/// of their bytes.
const BETWEEN: u8 = 0;
/// The width of the column of paths, Debian's.
const WIDTH: usize = 55;

/// Writes a Contents index.
pub(super) fn write(job: &IndexJob<'_>, written: &mut Written) -> Result<Assembled, PublishError> {
    let mut lines = SortedLines::new();
    let mut packages = 0;
    for component in &job.index.components {
        packages += collect(job, component, &mut lines)?;
    }
    let mut text = IndexText::new(job.assembler(packages)?);
    let assembled = render(lines, &mut text).and_then(|()| text.finish());
    let assembled = assembled.map_err(|source| job.failed(source))?;
    job.keep(Outline::new(inputs(job), &assembled.groups, &[]), written);
    Ok(assembled)
}

/// Adds the lines of a component; returns how many packages it has.
fn collect(
    job: &IndexJob<'_>,
    component: &Component,
    lines: &mut SortedLines,
) -> Result<usize, PublishError> {
    let (mut failed, mut packages) = (None, 0);
    let walked = job.site.records.contents_rows(job.snapshot, component, job.index.bounds(), &mut |row| {
        if job.plan.hidden.contains(&row.id) {
            return true;
        }
        packages += 1;
        let section = job.section(component, &row.section);
        let location = format!("{section}/{}", row.name);
        let mut paths = row.paths.split('\n').filter(|path| !path.is_empty());
        let pushed =
            paths.try_for_each(|path| lines.push(&[path.as_bytes(), &[BETWEEN], location.as_bytes()]));
        pushed.map_err(|error| failed = Some(error)).is_ok()
    });
    walked.map_err(|source| PublishError::Records { subject: job.target.label(), source })?;
    failed.map_or(Ok(packages), |source| Err(job.failed(source)))
}

/// One line for each path, with its packages joined by commas.
fn render(lines: SortedLines, text: &mut IndexText<'_>) -> io::Result<()> {
    let mut path: Vec<u8> = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    for line in lines.finish()? {
        let line = line?;
        let end = line.iter().position(|byte| *byte == BETWEEN).unwrap_or(line.len());
        let (this, location) = line.split_at(end);
        let location = location.get(1..).unwrap_or_default();
        if this != path {
            end_line(text, !path.is_empty());
            if !text.begin_line(this) {
                return Ok(());
            }
            text.piece().extend_from_slice(this);
            // Columns are of characters, as people see them.
            let width = String::from_utf8_lossy(this).chars().count();
            text.piece().extend(std::iter::repeat_n(b' ', WIDTH.saturating_sub(width) + 1));
            text.piece().extend_from_slice(location);
            this.clone_into(&mut path);
        } else if location != last {
            text.piece().push(b',');
            text.piece().extend_from_slice(location);
        }
        location.clone_into(&mut last);
    }
    end_line(text, !path.is_empty());
    Ok(())
}

/// Ends a line, if one was begun.
fn end_line(text: &mut IndexText<'_>, begun: bool) {
    if begun {
        text.piece().push(b'\n');
    }
}
