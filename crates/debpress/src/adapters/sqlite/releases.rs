//! Releases and their files: each recorded once, however many suites and archives have it.

use debfmt::digest::{Checksums, Sha256};
use rusqlite::params;

use super::rows::{During, Work, sha256, size, stored_size};
use crate::model::package::{BinaryRelease, PackageFile, Release, SourceRelease};
use crate::model::publication::PackageKind;
use crate::ports::db::RecordsError;

/// File lists compress about tenfold; higher levels gain little on texts this short.
const CONTENTS_LEVEL: i32 = 3;

/// A recorded release: where its row is.
#[derive(Clone, Copy)]
pub(super) struct ReleaseRow {
    pub(super) kind: PackageKind,
    pub(super) id: i64,
}

/// A release as it stands recorded.
pub(super) struct Recorded {
    pub(super) row: ReleaseRow,
    pub(super) files: Vec<ReleaseFile>,
}

/// Records releases inside one transaction.
pub(super) struct ReleaseWriter<'c> {
    work: Work<'c>,
    /// Kept between releases: setting one up costs more than compressing a file list.
    compressor: zstd::bulk::Compressor<'static>,
}

impl<'c> ReleaseWriter<'c> {
    pub(super) fn new(work: Work<'c>) -> Result<Self, RecordsError> {
        let compressor = zstd::bulk::Compressor::new(CONTENTS_LEVEL).during("set up a compressor")?;
        Ok(Self { work, compressor })
    }

    /// Finds the row of a release, or makes it.
    pub(super) fn record(&mut self, release: &Release) -> Result<Recorded, RecordsError> {
        let (kind, (id, fresh)) = match release {
            Release::Source(source) => (PackageKind::Source, self.record_source(source)?),
            Release::Binary(binary) => (PackageKind::Binary, self.record_binary(binary)?),
        };
        let row = ReleaseRow { kind, id };
        // A known release keeps the file names under which it was recorded.
        let files = if fresh { given_files(release) } else { files(self.work, row)? };
        Ok(Recorded { row, files })
    }

    /// The row's number, and whether it is new.
    fn record_source(&mut self, source: &SourceRelease) -> Result<(i64, bool), RecordsError> {
        let identity = source_identity(source);
        let (name, version) = (source.name.as_str(), source.version.as_str());
        let known = "SELECT id FROM source_release WHERE identity = ?1 AND name = ?2 AND version = ?3";
        let row = self.work.first(known, (identity.as_bytes(), name, version), |row| Ok(row.get(0)?))?;
        if let Some(id) = row {
            return Ok((id, false));
        }
        let id = self.work.insert(
            "INSERT INTO source_release (identity, name, version, section, priority, stanza, file_lists)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                identity.as_bytes(),
                name,
                version,
                source.section,
                source.priority,
                source.stanza,
                source.file_lists
            ],
        )?;
        let copyright = source.copyright.as_ref().map(|text| self.compressor.compress(text)).transpose();
        let copyright = copyright.during("compress a copyright")?;
        self.work.run(
            "INSERT INTO source_text (source_id, changelog, copyright) VALUES (?1, ?2, ?3)",
            params![id, source.changelog, copyright],
        )?;
        for (position, file) in (0_i64..).zip(&source.files) {
            let object = record_object(self.work, &file.checksums)?;
            self.work.run(
                "INSERT INTO source_file (source_id, position, name, object_id) VALUES (?1, ?2, ?3, ?4)",
                (id, position, file.name.as_str(), object),
            )?;
        }
        Ok((id, true))
    }

    /// The row's number, and whether it is new.
    fn record_binary(&mut self, binary: &BinaryRelease) -> Result<(i64, bool), RecordsError> {
        let object = record_object(self.work, &binary.file.checksums)?;
        let (name, version) = (binary.name.as_str(), binary.version.as_str());
        let architecture = binary.architecture.as_str();
        let known = "SELECT id FROM binary_release
                     WHERE object_id = ?1 AND name = ?2 AND version = ?3 AND architecture = ?4";
        let row = self.work.first(known, (object, name, version, architecture), |row| Ok(row.get(0)?))?;
        if let Some(id) = row {
            return Ok((id, false));
        }
        let id = self.work.insert(
            "INSERT INTO binary_release (object_id, name, version, architecture, filename, format, source_name,
             source_version, section, priority, stanza) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                object,
                name,
                version,
                architecture,
                binary.file.name.as_str(),
                binary.kind.extension(),
                binary.source_name.as_str(),
                binary.source_version.as_str(),
                binary.section,
                binary.priority,
                binary.stanza
            ],
        )?;
        self.record_contents(id, &binary.contents)?;
        for source in binary.built_using() {
            self.work.run(
                "INSERT INTO binary_source_reference (binary_id, source_name, source_version) VALUES (?1, ?2, ?3)",
                (id, source.name.as_str(), source.version.as_str()),
            )?;
        }
        Ok((id, true))
    }

    fn record_contents(&mut self, id: i64, paths: &[String]) -> Result<(), RecordsError> {
        if paths.is_empty() {
            return Ok(());
        }
        let packed = self.compressor.compress(paths.join("\n").as_bytes()).during("compress a file list")?;
        self.work.run("INSERT INTO binary_contents (binary_id, paths) VALUES (?1, ?2)", (id, packed))?;
        Ok(())
    }
}

