//! Translation-en: whole descriptions, where Packages has only their first lines (behaviour map 3.8).

use std::collections::BTreeMap;

use debfmt::digest::Md5;
use debfmt::names::Component;
use debfmt::packages::description_of;
use debfmt::translation;

use super::IndexJob;
use super::text::IndexText;
use crate::model::key::Language;
use crate::ports::db::RecordsError;

/// Writes Translation-en: a stanza for each package and description, by both. Rows come by name, so that the
/// descriptions of one name are all that is held.
pub(super) fn english(job: &IndexJob<'_>, text: &mut IndexText) -> Result<(), RecordsError> {
    for component in &job.index.components {
        descriptions_of(job, component, text)?;
    }
    Ok(())
}

fn descriptions_of(
    job: &IndexJob<'_>,
    component: &Component,
    text: &mut IndexText,
) -> Result<(), RecordsError> {
    let mut name = String::new();
    let mut found: BTreeMap<[u8; 16], String> = BTreeMap::new();
    job.site.records.binary_rows(job.snapshot, component, job.index.bounds(), &mut |row| {
        if job.plan.hidden.contains(&row.id) {
            return true;
        }
        let mut going = true;
        let package = package_of(&row.stanza);
        if package != name {
            going = write(text, &name, &mut found);
            package.clone_into(&mut name);
        }
        if let Some(cut) = description_of(&row.stanza) {
            let md5 = *Md5::of(cut.value.as_bytes()).as_bytes();
            found.entry(md5).or_insert_with(|| cut.value.to_owned());
        }
        going
    })?;
    write(text, &name, &mut found);
    Ok(())
}

/// Every body begins with the name of its package.
pub(super) fn package_of(body: &str) -> &str {
    let first = body.lines().next().unwrap_or_default();
    first.strip_prefix("Package: ").unwrap_or_default()
}

/// Writes the descriptions of one name; returns whether anybody still listens.
fn write(text: &mut IndexText, package: &str, found: &mut BTreeMap<[u8; 16], String>) -> bool {
    let mut going = true;
    for (md5, description) in std::mem::take(found) {
        let language = Language::english();
        let md5 = Md5::from_bytes(md5);
        translation::write_stanza(&mut text.piece, package, md5, language.as_str(), &description);
        going = text.end_stanza();
    }
    going
}
