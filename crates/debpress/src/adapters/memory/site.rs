//! Distributions, archives and uploaders.

use std::collections::BTreeSet;

use debfmt::names::DistributionName;

use super::{MemoryRecords, State, missing};
use crate::model::archive::{Archive, ArchiveId, ArchiveLists, NewArchive};
use crate::model::permission::{Permission, Power};
use crate::model::publishing::SeriesOptions;
use crate::model::signing::KeyNames;
use crate::model::suite::{Distribution, NewDistribution, NewSeries, Series, SeriesId};
use crate::ports::db::{NewUploader, RecordsError, SiteRecords, Uploader};

impl SiteRecords for MemoryRecords {
    fn create_distribution(&self, distribution: &NewDistribution) -> Result<(), RecordsError> {
        self.change(|state| state.insert_distribution(distribution))
    }

    fn found_distribution(
        &self,
        distribution: &NewDistribution,
        archive: &NewArchive,
    ) -> Result<ArchiveId, RecordsError> {
        self.change(|state| {
            state.insert_distribution(distribution)?;
            state.insert_archive(archive)
        })
    }

    fn create_series(
        &self,
        distribution: &DistributionName,
        series: &NewSeries,
    ) -> Result<SeriesId, RecordsError> {
        self.change(|state| {
            let id = state.next_series();
            let known = state.distributions.iter_mut().find(|known| known.name == *distribution);
            let missing = || missing("record a series", format!("distribution `{distribution}`"));
            let known = known.ok_or_else(missing)?;
            if known.series.iter().any(|one| one.name == series.name) {
                return Err(RecordsError::Exists { what: "the series", name: series.name.to_string() });
            }
            known.series.push(recorded(id, series));
            Ok(SeriesId(id))
        })
    }

