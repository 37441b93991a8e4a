//! Second names of suites that clients see.

use debfmt::names::SuiteName;

use super::MemoryRecords;
use crate::model::archive::ArchiveId;
use crate::ports::db::{AliasRecords, RecordsError, SuiteAlias};

impl AliasRecords for MemoryRecords {
    fn aliases(&self) -> Result<Vec<SuiteAlias>, RecordsError> {
        let alias = |((archive, name), target): (&(ArchiveId, String), &String)| SuiteAlias {
            archive: *archive,
            name: name.clone(),
            target: target.clone(),
        };
        Ok(self.look(|state| state.aliases.iter().map(alias).collect()))
    }

    fn set_alias(
        &self,
        archive: ArchiveId,
        name: &SuiteName,
        target: Option<&SuiteName>,
    ) -> Result<(), RecordsError> {
        self.change(|state| {
            let key = (archive, name.to_string());
            match target {
                Some(target) => state.aliases.insert(key, target.to_string()),
                None => state.aliases.remove(&key),
            };
            Ok(())
        })
    }
}
