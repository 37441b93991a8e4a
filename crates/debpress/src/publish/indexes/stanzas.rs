//! The stanzas of Packages and Sources: what the records keep of a package, and what the archive decides.

use debfmt::deb::DebKind;
use debfmt::names::Component;
use debfmt::packages::{self, StanzaTail};
use debfmt::sources::{self, SourceTail};

use super::IndexJob;
use super::descriptions::package_of;
use crate::model::key::pool_directory;
use crate::model::publication::PublicationId;
use crate::ports::db::RecordsError;

/// The stanzas of binary packages.
pub(super) fn packages(
    job: &IndexJob<'_>,
    component: &Component,
    ids: &[PublicationId],
) -> Result<Vec<u8>, RecordsError> {
    // Translations are of the ordinary packages only: clients that read the others find whole descriptions in place.
    let is_ordinary = job.index.kind == DebKind::Deb;
    let is_long = job.target.series.options.long_descriptions;
    // Installers and debuggers have no use for them.
    let machine = job.index.architectures.first().map_or("", |first| first.as_str());
    let extras = is_ordinary.then_some((&job.plan.extras, machine));
    let mut text = Vec::new();
    job.site.records.binary_rows_of(ids, &mut |row| {
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
            (true, true) => packages::write_whole_stanza(&mut text, body, &tail),
            (true, false) => packages::write_short_stanza(&mut text, body, &tail),
            (false, _) => packages::write_stanza(&mut text, body, &tail),
        }
        text.push(b'\n');
    })?;
    Ok(text)
}

/// The stanzas of source packages.
pub(super) fn sources(
    job: &IndexJob<'_>,
    component: &Component,
    ids: &[PublicationId],
) -> Result<Vec<u8>, RecordsError> {
    let mut text = Vec::new();
    job.site.records.source_rows_of(ids, &mut |row| {
        let tail = SourceTail {
            section: &job.section(component, &row.section),
            priority: &row.priority,
            directory: &pool_directory(component, &row.name),
            file_lists: &row.file_lists,
        };
        sources::write_stanza(&mut text, &row.stanza, &tail);
        text.push(b'\n');
    })?;
    Ok(text)
}
