//! Indexes that have a stanza for each publication, or a few for each name: made of the segments of the index that clients
//! see, and of what has changed.

use std::collections::HashMap;

use debfmt::names::Component;

use super::assemble::{Assembled, Assembler};
use super::cut::{begins_group, cut, name_hash};
use super::outline::{Outline, OutlineRow, Part, inputs};
use super::{IndexJob, Written, descriptions, stanzas};
use crate::model::publication::PublicationId;
use crate::ports::db::{RecordsError, RowsOf};
use crate::publish::PublishError;

/// What an index has of its publications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stanzas {
    /// Those of binary packages.
    Packages,
    /// Those of source packages.
    Sources,
    /// Descriptions of binary packages.
    Descriptions,
}

/// Writes such an index, and notes what it was made of.
pub(super) fn write(
    job: &IndexJob<'_>,
    stanzas: Stanzas,
    written: &mut Written,
) -> Result<Assembled, PublishError> {
    let records_failed = |source| PublishError::Records { subject: job.target.label(), source };
    let inputs = inputs(job);
    let known = job.known_outline(inputs);
    let components = rows_of(job, stanzas, known.as_ref()).map_err(records_failed)?;
    let count = components.iter().map(|(_, rows)| rows.len()).sum();
    let mut assembler = job.assembler(count)?;
    let by_first = known.as_ref().map(Outline::by_first).unwrap_or_default();
    let mut segments: Vec<&[OutlineRow]> = Vec::new();
    for (component, rows) in &components {
        let names: Vec<u32> = rows.iter().map(|row| row.name).collect();
        for range in cut(&names, job.site.settings.segment_rows) {
            let rows = rows.get(range).unwrap_or_default();
            segments.push(rows);
            let first = rows.first().map_or(0, |row| row.name);
            if begins_group(first, assembler.group_length(), job.site.settings.segment_rows) {
                assembler.end_group().map_err(|source| job.failed(source))?;
            }
            if !reuse(job, &mut assembler, &by_first, rows)? {
                let text = render(job, stanzas, component, rows).map_err(records_failed)?;
                assembler.add(text).map_err(|source| job.failed(source))?;
            }
        }
    }
    let assembled = assembler.finish().map_err(|source| job.failed(source))?;
    job.keep(Outline::new(inputs, &assembled.groups, &segments), written);
    Ok(assembled)
}

/// The publications of each component, in the order of the index.
fn rows_of<'a>(
    job: &IndexJob<'a>,
    stanzas: Stanzas,
    known: Option<&Outline>,
) -> Result<Vec<(&'a Component, Vec<OutlineRow>)>, RecordsError> {
    let names = known.map(Outline::names).unwrap_or_default();
    let rows = match stanzas {
        Stanzas::Sources => RowsOf::Sources,
        Stanzas::Packages | Stanzas::Descriptions => RowsOf::Binaries(job.index.bounds()),
    };
    let of = |component: &'a Component| {
        let mut ids = job.site.records.row_ids(job.snapshot, component, rows)?;
        ids.retain(|id| !job.plan.hidden.contains(id));
        Ok((component, named(job, &ids, &names)?))
    };
    job.index.components.iter().map(of).collect()
}

/// Adds the hash of its name to each publication; the records are asked for those that are new only.
fn named(
    job: &IndexJob<'_>,
    ids: &[PublicationId],
    known: &HashMap<PublicationId, u32>,
) -> Result<Vec<OutlineRow>, RecordsError> {
    let new: Vec<PublicationId> = ids.iter().copied().filter(|id| !known.contains_key(id)).collect();
    let mut names = job.site.records.row_names(&new)?.into_iter();
    let mut row = |id: &PublicationId| {
        let name = known.get(id).copied();
        let name = name.or_else(|| names.next().map(|name| name_hash(name.as_bytes())));
        OutlineRow { id: *id, name: name.unwrap_or_default() }
    };
    Ok(ids.iter().map(&mut row).collect())
}

/// Adds a segment of just these publications, if clients see one and the cache has it.
fn reuse(
    job: &IndexJob<'_>,
    assembler: &mut Assembler<'_>,
    by_first: &HashMap<PublicationId, &Part>,
    rows: &[OutlineRow],
) -> Result<bool, PublishError> {
    let same = rows.first().and_then(|first| by_first.get(&first.id)).filter(|part| part.rows == rows);
    let Some(part) = same else { return Ok(false) };
    assembler.reuse(part.text).map_err(|source| job.failed(source))
}

/// The text of a segment.
fn render(
    job: &IndexJob<'_>,
    stanzas: Stanzas,
    component: &Component,
    rows: &[OutlineRow],
) -> Result<Vec<u8>, RecordsError> {
    let ids: Vec<PublicationId> = rows.iter().map(|row| row.id).collect();
    match stanzas {
        Stanzas::Packages => stanzas::packages(job, component, &ids),
        Stanzas::Sources => stanzas::sources(job, component, &ids),
        Stanzas::Descriptions => descriptions::english(job, &ids),
    }
}
