//! Translation-en: whole descriptions, where Packages has only their first lines (behaviour map 3.8).

use std::collections::BTreeMap;

use debfmt::digest::Md5;
use debfmt::packages::description_of;
use debfmt::translation;

use super::IndexJob;
use crate::model::key::Language;
use crate::model::publication::PublicationId;
use crate::ports::db::RecordsError;

/// A stanza of Translation-en for each package and description, by both. These come by name, and all of a name together.
pub(super) fn english(job: &IndexJob<'_>, ids: &[PublicationId]) -> Result<Vec<u8>, RecordsError> {
    let mut text = Vec::new();
    let mut name = String::new();
    let mut found: BTreeMap<[u8; 16], String> = BTreeMap::new();
    job.site.records.binary_rows_of(ids, &mut |row| {
        let package = package_of(&row.stanza);
        if package != name {
            write(&mut text, &name, &mut found);
            package.clone_into(&mut name);
        }
        if let Some(cut) = description_of(&row.stanza) {
            let md5 = *Md5::of(cut.value.as_bytes()).as_bytes();
            found.entry(md5).or_insert_with(|| cut.value.to_owned());
        }
    })?;
    write(&mut text, &name, &mut found);
    Ok(text)
}

/// Every body begins with the name of its package.
pub(super) fn package_of(body: &str) -> &str {
    let first = body.lines().next().unwrap_or_default();
    first.strip_prefix("Package: ").unwrap_or_default()
}

/// Writes the descriptions of one name.
fn write(text: &mut Vec<u8>, package: &str, found: &mut BTreeMap<[u8; 16], String>) {
    for (md5, description) in std::mem::take(found) {
        let language = Language::english();
        translation::write_stanza(text, package, Md5::from_bytes(md5), language.as_str(), &description);
        text.push(b'\n');
    }
}
