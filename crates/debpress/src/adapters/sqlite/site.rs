//! Distributions, archives and uploaders.

use std::collections::BTreeMap;
use std::fmt::Display;

use debfmt::dsc::SourceFormat;
use debfmt::names::{DistributionName, SeriesName};
use rusqlite::{Params, Row, params};

use super::rights::insert_permission;
use super::rows::{During, Read, Work, maybe_parsed, parsed, stored_size, text};
use super::{SqliteRecords, deletion};
use crate::model::archive::{Archive, ArchiveId, ArchiveLists, ArchiveRef, NewArchive};
use crate::model::permission::{Permission, Power};
use crate::model::publishing::SeriesOptions;
use crate::model::signing::KeyNames;
use crate::model::suite::{Distribution, NewDistribution, NewSeries, Series, SeriesId};
use crate::ports::db::{NewUploader, RecordsError, SiteRecords, Uploader};

/// Who has given a permission that came with a key.
const BY: &str = "uploader add";

/// Something that is to be changed and is not recorded.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not recorded")]
struct NotRecorded(String);

/// A name that another record refers to and that is not recorded.
#[derive(Debug, thiserror::Error)]
#[error("there is no distribution `{0}`")]
struct NoDistribution(String);

impl SiteRecords for SqliteRecords {
    fn create_distribution(&self, distribution: &NewDistribution) -> Result<(), RecordsError> {
        self.change("record a distribution", |work| insert_distribution(work, distribution))
    }

    fn found_distribution(
        &self,
        distribution: &NewDistribution,
        archive: &NewArchive,
    ) -> Result<ArchiveId, RecordsError> {
        self.change("record a distribution", |work| {
            insert_distribution(work, distribution)?;
            insert_archive(work, archive)
        })
    }

    fn create_series(
        &self,
        distribution: &DistributionName,
        series: &NewSeries,
    ) -> Result<SeriesId, RecordsError> {
        self.change("record a series", |work| {
            let id = distribution_id(work, distribution.as_str())?
                .ok_or_else(|| NoDistribution(distribution.to_string()))
                .during("record a series")?;
            let known = "SELECT id FROM series WHERE distribution_id = ?1 AND name = ?2";
            if work.first(known, (id, series.name.as_str()), |_| Ok(()))?.is_some() {
                return Err(RecordsError::Exists { what: "the series", name: series.name.to_string() });
            }
            let next = "SELECT ifnull(max(position) + 1, 0) FROM series WHERE distribution_id = ?1";
            let position = work.first(next, [id], |row| Ok(row.get(0)?))?.unwrap_or_default();
            insert_series(work, id, position, series)
        })
    }

    fn distributions(&self) -> Result<Vec<Distribution>, RecordsError> {
        self.look("read the distributions", |work| {
            let sql = "SELECT id, name, display_name, redirect_uploads FROM distribution ORDER BY name";
            let mut found: Vec<(i64, Distribution)> = work.all(sql, (), |row| {
                let name = parsed(row, 1, "a distribution name")?;
                let (display_name, redirect_uploads) = (row.get(2)?, row.get(3)?);
                Ok((row.get(0)?, Distribution { name, display_name, redirect_uploads, series: Vec::new() }))
            })?;
            for (id, distribution) in &mut found {
                distribution.series = series_of(work, *id)?;
            }
            Ok(found.into_iter().map(|(_, distribution)| distribution).collect())
        })
    }

    fn create_archive(&self, archive: &NewArchive) -> Result<ArchiveId, RecordsError> {
        self.change("record an archive", |work| insert_archive(work, archive))
    }

    fn archives(&self) -> Result<Vec<Archive>, RecordsError> {
        let sql =
            "SELECT id, reference, origin, label, enabled, size_limit, obsolete_uploads, published, private,
                   signing_key, ls_lr, indices, deletion, deleted_at, deleted_by, deletion_reason
             FROM archive ORDER BY reference";
        self.work("read the archives").all(sql, (), |row| {
            Ok(Archive {
                id: ArchiveId(row.get(0)?),
                reference: parsed(row, 1, "an archive reference")?,
                origin: row.get(2)?,
                label: row.get(3)?,
                enabled: row.get(4)?,
                size_limit: row.get::<_, Option<i64>>(5)?.and_then(|bytes| u64::try_from(bytes).ok()),
                obsolete_uploads: row.get(6)?,
                published: row.get(7)?,
                private: row.get(8)?,
                signing_keys: maybe_parsed(row, 9, "names of signing keys")?.unwrap_or_default(),
                lists: ArchiveLists { ls_lr: row.get(10)?, indices: row.get(11)? },
                deletion: deletion::read(row, 12)?,
            })
        })
    }

    fn update_distribution(&self, distribution: &Distribution) -> Result<(), RecordsError> {
        let sql = "UPDATE distribution SET redirect_uploads = ?2 WHERE name = ?1";
        let values = (distribution.name.as_str(), distribution.redirect_uploads);
        self.change_one("change a distribution", sql, values, &distribution.name)
    }

