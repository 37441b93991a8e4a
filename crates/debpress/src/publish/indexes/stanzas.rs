//! The stanzas of Packages and Sources: what the records keep of a package, and what the archive decides.

use debfmt::deb::DebKind;
use debfmt::names::Component;
use debfmt::packages::{self, StanzaTail};
use debfmt::sources::{self, SourceTail};

use super::IndexJob;
use super::descriptions::package_of;
use super::text::IndexText;
use crate::model::key::pool_directory;
use crate::ports::db::RecordsError;

/// Writes a Packages index.
pub(super) fn packages(job: &IndexJob<'_>, text: &mut IndexText) -> Result<(), RecordsError> {
    for component in &job.index.components {
        packages_of(job, component, text)?;
    }
    Ok(())
}

fn packages_of(job: &IndexJob<'_>, component: &Component, text: &mut IndexText) -> Result<(), RecordsError> {
    // Translations are of the ordinary packages only: clients that read the others find whole descriptions in place.
    let is_ordinary = job.index.kind == DebKind::Deb;
    let is_long = job.target.series.options.long_descriptions;
    // Installers and debuggers have no use for them.
    let machine = job.index.architectures.first().map_or("", |first| first.as_str());
    let extras = is_ordinary.then_some((&job.plan.extras, machine));
    job.site.records.binary_rows(job.snapshot, component, job.index.bounds(), &mut |row| {
        if job.plan.hidden.contains(&row.id) {
            return true;
        }
        let tail = StanzaTail {
            section: &job.section(component, &row.section),
            priority: &row.priority,
            filename: &format!("{}/{}", pool_directory(component, &row.source_name), row.file),
            checksums: &row.checksums,
            phased_update_percentage: row.phase,
        };
        let more = extras.and_then(|(extras, machine)| {
            extras.apply(&row.stanza, component, package_of(&row.stanza), machine)
        });
        let body = more.as_deref().unwrap_or(&row.stanza);
        match (is_ordinary, is_long) {
            (true, true) => packages::write_whole_stanza(&mut text.piece, body, &tail),
            (true, false) => packages::write_short_stanza(&mut text.piece, body, &tail),
            (false, _) => packages::write_stanza(&mut text.piece, body, &tail),
        }
        text.end_stanza()
    })
}

/// Writes a Sources index.
pub(super) fn sources(job: &IndexJob<'_>, text: &mut IndexText) -> Result<(), RecordsError> {
    for component in &job.index.components {
        job.site.records.source_rows(job.snapshot, component, &mut |row| {
            if job.plan.hidden.contains(&row.id) {
                return true;
            }
            let tail = SourceTail {
                section: &job.section(component, &row.section),
                priority: &row.priority,
                directory: &pool_directory(component, &row.name),
                file_lists: &row.file_lists,
            };
            sources::write_stanza(&mut text.piece, &row.stanza, &tail);
            text.end_stanza()
        })?;
    }
    Ok(())
}
