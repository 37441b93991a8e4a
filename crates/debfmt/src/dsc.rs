//! Source packages: the `.dsc` file, dsc(5), Debian Policy 5.4.

use crate::deb822::{self, Deb822Error, Paragraph};
use crate::digest::{Md5, Sha1, Sha256};
use crate::limits::Limits;
use crate::names::{FileName, NameError, PackageName, SourceName};
use crate::version::{Version, VersionError};

pub(crate) mod fields;
pub(crate) mod files;
mod layout;

pub use files::FileListError;
pub use layout::LayoutError;

use fields::Fields;
use files::FileLists;

/// How the files of a source package make up its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceFormat {
    /// `1.0`: one `.tar.gz`, or an `.orig.tar.gz` and a `.diff.gz`.
    V1,
    /// `3.0 (native)`: one tar archive.
    V3Native,
    /// `3.0 (quilt)`: an upstream tar archive, perhaps with component archives, and a `.debian.tar`.
    V3Quilt,
}

impl SourceFormat {
    /// The text of the `Format` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1.0",
            Self::V3Native => "3.0 (native)",
            Self::V3Quilt => "3.0 (quilt)",
        }
    }

    /// Reads a `Format` field; `None` for formats that archives do not take, as `3.0 (git)`.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::V1, Self::V3Native, Self::V3Quilt].into_iter().find(|format| format.as_str() == text)
    }
}

impl std::fmt::Display for SourceFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is wrong with a `.dsc`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DscError {
    /// The text is not one paragraph.
    #[error(transparent)]
    Malformed(#[from] Deb822Error),
    /// A mandatory field is absent or empty.
    #[error("the field {field} is missing or empty")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// The `Format` is none of [`SourceFormat`].
    #[error("the source format {format:?} is not supported")]
    UnsupportedFormat {
        /// What stands there.
        format: String,
    },
    /// `Source` is not a source package name.
    #[error("Source: {0}")]
    BadSource(NameError),
    /// `Version` is not a version.
    #[error("Version: {0}")]
    BadVersion(#[from] VersionError),
    /// A name in `Binary` is not a package name.
    #[error("Binary: {0}")]
    BadBinary(NameError),
    /// `Files` or a `Checksums-*` list is wrong, or they disagree.
    #[error(transparent)]
    FileList(#[from] FileListError),
    /// The files are not those that the format needs.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl DscError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::MissingField { .. } => "missing-field",
            Self::UnsupportedFormat { .. } => "unsupported-format",
            Self::BadSource(_) => "bad-source",
            Self::BadVersion(_) => "bad-version",
            Self::BadBinary(_) => "bad-binary",
            Self::FileList(error) => error.code(),
            Self::Layout(error) => error.code(),
        }
    }
}

/// A file of a source package, other than the `.dsc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name.
    pub name: FileName,
    /// Its length in bytes.
    pub size: u64,
    /// From `Files`.
    pub md5: Md5,
    /// From `Checksums-Sha1`, if that field is there.
    pub sha1: Option<Sha1>,
    /// From `Checksums-Sha256`, if that field is there.
    pub sha256: Option<Sha256>,
}

/// A source package as its `.dsc` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dsc {
    /// All fields.
    pub paragraph: Paragraph,
    /// How to unpack it.
    pub format: SourceFormat,
    /// The name of the source package.
    pub source: SourceName,
    /// Its version.
    pub version: Version,
    /// The binary packages it can build.
    pub binaries: Vec<PackageName>,
    /// The architectures it builds on; wildcards as `any` and `linux-any` too.
    pub architectures: Vec<String>,
    /// Who maintains it.
    pub maintainer: String,
    /// Its files, in the order of `Files`.
    pub files: Vec<SourceFile>,
}

impl Dsc {
    /// Reads the text of a `.dsc` without its signature.
    ///
    /// Fails with everything that is wrong, as far as it can be seen at once: if the text is not one paragraph,
    /// that is the only error.
    pub fn parse(payload: &[u8], limits: &Limits) -> Result<Self, Vec<DscError>> {
        let paragraph = deb822::parse_single(payload, limits).map_err(|error| vec![error.into()])?;
        let mut errors = Vec::new();
        match Self::read(&paragraph, &mut errors) {
            Some(dsc) if errors.is_empty() => Ok(Self { paragraph, ..dsc }),
            _ => Err(errors),
        }
    }

    /// Reads every field; `None`, or errors, if something is wrong. The paragraph is left empty.
    fn read(paragraph: &Paragraph, errors: &mut Vec<DscError>) -> Option<Self> {
        let missing = |field| DscError::MissingField { field };
        let mut fields = Fields { paragraph, missing, errors };
        let format = fields.parsed("Format", |text| {
            SourceFormat::from_text(text)
                .ok_or_else(|| DscError::UnsupportedFormat { format: text.to_owned() })
        });
        let source = fields.parsed("Source", |text| SourceName::parse(text).map_err(DscError::BadSource));
        let version = fields.parsed("Version", |text| Version::parse(text).map_err(DscError::from));
        let binaries =
            fields.list("Binary", ",", |text| PackageName::parse(text).map_err(DscError::BadBinary));
        let architectures = fields.list("Architecture", " ", |text| Ok(text.to_owned()));
        let maintainer = fields.required("Maintainer").map(str::to_owned);
        let listed = fields.required("Files").is_some();
        let files = source_files(paragraph, errors);
        if let (Some(format), Some(source), Some(version), true) = (format, &source, &version, listed) {
            // A list that could not be read whole would look as if files were missing.
            if !errors.iter().any(|error| matches!(error, DscError::FileList(_))) {
                let names = files.iter().map(|file| &file.name);
                errors.extend(layout::check(format, source, version, names).into_iter().map(DscError::from));
            }
        }
        Some(Self {
            paragraph: Paragraph::new(),
            format: format?,
            source: source?,
            version: version?,
            binaries,
            architectures,
            maintainer: maintainer?,
            files,
        })
    }
}

fn source_files(paragraph: &Paragraph, errors: &mut Vec<DscError>) -> Vec<SourceFile> {
    let mut list_errors = Vec::new();
    let lists = FileLists::read(paragraph, 0, &mut list_errors);
    errors.extend(list_errors.into_iter().map(DscError::from));
    let file = |listed: &files::Listed<Md5>| SourceFile {
        name: listed.name.clone(),
        size: listed.size,
        md5: listed.digest,
        sha1: lists.sha1(&listed.name),
        sha256: lists.sha256(&listed.name),
    };
    lists.files.iter().map(file).collect()
}

#[cfg(test)]
mod tests;
