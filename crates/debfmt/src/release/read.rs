//! Reads a `Release`.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::{Release, ReleaseError, ReleaseFile, is_own, parse_date};
use crate::deb822::Paragraph;
use crate::digest::{Checksums, DigestError, Md5, Sha1, Sha256, Sha512};
use crate::names::NameError;

pub(super) fn release(paragraph: &Paragraph) -> Result<Release, ReleaseError> {
    let text = |name: &str| paragraph.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
    let date = date(paragraph, "Date")?.ok_or(ReleaseError::MissingField { field: "Date" })?;
    let no_support = paragraph.get("No-Support-for-Architecture-all").unwrap_or_default();
    Ok(Release {
        origin: text("Origin"),
        label: text("Label"),
        suite: text("Suite").unwrap_or_default(),
        version: text("Version"),
        codename: text("Codename").unwrap_or_default(),
        date,
        valid_until: self::date(paragraph, "Valid-Until")?,
        not_automatic: flag(paragraph, "NotAutomatic")?,
        but_automatic_upgrades: flag(paragraph, "ButAutomaticUpgrades")?,
        acquire_by_hash: flag(paragraph, "Acquire-By-Hash")?,
        no_support_for_architecture_all: no_support.split_whitespace().any(|word| word == "Packages"),
        architectures: names(paragraph, "Architectures")?,
        components: names(paragraph, "Components")?,
        description: text("Description"),
        extra: extra(paragraph),
        files: files(paragraph)?,
    })
}

fn extra(paragraph: &Paragraph) -> Vec<(String, String)> {
    let other = paragraph.iter().filter(|(name, _)| !is_own(name));
    other.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn date(paragraph: &Paragraph, field: &'static str) -> Result<Option<i64>, ReleaseError> {
    let Some(value) = paragraph.get(field).filter(|value| !value.is_empty()) else { return Ok(None) };
    let bad = || ReleaseError::BadDate { field, value: value.to_owned() };
    parse_date(value).ok_or_else(bad).map(Some)
}

fn flag(paragraph: &Paragraph, field: &'static str) -> Result<bool, ReleaseError> {
    match paragraph.get(field) {
        Some("yes") => Ok(true),
        Some("no") | None => Ok(false),
        Some(value) => Err(ReleaseError::BadFlag { field, value: value.to_owned() }),
    }
}

/// Reads names, each without the directory that may stand before a component.
fn names<T: FromStr<Err = NameError>>(
    paragraph: &Paragraph,
    field: &'static str,
) -> Result<Vec<T>, ReleaseError> {
    let words = paragraph.get(field).unwrap_or_default().split_whitespace();
    let words = words.map(|word| word.rsplit('/').next().unwrap_or(word));
    words.map(|word| word.parse().map_err(|error| ReleaseError::BadName { field, error })).collect()
}

/// One list: sizes and digests by path.
struct List<D> {
    field: &'static str,
    entries: BTreeMap<String, (u64, D)>,
}

impl<D: FromStr<Err = DigestError>> List<D> {
    fn read(paragraph: &Paragraph, field: &'static str) -> Result<Self, ReleaseError> {
        let mut list = Self { field, entries: BTreeMap::new() };
        let lines = paragraph.get(field).unwrap_or_default().split('\n');
        for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
            let (path, entry) = list.line(line)?;
            if list.entries.insert(path.clone(), entry).is_some() {
                return Err(ReleaseError::DuplicateFile { field, path });
            }
        }
        Ok(list)
    }

    fn line(&self, text: &str) -> Result<(String, (u64, D)), ReleaseError> {
        let field = self.field;
        let bad_line = || ReleaseError::BadLine { field, text: text.chars().take(200).collect() };
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let [digest, size, path] = words[..] else { return Err(bad_line()) };
        let path = path.to_owned();
        if !is_path_below(&path) {
            return Err(ReleaseError::BadPath { field, path });
        }
        // Digits only: `parse` alone would take a sign.
        let size = Some(size).filter(|size| size.bytes().all(|byte| byte.is_ascii_digit()));
        let size = size.and_then(|size| size.parse().ok()).ok_or_else(bad_line)?;
        match digest.parse() {
            Ok(digest) => Ok((path, (size, digest))),
            Err(error) => Err(ReleaseError::BadDigest { field, path, error }),
        }
    }

    /// Checks that `SHA256` has all these files with these sizes.
    fn agrees_with(&self, sha256: &List<Sha256>) -> Result<(), ReleaseError> {
        let differs = |(path, (size, _)): &(&String, &(u64, D))| {
            sha256.entries.get(*path).is_none_or(|(other, _)| other != size)
        };
        match self.entries.iter().find(differs) {
            Some((path, _)) => Err(ReleaseError::ChecksumsMismatch { field: self.field, path: path.clone() }),
            None => Ok(()),
        }
    }

    fn get(&self, path: &str) -> Option<D>
    where
        D: Copy,
    {
        self.entries.get(path).map(|(_, digest)| *digest)
    }
}

/// Whether a path leads to a place below the directory it starts from.
fn is_path_below(path: &str) -> bool {
    let good = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(good) && !path.chars().any(char::is_control)
}

fn files(paragraph: &Paragraph) -> Result<Vec<ReleaseFile>, ReleaseError> {
    let md5 = List::<Md5>::read(paragraph, "MD5Sum")?;
    let sha1 = List::<Sha1>::read(paragraph, "SHA1")?;
    let sha256 = List::<Sha256>::read(paragraph, "SHA256")?;
    let sha512 = List::<Sha512>::read(paragraph, "SHA512")?;
    let others = md5.entries.len() + sha1.entries.len() + sha512.entries.len();
    if sha256.entries.is_empty() && others > 0 {
        return Err(ReleaseError::MissingField { field: "SHA256" });
    }
    md5.agrees_with(&sha256)?;
    sha1.agrees_with(&sha256)?;
    sha512.agrees_with(&sha256)?;
    let file = |(path, (size, digest)): (&String, &(u64, Sha256))| ReleaseFile {
        path: path.clone(),
        checksums: Checksums {
            size: *size,
            sha256: *digest,
            md5: md5.get(path),
            sha1: sha1.get(path),
            sha512: sha512.get(path),
        },
    };
    Ok(sha256.entries.iter().map(file).collect())
}