    fn distributions(&self) -> Result<Vec<Distribution>, RecordsError> {
        let mut found = self.look(|state| state.distributions.clone());
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    fn create_archive(&self, archive: &NewArchive) -> Result<ArchiveId, RecordsError> {
        self.change(|state| state.insert_archive(archive))
    }

    fn archives(&self) -> Result<Vec<Archive>, RecordsError> {
        let mut found = self.look(|state| state.archives.clone());
        found.sort_by_key(|archive| archive.reference.to_string());
        Ok(found)
    }

    fn update_distribution(&self, distribution: &Distribution) -> Result<(), RecordsError> {
        self.change(|state| {
            let mut all = state.distributions.iter_mut();
            let known = all.find(|known| known.name == distribution.name);
            let known =
                known.ok_or_else(|| missing("change a distribution", distribution.name.to_string()))?;
            known.redirect_uploads = distribution.redirect_uploads;
            Ok(())
        })
    }

    fn update_series(&self, series: &Series) -> Result<(), RecordsError> {
        self.change(|state| {
            let mut all = state.distributions.iter_mut().flat_map(|distribution| &mut distribution.series);
            let known = all.find(|known| known.id == series.id);
            let known = known.ok_or_else(|| missing("change a series", series.name.to_string()))?;
            known.components = series.components.clone();
            known.architectures = series.architectures.clone();
            known.disabled_architectures = series.disabled_architectures.clone();
            known.status = series.status;
            known.source_formats = series.source_formats.clone();
            known.announce = series.announce.clone();
            known.parent = series.parent;
            known.aliases = series.aliases.clone();
            known.options = series.options.clone();
            Ok(())
        })
    }

    fn update_archive(&self, archive: &Archive) -> Result<(), RecordsError> {
        self.change(|state| {
            let known = state.archives.iter_mut().find(|known| known.id == archive.id);
            let known = known.ok_or_else(|| missing("change an archive", archive.reference.to_string()))?;
            known.enabled = archive.enabled;
            known.size_limit = archive.size_limit;
            known.obsolete_uploads = archive.obsolete_uploads;
            known.published = archive.published;
            known.origin = archive.origin.clone();
            known.label = archive.label.clone();
            known.lists = archive.lists;
            Ok(())
        })
    }

    fn set_signing_keys(&self, archive: ArchiveId, keys: &KeyNames) -> Result<(), RecordsError> {
        self.change(|state| {
            let known = state.archives.iter_mut().find(|known| known.id == archive);
            let what = "change the signing keys of an archive";
            let known = known.ok_or_else(|| missing(what, archive.0.to_string()))?;
            known.signing_keys = keys.clone();
            Ok(())
        })
    }

    fn add_uploader(&self, uploader: &NewUploader) -> Result<(), RecordsError> {
        self.change(|state| {
            let has_key = |known: &Uploader| known.keys.iter().any(|key| key.0 == uploader.fingerprint);
            if state.uploaders.values().any(|known| known.name != uploader.name && has_key(known)) {
                let name = uploader.fingerprint.clone();
                return Err(RecordsError::Exists { what: "the certificate", name });
            }
            let fresh = Uploader { name: uploader.name.clone(), keys: Vec::new(), mail: None };
            let known = state.uploaders.entry(uploader.name.clone()).or_insert(fresh);
            known.keys.retain(|key| key.0 != uploader.fingerprint);
            known.keys.push((uploader.fingerprint.clone(), uploader.certificate.clone()));
            known.keys.sort();
            known.mail = uploader.mail.clone().or(known.mail.take());
            if let Some(scope) = &uploader.grant {
                let (person, scope) = (uploader.name.clone(), scope.clone());
                let permission = Permission { person, power: Power::Upload, scope };
                state.grant(&permission, "record an uploader")?;
            }
            Ok(())
        })
    }

    fn remove_key(&self, uploader: &str, fingerprint: &str) -> Result<bool, RecordsError> {
        self.change(|state| {
            let Some(known) = state.uploaders.get_mut(uploader) else { return Ok(false) };
            let before = known.keys.len();
            known.keys.retain(|key| key.0 != fingerprint);
            Ok(known.keys.len() < before)
        })
    }

    fn set_mail(&self, uploader: &str, mail: Option<&str>) -> Result<(), RecordsError> {
        self.change(|state| {
            let known = state.uploaders.get_mut(uploader);
            let known = known.ok_or_else(|| missing("change an uploader", uploader.to_owned()))?;
            known.mail = mail.map(str::to_owned);
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

impl State {
    fn next_series(&self) -> i64 {
        let known: usize = self.distributions.iter().map(|known| known.series.len()).sum();
        i64::try_from(known).unwrap_or(i64::MAX) + 1
    }

    fn insert_distribution(&mut self, distribution: &NewDistribution) -> Result<(), RecordsError> {
        if self.distributions.iter().any(|known| known.name == distribution.name) {
            let name = distribution.name.as_str().to_owned();
            return Err(RecordsError::Exists { what: "the distribution", name });
        }
        let names: BTreeSet<_> = distribution.series.iter().map(|series| &series.name).collect();
        if names.len() < distribution.series.len() {
            return Err(missing("record a distribution", "room for two series of one name".to_owned()));
        }
        let first = self.next_series();
        self.distributions.push(Distribution {
            name: distribution.name.clone(),
            display_name: distribution.display_name.clone(),
            redirect_uploads: false,
            series: (first..).zip(&distribution.series).map(|(id, series)| recorded(id, series)).collect(),
        });
        Ok(())
    }

    fn insert_archive(&mut self, archive: &NewArchive) -> Result<ArchiveId, RecordsError> {
        if self.archives.iter().any(|known| known.reference == archive.reference) {
            let name = archive.reference.to_string();
            return Err(RecordsError::Exists { what: "the archive", name });
        }
        let taken = |known: &&Archive| known.reference.shares_root_with(&archive.reference);
        if let Some(other) = self.archives.iter().find(taken) {
            return Err(RecordsError::root_taken(&archive.reference, &other.reference));
        }
        let distribution = archive.reference.distribution();
        if !self.distributions.iter().any(|known| known.name == *distribution) {
            return Err(missing("record an archive", format!("distribution `{distribution}`")));
        }
        let id = ArchiveId(self.archives.last().map_or(1, |last| last.id.0 + 1));
        self.archives.push(Archive {
            id,
            reference: archive.reference.clone(),
            origin: archive.origin.clone(),
            label: archive.label.clone(),
            enabled: true,
            size_limit: archive.size_limit,
            obsolete_uploads: false,
            published: true,
            private: archive.private,
            signing_keys: KeyNames::default(),
            lists: ArchiveLists::default(),
            deletion: None,
        });
        Ok(id)
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
        disabled_architectures: Vec::new(),
        status: series.status,
        source_formats: Vec::new(),
        announce: None,
        parent: series.parent,
        aliases: Vec::new(),
        options: SeriesOptions::default(),
    }
}
