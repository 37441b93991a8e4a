//! The record of a build: the `.buildinfo` file, deb-buildinfo(5).

use std::collections::BTreeMap;

use crate::deb822::{self, Deb822Error, Paragraph};
use crate::digest::{Md5, Sha1, Sha256};
use crate::dsc::FileListError;
use crate::dsc::fields::{Fields, words};
use crate::dsc::files::{self, Listed, compare_lists, read_list};
use crate::limits::Limits;
use crate::names::{Architecture, FileName, NameError, SourceFieldError, SourceName, parse_source_field};
use crate::version::{Version, VersionError};

/// What is wrong with a `.buildinfo` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildinfoError {
    /// The text is not one paragraph.
    #[error(transparent)]
    Malformed(#[from] Deb822Error),
    /// A mandatory field is absent or empty.
    #[error("the field {field} is missing or empty")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// `Source` is not a source package name, or not a name and a version.
    #[error("Source: {0}")]
    BadSource(#[from] SourceFieldError),
    /// `Version` is not a version.
    #[error("Version: {0}")]
    BadVersion(#[from] VersionError),
    /// A word in `Architecture` is not an architecture.
    #[error("Architecture: {0}")]
    BadArchitecture(#[from] NameError),
    /// A `Checksums-*` list is wrong, or they disagree.
    #[error(transparent)]
    FileList(#[from] FileListError),
}

impl BuildinfoError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::MissingField { .. } => "missing-field",
            Self::BadSource(error) => error.code(),
            Self::BadVersion(_) => "bad-version",
            Self::BadArchitecture(_) => "bad-architecture",
            Self::FileList(error) => error.code(),
        }
    }
}

/// A file that the build made, or the `.dsc` it began with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltFile {
    /// Its name.
    pub name: FileName,
    /// Its length in bytes.
    pub size: u64,
    /// From `Checksums-Sha256`.
    pub sha256: Sha256,
    /// From `Checksums-Md5`, if that field is there.
    pub md5: Option<Md5>,
    /// From `Checksums-Sha1`, if that field is there.
    pub sha1: Option<Sha1>,
}

/// A build as its `.buildinfo` file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buildinfo {
    /// All fields.
    pub paragraph: Paragraph,
    /// The source package.
    pub source: SourceName,
    /// The version that was built.
    pub version: Version,
    /// The architectures of the files; `source` if the source package was built too.
    pub architectures: Vec<Architecture>,
    /// The binary packages, as they are written; none for a build of the source only.
    pub binaries: Vec<String>,
    /// The files, in the order of `Checksums-Sha256`.
    pub checksums: Vec<BuiltFile>,
}

impl Buildinfo {
    /// Reads the text of a `.buildinfo` file without its signature.
    ///
    /// Fails with everything that is wrong, as far as it can be seen at once: if the text is not one paragraph,
    /// that is the only error.
    pub fn parse(payload: &[u8], limits: &Limits) -> Result<Self, Vec<BuildinfoError>> {
        let paragraph = deb822::parse_single(payload, limits).map_err(|error| vec![error.into()])?;
        let mut errors = Vec::new();
        match Self::read(&paragraph, &mut errors) {
            Some(buildinfo) if errors.is_empty() => Ok(Self { paragraph, ..buildinfo }),
            _ => Err(errors),
        }
    }

    /// Reads every field; `None`, or errors, if something is wrong. The paragraph is left empty.
    fn read(paragraph: &Paragraph, errors: &mut Vec<BuildinfoError>) -> Option<Self> {
        let missing = |field| BuildinfoError::MissingField { field };
        let mut fields = Fields { paragraph, missing, errors };
        fields.required("Format");
        let source = fields.parsed("Source", |text| Ok(parse_source_field(text)?));
        let version = fields.parsed("Version", |text| Ok(Version::parse(text)?));
        let architectures = fields.list("Architecture", " ", |text| Ok(Architecture::parse(text)?));
        fields.required("Checksums-Sha256");
        let checksums = built_files(paragraph, errors);
        Some(Self {
            paragraph: Paragraph::new(),
            source: source?.0,
            version: version?,
            architectures,
            binaries: words(paragraph.get("Binary").unwrap_or_default(), " ").map(str::to_owned).collect(),
            checksums,
        })
    }
}

fn built_files(paragraph: &Paragraph, errors: &mut Vec<BuildinfoError>) -> Vec<BuiltFile> {
    let mut wrong = Vec::new();
    let sha256 = read_list::<Sha256>(paragraph, SHA256, 0, &mut wrong).unwrap_or_default();
    let sha1 = read_list::<Sha1>(paragraph, "Checksums-Sha1", 0, &mut wrong);
    let md5 = read_list::<Md5>(paragraph, "Checksums-Md5", 0, &mut wrong);
    if wrong.is_empty() {
        if let Some(sha1) = &sha1 {
            compare_lists((SHA256, &sha256), ("Checksums-Sha1", sha1), &mut wrong);
        }
        if let Some(md5) = &md5 {
            compare_lists((SHA256, &sha256), ("Checksums-Md5", md5), &mut wrong);
        }
    }
    errors.extend(wrong.into_iter().map(BuildinfoError::from));
    let (sha1, md5): (BTreeMap<_, _>, BTreeMap<_, _>) = (files::digests(sha1), files::digests(md5));
    let file = |listed: Listed<Sha256>| BuiltFile {
        md5: md5.get(&listed.name).copied(),
        sha1: sha1.get(&listed.name).copied(),
        name: listed.name,
        size: listed.size,
        sha256: listed.digest,
    };
    sha256.into_iter().map(file).collect()
}

const SHA256: &str = "Checksums-Sha256";

#[cfg(test)]
mod tests;
