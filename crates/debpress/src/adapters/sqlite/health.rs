//! What the records say of themselves.

use debfmt::digest::Sha256;

use super::SqliteRecords;
use super::rows::Work;
use crate::ports::db::{Contradiction, ContradictionKind, HealthRecords, RecordsError};

impl HealthRecords for SqliteRecords {
    fn contradictions(&self, limit: usize) -> Result<Vec<Contradiction>, RecordsError> {
        self.look("compare the records with one another", |work| {
            let mut found = Vec::new();
            for (kind, sql) in QUESTIONS {
                found.extend(ask(work, *kind, sql, limit)?);
            }
            Ok(found)
        })
    }

    fn mend_counters(&self) -> Result<usize, RecordsError> {
        self.change("mend the counters of suites", |work| {
            work.run("UPDATE suite SET changes = shown + 1 WHERE shown > changes", ())
        })
    }

    fn needs_object(&self, sha256: &Sha256) -> Result<bool, RecordsError> {
        let sql = "SELECT 1 FROM object WHERE sha256 = ?1";
        let found = self.work("look for an object").first(sql, [sha256.as_bytes()], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn object_names(&self, sha256: &Sha256, limit: usize) -> Result<Vec<String>, RecordsError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.work("name an object").all(NAMES, (sha256.as_bytes(), limit), |row| Ok(row.get(0)?))
    }
}

fn ask(
    work: Work<'_>,
    kind: ContradictionKind,
    sql: &str,
    limit: usize,
) -> Result<Vec<Contradiction>, RecordsError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    work.all(&format!("{sql} LIMIT ?1"), [limit], |row| {
        Ok(Contradiction { kind, subject: row.get(0)?, fault: row.get(1)? })
    })
}

/// Without indexes of their own: who asks looks at everything.
const NAMES: &str = "
    WITH it (id) AS (SELECT id FROM object WHERE sha256 = ?1)
    SELECT name FROM source_file JOIN it ON object_id = it.id
    UNION SELECT filename FROM binary_release JOIN it ON object_id = it.id
    UNION SELECT filename FROM queue_custom JOIN it ON object_id = it.id
    UNION SELECT path FROM custom_file JOIN it ON object_id = it.id
    UNION SELECT path FROM contribution JOIN it ON object_id = it.id
    ORDER BY 1 LIMIT ?2";

/// Each gives a record and what is wrong with it.
const QUESTIONS: &[(ContradictionKind, &str)] = &[
    (
        ContradictionKind::Release,
        "SELECT 'publication ' || p.id, p.name || ' ' || p.version || ' has no package any more'
         FROM publication p
         WHERE (p.kind = 0 AND NOT EXISTS (SELECT 1 FROM source_release r WHERE r.id = p.release_id))
            OR (p.kind = 1 AND NOT EXISTS (SELECT 1 FROM binary_release r WHERE r.id = p.release_id))",
    ),
    (
        ContradictionKind::Release,
        "SELECT 'queue item ' || q.item_id, 'a package of it is not recorded'
         FROM queue_release q
         WHERE (q.kind = 0 AND NOT EXISTS (SELECT 1 FROM source_release r WHERE r.id = q.release_id))
            OR (q.kind = 1 AND NOT EXISTS (SELECT 1 FROM binary_release r WHERE r.id = q.release_id))",
    ),
    (ContradictionKind::FileName, UNKNOWN_BINARIES),
    (ContradictionKind::FileName, UNKNOWN_SOURCES),
    (
        ContradictionKind::Counter,
        "SELECT 'suite ' || id, 'it shows change ' || shown || ' of ' || changes FROM suite WHERE shown > changes",
    ),
    (
        ContradictionKind::Indexes,
        "SELECT 'suite ' || s.id, iif(s.published, 'it is published, and no index file of it is recorded',
                                                   'index files of it are recorded, and it was never published')
         FROM suite s JOIN archive a ON a.id = s.archive_id AND a.deletion IS NULL
         WHERE s.published <> EXISTS (SELECT 1 FROM index_file i WHERE i.suite_id = s.id AND i.until IS NULL)",
    ),
    (
        ContradictionKind::Buried,
        "SELECT 'publication ' || p.id, p.name || ' ' || p.version || ' waits for ' || a.reference || ', which is gone'
         FROM archive a JOIN suite s ON s.archive_id = a.id JOIN publication p ON p.suite_id = s.id AND p.status < 2
         WHERE a.deletion = 'deleted'",
    ),
    (
        ContradictionKind::Status,
        "SELECT 'publication ' || id, name || ' ' || version ||
                iif(status > 1, ' is over, and nobody knows since when',
                    iif(removed IS NULL, ' is published, and nobody knows since when',
                        ' is live, and its files are recorded as removed from the pool'))
         FROM publication
         WHERE (status = 1 AND published IS NULL) OR (status > 1 AND superseded IS NULL)
            OR (status < 2 AND removed IS NOT NULL)",
    ),
    (
        ContradictionKind::Status,
        "SELECT 'publication ' || p.id, p.name || ' ' || p.version || ' is in the indexes of a ' ||
                iif(p.special = '', 'deb', p.special) || ', and it is a ' || r.format
         FROM publication p JOIN binary_release r ON r.id = p.release_id
         WHERE p.kind = 1 AND p.special <> iif(r.format = 'deb', '', r.format)",
    ),
    (
        ContradictionKind::EmptyItem,
        "SELECT 'queue item ' || q.id, q.source || ' ' || q.version || ' has neither a package nor a custom file'
         FROM queue_item q
         WHERE q.status < 3 AND NOT EXISTS (SELECT 1 FROM queue_release r WHERE r.item_id = q.id)
           AND NOT EXISTS (SELECT 1 FROM queue_custom c WHERE c.item_id = q.id)",
    ),
];

const UNKNOWN_BINARIES: &str = "
    SELECT 'publication ' || p.id, 'its archive ' ||
           iif(f.sha256 IS NULL, 'does not know the name ', 'knows another content by the name ') || r.filename
    FROM publication p JOIN suite s ON s.id = p.suite_id
    JOIN binary_release r ON r.id = p.release_id JOIN object o ON o.id = r.object_id
    LEFT JOIN archive_file f ON f.archive_id = s.archive_id AND f.name = r.filename
    WHERE p.kind = 1 AND f.sha256 IS NOT o.sha256";

const UNKNOWN_SOURCES: &str = "
    SELECT 'publication ' || p.id, 'its archive ' ||
           iif(n.sha256 IS NULL, 'does not know the name ', 'knows another content by the name ') || f.name
    FROM publication p JOIN suite s ON s.id = p.suite_id
    JOIN source_file f ON f.source_id = p.release_id JOIN object o ON o.id = f.object_id
    LEFT JOIN archive_file n ON n.archive_id = s.archive_id AND n.name = f.name
    WHERE p.kind = 0 AND n.sha256 IS NOT o.sha256";
