//! Distributions, archives and uploaders.

use std::collections::BTreeSet;

use super::{MemoryRecords, missing};
use crate::model::archive::{Archive, ArchiveId, NewArchive};
use crate::model::suite::{Distribution, NewDistribution, NewSeries, Series, SeriesId};
use crate::ports::db::{NewUploader, RecordsError, SiteRecords, Uploader};

impl SiteRecords for MemoryRecords {
    fn create_distribution(&self, distribution: &NewDistribution) -> Result<(), RecordsError> {
        self.change(|state| {
            if state.distributions.iter().any(|known| known.name == distribution.name) {
                let name = distribution.name.as_str().to_owned();
                return Err(RecordsError::Exists { what: "the distribution", name });
            }
            let names: BTreeSet<_> = distribution.series.iter().map(|series| &series.name).collect();
            if names.len() < distribution.series.len() {
                return Err(missing("record a distribution", "room for two series of one name".to_owned()));
            }
            let known: usize = state.distributions.iter().map(|known| known.series.len()).sum();
            let first = i64::try_from(known).unwrap_or(i64::MAX) + 1;
            state.distributions.push(Distribution {
                name: distribution.name.clone(),
                display_name: distribution.display_name.clone(),
                series: (first..)
                    .zip(&distribution.series)
                    .map(|(id, series)| recorded(id, series))
                    .collect(),
            });
            Ok(())
        })
    }

    fn distributions(&self) -> Result<Vec<Distribution>, RecordsError> {
        let mut found = self.look(|state| state.distributions.clone());
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn create_archive(&self, archive: &NewArchive) -> Result<ArchiveId, RecordsError> {
        self.change(|state| {
            if state.archives.iter().any(|known| known.reference == archive.reference) {
                let name = archive.reference.to_string();
                return Err(RecordsError::Exists { what: "the archive", name });
            }
            let distribution = archive.reference.distribution();
            if !state.distributions.iter().any(|known| known.name == *distribution) {
                return Err(missing("record an archive", format!("distribution `{distribution}`")));
            }
            let id = ArchiveId(state.archives.last().map_or(1, |last| last.id.0 + 1));
            state.archives.push(Archive {
                id,
                reference: archive.reference.clone(),
                origin: archive.origin.clone(),
                label: archive.label.clone(),
            });
            Ok(id)
        })
    }

    fn archives(&self) -> Result<Vec<Archive>, RecordsError> {
        let mut found = self.look(|state| state.archives.clone());
        found.sort_by_key(|archive| archive.reference.to_string());
        Ok(found)
    }

    fn add_uploader(&self, uploader: &NewUploader) -> Result<(), RecordsError> {
        self.change(|state| {
            let has_key = |known: &Uploader| known.keys.iter().any(|key| key.0 == uploader.fingerprint);
            if state.uploaders.values().any(|known| known.name != uploader.name && has_key(known)) {
                let name = uploader.fingerprint.clone();
                return Err(RecordsError::Exists { what: "the certificate", name });
            }
            if let Some(archive) = uploader.grant.archive {
                state.check_archive(archive, "record an uploader")?;
            }
            let fresh = Uploader { name: uploader.name.clone(), keys: Vec::new(), grants: Vec::new() };
            let known = state.uploaders.entry(uploader.name.clone()).or_insert(fresh);
            known.keys.retain(|key| key.0 != uploader.fingerprint);
            known.keys.push((uploader.fingerprint.clone(), uploader.certificate.clone()));
            known.keys.sort();
            if !known.grants.contains(&uploader.grant) {
                known.grants.push(uploader.grant.clone());
                known.grants.sort();
            }
            Ok(())
        })
    }

    fn uploaders(&self) -> Result<Vec<Uploader>, RecordsError> {
        Ok(self.look(|state| state.uploaders.values().cloned().collect()))
    }

    fn integrity_problems(&self) -> Result<Vec<String>, RecordsError> {
        Ok(Vec::new())
    }
}

fn recorded(id: i64, series: &NewSeries) -> Series {
    let machines = series.architectures.iter().filter(|name| !name.is_all() && !name.is_source());
    let architectures: BTreeSet<_> = machines.cloned().collect();
    Series {
        id: SeriesId(id),
        name: series.name.clone(),
        version: series.version.clone(),
        components: series.components.clone(),
        architectures: architectures.into_iter().collect(),
    }
}
