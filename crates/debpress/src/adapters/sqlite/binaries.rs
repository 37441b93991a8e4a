//! Binary publications for the indexes, and the file lists of their packages: one row each, compressed.

use debfmt::deb::DebKind;
use debfmt::names::Component;
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::place::find_suite;
use super::rows::{During, Read, Work, checksums, parsed};
use crate::model::publication::{BinaryRow, ContentsRow, PublicationId};
use crate::ports::db::{BinaryBounds, RecordsError, Snapshot};

const UNPACK: &str = "unpack a file list";

/// Unpacks the paths of a package.
pub(super) fn unpack(packed: &[u8]) -> Result<String, RecordsError> {
    String::from_utf8(zstd::decode_all(packed).during(UNPACK)?).during(UNPACK)
}

/// See `special_kinds` of the port.
pub(super) fn special_kinds(work: Work<'_>, snapshot: &Snapshot) -> Result<Vec<DebKind>, RecordsError> {
    let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for kind in [DebKind::Udeb, DebKind::Ddeb] {
        let values = (suite, snapshot.newest.0, special(kind));
        found.extend(work.first(SPECIAL_KIND, values, |_| Ok(kind))?);
    }
    Ok(found)
}

/// See `binary_rows` of the port.
pub(super) fn rows(
    work: Work<'_>,
    snapshot: &Snapshot,
    component: &Component,
    bounds: BinaryBounds<'_>,
    visit: &mut dyn FnMut(BinaryRow) -> bool,
) -> Result<(), RecordsError> {
    let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(()) };
    if bounds.architectures.is_empty() {
        return Ok(());
    }
    let values = params_from_iter(bound_values(suite, snapshot, component, bounds));
    work.each(&binary_rows_sql(bounds.architectures.len()), values, |row| Ok(visit(binary_row(row)?)))
}

/// Reads the columns of [`binary_rows_sql`].
pub(super) fn binary_row(row: &Row<'_>) -> Read<BinaryRow> {
    Ok(BinaryRow {
        id: PublicationId(row.get(0)?),
        pending: row.get(1)?,
        source_name: parsed(row, 2, "a source name")?,
        file: parsed(row, 3, "a file name")?,
        stanza: row.get(4)?,
        section: row.get(5)?,
        priority: row.get(6)?,
        checksums: checksums(row, 7)?,
        phase: row.get(12)?,
    })
}

/// See `contents_rows` of the port.
pub(super) fn contents(
    work: Work<'_>,
    snapshot: &Snapshot,
    component: &Component,
    bounds: BinaryBounds<'_>,
    visit: &mut dyn FnMut(ContentsRow) -> bool,
) -> Result<(), RecordsError> {
    let Some(suite) = find_suite(work, snapshot.suite)? else { return Ok(()) };
    if bounds.architectures.is_empty() {
        return Ok(());
    }
    let values = params_from_iter(bound_values(suite, snapshot, component, bounds));
    work.each(&contents_sql(bounds.architectures.len()), values, |row| Ok(visit(contents_row(row)?)))
}

/// Reads the columns of [`contents_sql`].
pub(super) fn contents_row(row: &Row<'_>) -> Read<ContentsRow> {
    Ok(ContentsRow {
        id: PublicationId(row.get(0)?),
        name: row.get(1)?,
        section: row.get(2)?,
        paths: unpack(row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?)?,
    })
}

/// The query for `contents` with this many architectures.
pub(super) fn contents_sql(architectures: usize) -> String {
    let marks = marks(architectures);
    format!(
        "SELECT p.id, p.name, p.section, c.paths
         FROM publication p INDEXED BY publication_live CROSS JOIN binary_release r CROSS JOIN binary_contents c
         WHERE p.suite_id = ?1 AND p.kind = 1 AND p.status < 2 AND p.id <= ?2 AND p.component = ?3
         AND p.architecture IN ({marks})
         AND r.id = p.release_id AND r.format = ?4 AND c.binary_id = r.id
         ORDER BY p.name, p.version, p.architecture"
    )
}

/// Whether the suite has any of a kind that is no .deb: found in an index of those alone.
pub(super) const SPECIAL_KIND: &str = "
    SELECT 1 FROM publication INDEXED BY publication_special
    WHERE suite_id = ?1 AND special = ?3 AND status < 2 AND special <> '' AND id <= ?2 LIMIT 1";

/// The values of the queries for binary publications within bounds: `?1` and on.
pub(super) fn bound_values(
    suite: i64,
    snapshot: &Snapshot,
    component: &Component,
    bounds: BinaryBounds<'_>,
) -> impl Iterator<Item = Value> + use<> {
    let text = |text: &str| Value::from(text.to_owned());
    let fixed =
        [suite.into(), snapshot.newest.0.into(), text(component.as_str()), text(bounds.kind.extension())];
    let named: Vec<Value> =
        bounds.architectures.iter().map(|architecture| text(architecture.as_str())).collect();
    fixed.into_iter().chain(named)
}

/// The marks of that many architectures in these queries.
pub(super) fn marks(architectures: usize) -> String {
    (5..).take(architectures).map(|number| format!("?{number}")).collect::<Vec<_>>().join(", ")
}

/// The query for `binary_rows` with this many architectures.
pub(super) fn binary_rows_sql(architectures: usize) -> String {
    let marks = marks(architectures);
    format!(
        "SELECT p.id, p.status = 0, r.source_name, r.filename, r.stanza, p.section, p.priority,
                o.size, o.sha256, o.md5, o.sha1, o.sha512, p.phase
         FROM publication p INDEXED BY publication_live CROSS JOIN binary_release r CROSS JOIN object o
         WHERE p.suite_id = ?1 AND p.kind = 1 AND p.status < 2 AND p.id <= ?2 AND p.component = ?3
         AND p.architecture IN ({marks})
         AND r.id = p.release_id AND r.format = ?4 AND o.id = r.object_id
         ORDER BY p.name, p.version, p.architecture"
    )
}

/// How a publication notes the kind of its package.
pub(super) fn special(kind: DebKind) -> &'static str {
    match kind {
        DebKind::Deb => "",
        DebKind::Udeb | DebKind::Ddeb => kind.extension(),
    }
}
