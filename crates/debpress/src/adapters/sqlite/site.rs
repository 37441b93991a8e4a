//! Distributions, archives and uploaders.

use std::collections::BTreeMap;

use rusqlite::params;

use super::SqliteRecords;
use super::rows::{During, Work, maybe_parsed, parsed, text};
use crate::model::archive::{Archive, ArchiveId, NewArchive};
use crate::model::suite::{Distribution, NewDistribution, NewSeries, Series, SeriesId};
use crate::ports::db::{Grant, NewUploader, RecordsError, SiteRecords, Uploader};

/// A name that another record refers to and that is not recorded.
#[derive(Debug, thiserror::Error)]
#[error("there is no distribution `{0}`")]
struct NoDistribution(String);

impl SiteRecords for SqliteRecords {
    fn create_distribution(&self, distribution: &NewDistribution) -> Result<(), RecordsError> {
        self.change("record a distribution", |work| {
            let name = distribution.name.as_str();
            if distribution_id(work, name)?.is_some() {
                return Err(RecordsError::Exists { what: "the distribution", name: name.to_owned() });
            }
            let id = work.insert(
                "INSERT INTO distribution (name, display_name) VALUES (?1, ?2)",
                (name, &distribution.display_name),
            )?;
            for (position, series) in (0_i64..).zip(&distribution.series) {
                insert_series(work, id, position, series)?;
            }
            Ok(())
        })
    }

    fn distributions(&self) -> Result<Vec<Distribution>, RecordsError> {
        self.look("read the distributions", |work| {
            let sql = "SELECT id, name, display_name FROM distribution ORDER BY name";
            let mut found: Vec<(i64, Distribution)> = work.all(sql, (), |row| {
                let name = parsed(row, 1, "a distribution name")?;
                Ok((row.get(0)?, Distribution { name, display_name: row.get(2)?, series: Vec::new() }))
            })?;
            for (id, distribution) in &mut found {
                distribution.series = series_of(work, *id)?;
            }
            Ok(found.into_iter().map(|(_, distribution)| distribution).collect())
        })
    }

    fn create_archive(&self, archive: &NewArchive) -> Result<ArchiveId, RecordsError> {
        self.change("record an archive", |work| {
            let reference = archive.reference.to_string();
            let known = "SELECT id FROM archive WHERE reference = ?1";
            if work.first(known, [&reference], |_| Ok(()))?.is_some() {
                return Err(RecordsError::Exists { what: "the archive", name: reference });
            }
            let name = archive.reference.distribution().as_str();
            let distribution = distribution_id(work, name)?
                .ok_or_else(|| NoDistribution(name.to_owned()))
                .during("record an archive")?;
            let purpose = archive.reference.purpose().as_str();
            work.insert(
                "INSERT INTO archive (reference, purpose, distribution_id, origin, label) VALUES (?1, ?2, ?3, ?4, ?5)",
                (reference, purpose, distribution, &archive.origin, &archive.label),
            )
            .map(ArchiveId)
        })
    }

    fn archives(&self) -> Result<Vec<Archive>, RecordsError> {
        let sql = "SELECT id, reference, origin, label FROM archive ORDER BY reference";
        self.work("read the archives").all(sql, (), |row| {
            Ok(Archive {
                id: ArchiveId(row.get(0)?),
                reference: parsed(row, 1, "an archive reference")?,
                origin: row.get(2)?,
                label: row.get(3)?,
            })
        })
    }

    fn add_uploader(&self, uploader: &NewUploader) -> Result<(), RecordsError> {
        self.change("record an uploader", |work| {
            work.run(
                "INSERT INTO uploader (name) VALUES (?1) ON CONFLICT (name) DO NOTHING",
                [&uploader.name],
            )?;
            let id = work.first("SELECT id FROM uploader WHERE name = ?1", [&uploader.name], |row| {
                Ok(row.get::<_, i64>(0)?)
            })?;
            let changed = work.run(
                "INSERT INTO uploader_key (fingerprint, uploader_id, certificate, added) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (fingerprint) DO UPDATE SET certificate = excluded.certificate
                 WHERE uploader_id = excluded.uploader_id",
                params![uploader.fingerprint, id, uploader.certificate, uploader.added.0],
            )?;
            if changed == 0 {
                // Somebody else's key: who signed must never be ambiguous.
                return Err(RecordsError::Exists {
                    what: "the certificate",
                    name: uploader.fingerprint.clone(),
                });
            }
            insert_grant(work, id, uploader)
        })
    }

    fn uploaders(&self) -> Result<Vec<Uploader>, RecordsError> {
        self.look("read the uploaders", |work| {
            let sql = "SELECT id, name FROM uploader";
            let mut found: BTreeMap<i64, Uploader> = work
                .all(sql, (), |row| {
                    Ok((row.get(0)?, Uploader { name: row.get(1)?, keys: Vec::new(), grants: Vec::new() }))
                })?
                .into_iter()
                .collect();
            read_keys(work, &mut found)?;
            read_grants(work, &mut found)?;
            let mut uploaders: Vec<Uploader> = found.into_values().collect();
            uploaders.sort_by(|one, other| one.name.cmp(&other.name));
            Ok(uploaders)
        })
    }