/// The number of an object's row, which is made when there is none.
pub(super) fn record_object(work: Work<'_>, sums: &Checksums) -> Result<i64, RecordsError> {
    let known = "SELECT id FROM object WHERE sha256 = ?1";
    if let Some(id) = work.first(known, [sums.sha256.as_bytes()], |row| Ok(row.get(0)?))? {
        return Ok(id);
    }
    work.insert(
        "INSERT INTO object (sha256, size, md5, sha1, sha512) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            sums.sha256.as_bytes(),
            stored_size(sums.size),
            sums.md5.as_ref().map(|sum| sum.as_bytes()),
            sums.sha1.as_ref().map(|sum| sum.as_bytes()),
            sums.sha512.as_ref().map(|sum| sum.as_bytes())
        ],
    )
}

/// What tells two sources of one name and version apart: the hash of the .dsc, which names all other files.
fn source_identity(source: &SourceRelease) -> Sha256 {
    let is_dsc = |file: &&PackageFile| file.name.as_str().ends_with(".dsc");
    let file = source.files.iter().find(is_dsc).or_else(|| source.files.first());
    file.map_or_else(|| Sha256::of(source.stanza.as_bytes()), |file| file.checksums.sha256)
}

/// A file of a recorded release.
pub(super) struct ReleaseFile {
    pub(super) name: String,
    pub(super) sha256: Sha256,
    pub(super) size: u64,
}

fn given_files(release: &Release) -> Vec<ReleaseFile> {
    let file = |file: &PackageFile| ReleaseFile {
        name: file.name.as_str().to_owned(),
        sha256: file.checksums.sha256,
        size: file.checksums.size,
    };
    release.files().iter().map(file).collect()
}

/// The files of a recorded release, in the order in which its maker named them.
pub(super) fn files(work: Work<'_>, release: ReleaseRow) -> Result<Vec<ReleaseFile>, RecordsError> {
    let sql = match release.kind {
        PackageKind::Source => {
            "SELECT f.name, o.sha256, o.size FROM source_file f JOIN object o ON o.id = f.object_id
             WHERE f.source_id = ?1 ORDER BY f.position"
        }
        PackageKind::Binary => {
            "SELECT b.filename, o.sha256, o.size FROM binary_release b JOIN object o ON o.id = b.object_id
             WHERE b.id = ?1"
        }
    };
    work.all(sql, [release.id], |row| {
        Ok(ReleaseFile { name: row.get(0)?, sha256: sha256(row, 1)?, size: size(row, 2)? })
    })
}
