//! Second names of suites that clients see.

use debfmt::names::SuiteName;

use super::SqliteRecords;
use crate::model::archive::ArchiveId;
use crate::ports::db::{AliasRecords, RecordsError, SuiteAlias};

impl AliasRecords for SqliteRecords {
    fn aliases(&self) -> Result<Vec<SuiteAlias>, RecordsError> {
        let sql = "SELECT archive_id, name, target FROM suite_alias ORDER BY archive_id, name";
        self.work("read the aliases").all(sql, (), |row| {
            Ok(SuiteAlias { archive: ArchiveId(row.get(0)?), name: row.get(1)?, target: row.get(2)? })
        })
    }

    fn set_alias(
        &self,
        archive: ArchiveId,
        name: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<(), RecordsError> {
        let work = self.work("note an alias");
        match target {
            Some(target) => work.run(
                "INSERT INTO suite_alias (archive_id, name, target) VALUES (?1, ?2, ?3)
                 ON CONFLICT (archive_id, name) DO UPDATE SET target = ?3",
                (archive.0, name.as_str(), target.as_str()),
            )?,
            None => work.run(
                "DELETE FROM suite_alias WHERE archive_id = ?1 AND name = ?2",
                (archive.0, name.as_str()),
            )?,
        };
        Ok(())
    }
}