    fn integrity_problems(&self) -> Result<Vec<String>, RecordsError> {
        let work = self.work("examine the database");
        let mut problems = work.all("PRAGMA integrity_check", (), |row| Ok(text(row, 0)?.to_owned()))?;
        problems.retain(|problem| problem != "ok");
        problems.extend(work.all("PRAGMA foreign_key_check", (), |row| {
            let number: Option<i64> = row.get(1)?;
            let number = number.map_or_else(String::new, |number| format!(" {number}"));
            Ok(format!("{}{number} refers to a missing {}", text(row, 0)?, text(row, 2)?))
        })?);
        Ok(problems)
    }
}

fn distribution_id(work: Work<'_>, name: &str) -> Result<Option<i64>, RecordsError> {
    work.first("SELECT id FROM distribution WHERE name = ?1", [name], |row| Ok(row.get(0)?))
}

fn insert_series(
    work: Work<'_>,
    distribution: i64,
    position: i64,
    series: &NewSeries,
) -> Result<(), RecordsError> {
    let id = work.insert(
        "INSERT INTO series (distribution_id, position, name, version) VALUES (?1, ?2, ?3, ?4)",
        (distribution, position, series.name.as_str(), &series.version),
    )?;
    for (rank, component) in (0_i64..).zip(&series.components) {
        work.run(
            "INSERT INTO series_component (series_id, rank, name) VALUES (?1, ?2, ?3)",
            (id, rank, component.as_str()),
        )?;
    }
    for architecture in &series.architectures {
        if architecture.is_all() || architecture.is_source() {
            continue;
        }
        work.run(
            "INSERT INTO series_architecture (series_id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (id, architecture.as_str()),
        )?;
    }
    Ok(())
}

fn series_of(work: Work<'_>, distribution: i64) -> Result<Vec<Series>, RecordsError> {
    let sql = "SELECT id, name, version FROM series WHERE distribution_id = ?1 ORDER BY position";
    let mut found = work.all(sql, [distribution], |row| {
        Ok(Series {
            id: SeriesId(row.get(0)?),
            name: parsed(row, 1, "a series name")?,
            version: row.get(2)?,
            components: Vec::new(),
            architectures: Vec::new(),
        })
    })?;
    for series in &mut found {
        let components = "SELECT name FROM series_component WHERE series_id = ?1 ORDER BY rank";
        series.components = work.all(components, [series.id.0], |row| parsed(row, 0, "a component"))?;
        let architectures = "SELECT name FROM series_architecture WHERE series_id = ?1 ORDER BY name";
        series.architectures =
            work.all(architectures, [series.id.0], |row| parsed(row, 0, "an architecture"))?;
    }
    Ok(found)
}

fn insert_grant(work: Work<'_>, id: Option<i64>, uploader: &NewUploader) -> Result<(), RecordsError> {
    let archive = uploader.grant.archive.map(|archive| archive.0);
    let component = uploader.grant.component.as_ref().map(|component| component.as_str());
    let package = uploader.grant.package.as_ref().map(|package| package.as_str());
    // A unique index would take two NULLs for different values; IS does not.
    work.run(
        "INSERT INTO uploader_grant (uploader_id, archive_id, component, package, added)
         SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS
            (SELECT 1 FROM uploader_grant WHERE uploader_id = ?1 AND archive_id IS ?2 AND component IS ?3
             AND package IS ?4)",
        params![id, archive, component, package, uploader.added.0],
    )?;
    Ok(())
}

fn read_keys(work: Work<'_>, found: &mut BTreeMap<i64, Uploader>) -> Result<(), RecordsError> {
    let sql = "SELECT uploader_id, fingerprint, certificate FROM uploader_key ORDER BY fingerprint";
    work.each(sql, (), |row| {
        if let Some(uploader) = found.get_mut(&row.get(0)?) {
            uploader.keys.push((row.get(1)?, row.get(2)?));
        }
        Ok(true)
    })
}

fn read_grants(work: Work<'_>, found: &mut BTreeMap<i64, Uploader>) -> Result<(), RecordsError> {
    let sql = "SELECT uploader_id, archive_id, component, package FROM uploader_grant";
    work.each(sql, (), |row| {
        let grant = Grant {
            archive: row.get::<_, Option<i64>>(1)?.map(ArchiveId),
            component: maybe_parsed(row, 2, "a component")?,
            package: maybe_parsed(row, 3, "a source name")?,
        };
        if let Some(uploader) = found.get_mut(&row.get(0)?) {
            uploader.grants.push(grant);
        }
        Ok(true)
    })?;
    for uploader in found.values_mut() {
        uploader.grants.sort();
    }
    Ok(())
}