    fn update_series(&self, series: &Series) -> Result<(), RecordsError> {
        let sql =
            "UPDATE series SET status = ?2, source_formats = ?3, announce = ?4, parent_id = ?5, aliases = ?6,
                   options = ?7 WHERE id = ?1";
        let formats: Vec<&str> = series.source_formats.iter().map(|format| format.as_str()).collect();
        let aliases: Vec<&str> = series.aliases.iter().map(|alias| alias.as_str()).collect();
        let values = params![
            series.id.0,
            series.status.as_str(),
            formats.join(","),
            series.announce,
            series.parent.map(|parent| parent.0),
            aliases.join(","),
            series.options.to_json()
        ];
        self.change("change a series", |work| {
            if work.run(sql, values)? == 0 {
                return Err(NotRecorded(series.name.to_string())).during("change a series");
            }
            write_lists(work, series)
        })
    }

    fn update_archive(&self, archive: &Archive) -> Result<(), RecordsError> {
        let sql = "UPDATE archive SET enabled = ?2, size_limit = ?3, obsolete_uploads = ?4, published = ?5, origin = ?6,
                   label = ?7, ls_lr = ?8, indices = ?9 WHERE id = ?1";
        let Archive { id, enabled, obsolete_uploads, published, origin, label, lists, .. } = archive;
        let limit = archive.size_limit.map(stored_size);
        let ArchiveLists { ls_lr, indices } = lists;
        let values = (id.0, enabled, limit, obsolete_uploads, published, origin, label, ls_lr, indices);
        self.change_one("change an archive", sql, values, &archive.reference)
    }

    fn set_signing_keys(&self, archive: ArchiveId, keys: &KeyNames) -> Result<(), RecordsError> {
        let sql = "UPDATE archive SET signing_key = ?2 WHERE id = ?1";
        let text = (!keys.is_empty()).then(|| keys.to_string());
        self.change_one("change the signing keys of an archive", sql, (archive.0, text), &archive.0)
    }

