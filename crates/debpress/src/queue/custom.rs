//! The custom files of an accepted item: unpacked into the content store, and placed into their suite.
//!
//! Nothing is ever unpacked into a directory that clients see. Each file of an archive becomes an object; the records
//! say which path of the suite it is, in the transaction that makes the item Done; and the next publication of the
//! suite shows all of them at once. A run that dies before leaves objects that nothing needs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use debfmt::compress::Compression;
use debfmt::digest::{Algorithms, HashingWriter};
use debfmt::version::Version;

use super::process::AcceptSite;
use crate::model::custom::{
    CustomContent, CustomDirectory, CustomFile, CustomId, CustomPublication, CustomType,
    NewCustomPublication, QueuedCustom, SafePath,
};
use crate::model::queue::QueueItem;
use crate::ports::db::{CustomChange, RecordsError};
use crate::ports::objects::ObjectError;
use crate::upload::custom::unpack::{Member, Tarball, UnpackError, Unpacked, unpack};
use crate::upload::custom::{Contents, named};

/// How many versions of a custom upload a suite keeps, beside those that just came (behaviour map 4.4).
const KEPT: usize = 3;

/// Why the custom files of an item were not placed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CustomError {
    /// The records failed.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The content store failed.
    #[error("cannot unpack {file}")]
    Objects {
        file: String,
        #[source]
        source: ObjectError,
    },
    /// A file that was sound when it was uploaded is not.
    #[error("cannot unpack {file}, which was sound when it was uploaded; run `debpress check --full`")]
    Damaged {
        file: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Its type has other file names by now.
    #[error("{file} is not called as custom files of type {kind} are; reject the item")]
    Name { file: String, kind: CustomType },
    /// The suite has the version.
    #[error(
        "the suite has {directory}/{version} already, which is never replaced: reject the item, and upload a new version"
    )]
    VersionExists { directory: CustomDirectory, version: String },
}

/// What is to be done with the custom files of an item.
#[derive(Debug, Default)]
pub(super) struct Placing {
    /// What the records are told.
    pub(super) change: CustomChange,
    /// What an administrator should know.
    pub(super) warnings: Vec<String>,
}

/// Unpacks the custom files of an item, and says what becomes of them. When it returns, the objects are durable.
pub(super) fn place(site: &AcceptSite<'_>, item: &QueueItem) -> Result<Placing, CustomError> {
    let detail = site.records.queue_detail(item.id)?;
    let custom = detail.map(|detail| detail.custom).unwrap_or_default();
    if custom.is_empty() {
        return Ok(Placing::default());
    }
    let shown = site.records.custom_publications(item.suite)?;
    let live: Vec<&CustomPublication> = shown.iter().filter(|it| !it.superseded).collect();
    let mut new = Vec::new();
    for queued in &custom {
        new.extend(unpack_one(site, queued, &live)?);
    }
    site.objects.sync().map_err(|source| CustomError::Objects { file: item.changes_name.clone(), source })?;
    Ok(Placing { change: plan(&live, new)?, warnings: custom.iter().filter_map(warning).collect() })
}

/// What is left undone with a file.
fn warning(queued: &QueuedCustom) -> Option<String> {
    match queued.kind {
        CustomType::Uefi | CustomType::Signing => Some(format!(
            "{}: what it holds is published as it is, because debpress has no keys for boot code: sign it before it is \
             uploaded",
            queued.file.name
        )),
        CustomType::DebianInstaller
        | CustomType::DistUpgrader
        | CustomType::DdtpTarball
        | CustomType::Translations
        | CustomType::StaticTranslations
        | CustomType::MetaData => None,
    }
}

/// Unpacks one file, if its type is unpacked.
fn unpack_one(
    site: &AcceptSite<'_>,
    queued: &QueuedCustom,
    live: &[&CustomPublication],
) -> Result<Vec<NewCustomPublication>, CustomError> {
    let (kind, file) = (queued.kind, queued.file.name.to_string());
    let named = named(queued).ok_or_else(|| CustomError::Name { file: file.clone(), kind })?;
    let Some(place) = named.place else { return Ok(Vec::new()) };
    if let Contents::Version(version) = &place.contents {
        // Before the work: it would be done again at every run.
        refuse_existing(live, &place.directory, version)?;
    }
    let failed = |source| CustomError::Objects { file: file.clone(), source };
    let object = site.objects.open(&queued.file.checksums.sha256).map_err(failed)?;
    let tarball = Tarball { kind, place: &place, bytes: queued.file.checksums.size };
    let unpacked = unpack(object, &tarball, site.limits, &mut |_, content| keep(site, content));
    let unpacked = unpacked.map_err(|error| match error {
        UnpackError::Keep(source @ ObjectError::Missing { .. } | source @ ObjectError::Io { .. }) => {
            failed(source)
        }
        UnpackError::Fault(fault) => CustomError::Damaged { file: file.clone(), source: Box::new(fault) },
    })?;
    Ok(unpacked.into_iter().map(|one| publication(kind, &place.directory, one)).collect())
}

/// Keeps a file of an archive as an object.
fn keep(site: &AcceptSite<'_>, content: &mut dyn Read) -> Result<CustomContent, ObjectError> {
    let mut writer = HashingWriter::new(site.objects.begin()?, Algorithms::SHA256);
    let copied = io::copy(content, &mut writer);
    copied.map_err(|source| ObjectError::Io {
        operation: "keep a file of an archive",
        subject: "a new object".to_owned(),
        source,
    })?;
    let (writer, checksums) = writer.finish();
    writer.commit(&checksums.sha256)?;
    Ok(CustomContent::File { sha256: checksums.sha256, size: checksums.size })
}

fn publication(
    kind: CustomType,
    directory: &CustomDirectory,
    unpacked: Unpacked<CustomContent>,
) -> NewCustomPublication {
    let content = |member| match member {
        Member::File(content) => content,
        Member::Link(target) => CustomContent::Link(target),
    };
    let files = unpacked.files.into_iter();
    NewCustomPublication {
        kind,
        directory: directory.clone(),
        version: unpacked.version,
        files: files.map(|(path, member)| CustomFile { path, content: content(member) }).collect(),
    }
}

fn refuse_existing(
    live: &[&CustomPublication],
    directory: &CustomDirectory,
    version: &Version,
) -> Result<(), CustomError> {
    let text = |it: &CustomPublication| it.version.as_ref().map(Version::to_string);
    if live.iter().all(|it| it.directory != *directory || text(it).as_deref() != Some(version.as_str())) {
        return Ok(());
    }
    Err(CustomError::VersionExists { directory: directory.clone(), version: version.to_string() })
}

/// What `new` does to a suite that has `live`. Pure.
fn plan(live: &[&CustomPublication], new: Vec<NewCustomPublication>) -> Result<CustomChange, CustomError> {
    let (versioned, plain): (Vec<_>, Vec<_>) = new.into_iter().partition(|it| it.version.is_some());
    let mut seen = BTreeSet::new();
    for one in &versioned {
        let Some(version) = &one.version else { continue };
        refuse_existing(live, &one.directory, version)?;
        let (directory, version) = (one.directory.clone(), version.to_string());
        if !seen.insert((directory.clone(), version.clone())) {
            return Err(CustomError::VersionExists { directory, version });
        }
    }
    let mut change = CustomChange { supersede: outdated(live, &versioned), place: versioned };
    for (directory, files) in merged(live, plain) {
        let replaced = live.iter().filter(|it| it.version.is_none() && it.directory == directory);
        change.supersede.extend(replaced.map(|it| it.id));
        change.place.push(files);
    }
    Ok(change)
}

/// The versions that make room: all but the newest [`KEPT`] of their directory. Those that just came stay.
fn outdated(live: &[&CustomPublication], new: &[NewCustomPublication]) -> Vec<CustomId> {
    let directories: BTreeSet<&CustomDirectory> = new.iter().map(|it| &it.directory).collect();
    let mut outdated = Vec::new();
    for directory in directories {
        let came = new.iter().filter(|it| it.directory == *directory);
        let came = came.filter_map(|it| Some((it.version.as_ref()?, None)));
        let there = live.iter().filter(|it| it.directory == *directory);
        let there = there.filter_map(|it| Some((it.version.as_ref()?, Some(it.id))));
        let mut versions: Vec<(&Version, Option<CustomId>)> = came.chain(there).collect();
        versions.sort_by(|(a, _), (b, _)| b.cmp(a));
        outdated.extend(versions.into_iter().skip(KEPT).filter_map(|(_, id)| id));
    }
    outdated
}

/// For each directory without versions: the files that came, and those that are there of other languages.
fn merged(
    live: &[&CustomPublication],
    new: Vec<NewCustomPublication>,
) -> BTreeMap<CustomDirectory, NewCustomPublication> {
    let mut merged: BTreeMap<CustomDirectory, NewCustomPublication> = BTreeMap::new();
    for one in new {
        let (kind, directory) = (one.kind, one.directory.clone());
        let there = live.iter().filter(|it| it.version.is_none() && it.directory == directory);
        let mut files: BTreeMap<SafePath, CustomContent> = there.flat_map(|it| by_path(&it.files)).collect();
        if let Some(earlier) = merged.get(&directory) {
            files = by_path(&earlier.files).collect();
        }
        // A language in one compression replaces what is there of it in another.
        let came: BTreeSet<&str> = one.files.iter().map(|file| language(&file.path)).collect();
        files.retain(|path, _| !came.contains(language(path)));
        files.extend(by_path(&one.files));
        let files = files.into_iter().map(|(path, content)| CustomFile { path, content }).collect();
        let whole = NewCustomPublication { kind, directory: directory.clone(), version: None, files };
        merged.insert(directory, whole);
    }
    merged
}

/// The name of a translation without its compression.
fn language(path: &SafePath) -> &str {
    Compression::of_name(path.as_str()).0
}

fn by_path(files: &[CustomFile]) -> impl Iterator<Item = (SafePath, CustomContent)> {
    files.iter().map(|file| (file.path.clone(), file.content.clone()))
}

#[cfg(test)]
mod tests;