    fn add_uploader(&self, uploader: &NewUploader) -> Result<(), RecordsError> {
        self.change("record an uploader", |work| {
            work.run(
                "INSERT INTO uploader (name, mail) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET mail = ifnull(excluded.mail, mail)",
                (&uploader.name, &uploader.mail),
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
            if let Some(scope) = &uploader.grant {
                let (person, scope) = (uploader.name.clone(), scope.clone());
                let permission = Permission { person, power: Power::Upload, scope };
                insert_permission(work, &permission, BY, uploader.added)?;
            }
            Ok(())
        })
    }

    fn remove_key(&self, uploader: &str, fingerprint: &str) -> Result<bool, RecordsError> {
        let sql = "DELETE FROM uploader_key WHERE fingerprint = ?2
                   AND uploader_id = (SELECT id FROM uploader WHERE name = ?1)";
        self.change("remove a key", |work| Ok(work.run(sql, (uploader, fingerprint))? > 0))
    }

    fn set_mail(&self, uploader: &str, mail: Option<&str>) -> Result<(), RecordsError> {
        let sql = "UPDATE uploader SET mail = ?2 WHERE name = ?1";
        self.change_one("change an uploader", sql, (uploader, mail), &uploader)
    }

    fn uploaders(&self) -> Result<Vec<Uploader>, RecordsError> {
        self.look("read the uploaders", |work| {
            let sql = "SELECT id, name, mail FROM uploader";
            let mut found: BTreeMap<i64, Uploader> = work
                .all(sql, (), |row| {
                    Ok((row.get(0)?, Uploader { name: row.get(1)?, keys: Vec::new(), mail: row.get(2)? }))
                })?
                .into_iter()
                .collect();
            read_keys(work, &mut found)?;
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

impl SqliteRecords {
    /// Changes the one row that has the number or name of the first value.
    fn change_one(
        &self,
        operation: &'static str,
        sql: &str,
        values: impl Params,
        name: &dyn Display,
    ) -> Result<(), RecordsError> {
        self.change(operation, |work| match work.run(sql, values)? {
            0 => Err(NotRecorded(name.to_string())).during(operation),
            _ => Ok(()),
        })
    }
}

fn distribution_id(work: Work<'_>, name: &str) -> Result<Option<i64>, RecordsError> {
    work.first("SELECT id FROM distribution WHERE name = ?1", [name], |row| Ok(row.get(0)?))
}

fn insert_distribution(work: Work<'_>, distribution: &NewDistribution) -> Result<(), RecordsError> {
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
}

fn insert_archive(work: Work<'_>, archive: &NewArchive) -> Result<ArchiveId, RecordsError> {
    let reference = archive.reference.to_string();
    let known = "SELECT id FROM archive WHERE reference = ?1";
    if work.first(known, [&reference], |_| Ok(()))?.is_some() {
        return Err(RecordsError::Exists { what: "the archive", name: reference });
    }
    // Roots of personal archives have an owner, a name and a distribution in them, and are never shared.
    let mut other: Option<ArchiveRef> = None;
    work.each("SELECT reference FROM archive WHERE purpose <> 'ppa'", (), |row| {
        let known: ArchiveRef = parsed(row, 0, "an archive")?;
        other = Some(known).filter(|known| known.shares_root_with(&archive.reference));
        Ok(other.is_none())
    })?;
    if let Some(other) = other {
        return Err(RecordsError::root_taken(&archive.reference, &other));
    }
    let name = archive.reference.distribution().as_str();
    let distribution = distribution_id(work, name)?
        .ok_or_else(|| NoDistribution(name.to_owned()))
        .during("record an archive")?;
    let purpose = archive.reference.purpose().as_str();
    work.insert(
        "INSERT INTO archive (reference, purpose, distribution_id, origin, label, size_limit, private)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            reference,
            purpose,
            distribution,
            archive.origin,
            archive.label,
            archive.size_limit.map(stored_size),
            archive.private
        ],
    )
    .map(ArchiveId)
}

fn insert_series(
    work: Work<'_>,
    distribution: i64,
    position: i64,
    series: &NewSeries,
) -> Result<SeriesId, RecordsError> {
    let parent = series.parent.map(|parent| parent.0);
    let id = work.insert(
        "INSERT INTO series (distribution_id, position, name, version, status, parent_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (distribution, position, series.name.as_str(), &series.version, series.status.as_str(), parent),
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
    Ok(SeriesId(id))
}

/// Writes components and architectures of a series anew.
fn write_lists(work: Work<'_>, series: &Series) -> Result<(), RecordsError> {
    let id = series.id.0;
    work.run("DELETE FROM series_component WHERE series_id = ?1", [id])?;
    work.run("DELETE FROM series_architecture WHERE series_id = ?1", [id])?;
    for (rank, component) in (0_i64..).zip(&series.components) {
        work.run(
            "INSERT INTO series_component (series_id, rank, name) VALUES (?1, ?2, ?3)",
            (id, rank, component.as_str()),
        )?;
    }
    let enabled = series.architectures.iter().map(|name| (name, true));
    for (name, enabled) in enabled.chain(series.disabled_architectures.iter().map(|name| (name, false))) {
        work.run(
            "INSERT INTO series_architecture (series_id, name, enabled) VALUES (?1, ?2, ?3)",
            (id, name.as_str(), enabled),
        )?;
    }
    Ok(())
}

fn series_of(work: Work<'_>, distribution: i64) -> Result<Vec<Series>, RecordsError> {
    let sql = "SELECT id, name, version, status, source_formats, announce, parent_id, aliases, options
                   FROM series
               WHERE distribution_id = ?1 ORDER BY position";
    let mut found = work.all(sql, [distribution], |row| {
        Ok(Series {
            id: SeriesId(row.get(0)?),
            name: parsed(row, 1, "a series name")?,
            version: row.get(2)?,
            components: Vec::new(),
            architectures: Vec::new(),
            disabled_architectures: Vec::new(),
            status: parsed(row, 3, "a status of a series")?,
            source_formats: source_formats(row, 4)?,
            announce: row.get(5)?,
            parent: row.get::<_, Option<i64>>(6)?.map(SeriesId),
            aliases: aliases(row, 7)?,
            options: options(row, 8)?,
        })
    })?;
    for series in &mut found {
        let components = "SELECT name FROM series_component WHERE series_id = ?1 ORDER BY rank";
        series.components = work.all(components, [series.id.0], |row| parsed(row, 0, "a component"))?;
        let architectures = "SELECT name FROM series_architecture WHERE series_id = ?1 AND enabled = ?2
                                 ORDER BY name";
        let of = |enabled: bool| {
            work.all(architectures, (series.id.0, enabled), |row| parsed(row, 0, "an architecture"))
        };
        (series.architectures, series.disabled_architectures) = (of(true)?, of(false)?);
    }
    Ok(found)
}

fn aliases(row: &Row<'_>, column: usize) -> Read<Vec<SeriesName>> {
    let words = text(row, column)?;
    let name = |word: &str| {
        SeriesName::parse(word)
            .map_err(|_| RecordsError::Corrupt { what: "a series name", value: word.to_owned() })
    };
    Ok(words.split(',').filter(|words| !words.is_empty()).map(name).collect::<Result<_, _>>()?)
}

fn source_formats(row: &Row<'_>, column: usize) -> Read<Vec<SourceFormat>> {
    let words = text(row, column)?;
    let word = |word: &str| {
        let what = "a source format";
        SourceFormat::from_text(word).ok_or_else(|| RecordsError::Corrupt { what, value: word.to_owned() })
    };
    Ok(words.split(',').filter(|words| !words.is_empty()).map(word).collect::<Result<_, _>>()?)
}

fn options(row: &Row<'_>, column: usize) -> Read<SeriesOptions> {
    let json = text(row, column)?;
    // The message names an option that only a newer program knows.
    let corrupt =
        |error| RecordsError::Corrupt { what: "the options of a series", value: format!("{json}: {error}") };
    Ok(SeriesOptions::from_json(json).map_err(corrupt)?)
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
