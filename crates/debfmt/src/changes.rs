//! Uploads: the `.changes` file, deb-changes(5), Debian Policy 5.5.

use crate::deb822::{self, Deb822Error, Paragraph};
use crate::digest::{Md5, Sha1, Sha256};
use crate::dsc::FileListError;
use crate::dsc::fields::{Fields, words};
use crate::dsc::files::{FileLists, Listed};
use crate::limits::Limits;
use crate::names::{Architecture, FileName, NameError, SourceFieldError, SourceName, parse_source_field};
use crate::version::{Version, VersionError};

/// What is wrong with a `.changes` file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangesError {
    /// The text is not one paragraph.
    #[error(transparent)]
    Malformed(#[from] Deb822Error),
    /// A mandatory field is absent or empty.
    #[error("the field {field} is missing or empty")]
    MissingField {
        /// Its name.
        field: &'static str,
    },
    /// The `Format` is not a number from 1.5 up to, but not including, 2.0.
    #[error("the format {format:?} is not supported: 1.5 to 1.8 are")]
    UnsupportedFormat {
        /// What stands there.
        format: String,
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
    /// `Files` or a `Checksums-*` list is wrong, or they disagree.
    #[error(transparent)]
    FileList(#[from] FileListError),
}

impl ChangesError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::MissingField { .. } => "missing-field",
            Self::UnsupportedFormat { .. } => "unsupported-format",
            Self::BadSource(error) => error.code(),
            Self::BadVersion(_) => "bad-version",
            Self::BadArchitecture(_) => "bad-architecture",
            Self::FileList(error) => error.code(),
        }
    }
}

/// One uploaded file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangesFile {
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
    /// The section the uploader wishes, with a component perhaps: `universe/libs`; `-` if none.
    pub section: String,
    /// The priority the uploader wishes; `-` if none.
    pub priority: String,
}

/// An upload as its `.changes` file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// All fields.
    pub paragraph: Paragraph,
    /// The source package.
    pub source: SourceName,
    /// The version of the upload.
    pub version: Version,
    /// The version of the source package; another than [`version`](Self::version) only if `Source` says so, as
    /// in a rebuild without source changes: `Source: hello (1.2)`.
    pub source_version: Version,
    /// The binary packages, as they are written.
    pub binaries: Vec<String>,
    /// The architectures of the files; `source` if there is a source package.
    pub architectures: Vec<Architecture>,
    /// The suite, or suites, that the upload is for, as it is written.
    pub distribution: String,
    /// How soon users need the upload.
    pub urgency: Option<String>,
    /// Who maintains the package.
    pub maintainer: String,
    /// Who made this version.
    pub changed_by: Option<String>,
    /// When, as it is written.
    pub date: String,
    /// The changelog, as [`Paragraph`] keeps it.
    pub changes: String,
    /// The files, in the order of `Files`.
    pub files: Vec<ChangesFile>,
}

impl Changes {
    /// Reads the text of a `.changes` file without its signature.
    ///
    /// Fails with everything that is wrong, as far as it can be seen at once: if the text is not one paragraph,
    /// that is the only error.
    pub fn parse(payload: &[u8], limits: &Limits) -> Result<Self, Vec<ChangesError>> {
        let paragraph = deb822::parse_single(payload, limits).map_err(|error| vec![error.into()])?;
        let mut errors = Vec::new();
        match Self::read(&paragraph, &mut errors) {
            Some(changes) if errors.is_empty() => Ok(Self { paragraph, ..changes }),
            _ => Err(errors),
        }
    }

    /// Reads every field; `None`, or errors, if something is wrong. The paragraph is left empty.
    fn read(paragraph: &Paragraph, errors: &mut Vec<ChangesError>) -> Option<Self> {
        let missing = |field| ChangesError::MissingField { field };
        let mut fields = Fields { paragraph, missing, errors };
        fields.parsed("Format", check_format);
        let date = fields.required("Date");
        let source = fields.parsed("Source", |text| Ok(parse_source_field(text)?));
        let version = fields.parsed("Version", |text| Ok(Version::parse(text)?));
        let architectures = fields.list("Architecture", " ", architecture);
        let distribution = fields.required("Distribution");
        let maintainer = fields.required("Maintainer");
        let changes = fields.required("Changes");
        fields.required("Files");
        let files = uploaded_files(paragraph, errors);
        let optional = |name: &str| paragraph.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let (source, source_version) = source?;
        let version = version?;
        Some(Self {
            paragraph: Paragraph::new(),
            source,
            source_version: source_version.unwrap_or_else(|| version.clone()),
            version,
            binaries: words(paragraph.get("Binary").unwrap_or_default(), " ").map(str::to_owned).collect(),
            architectures: architectures.into_iter().flatten().collect(),
            distribution: distribution?.to_owned(),
            urgency: optional("Urgency"),
            maintainer: maintainer?.to_owned(),
            changed_by: optional("Changed-By"),
            date: date?.to_owned(),
            changes: changes?.to_owned(),
            files,
        })
    }
}

/// An architecture; `None` for a word like `amd64_translations`, which dpkg-genchanges takes from the name of a file of
/// translations (`hello_1.0_amd64_translations.tar.gz`) and which is none.
fn architecture(word: &str) -> Result<Option<Architecture>, ChangesError> {
    if word.strip_suffix("_translations").is_some_and(|name| Architecture::parse(name).is_ok()) {
        return Ok(None);
    }
    Ok(Some(Architecture::parse(word)?))
}

/// Accepts `1.` and a number from 5 on: what `Checksums` and the rest mean has not changed since.
fn check_format(text: &str) -> Result<(), ChangesError> {
    let minor = text.strip_prefix("1.").filter(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()));
    match minor.and_then(|minor| minor.parse::<u8>().ok()) {
        Some(5..) => Ok(()),
        _ => Err(ChangesError::UnsupportedFormat { format: text.to_owned() }),
    }
}

fn uploaded_files(paragraph: &Paragraph, errors: &mut Vec<ChangesError>) -> Vec<ChangesFile> {
    let mut list_errors = Vec::new();
    let lists = FileLists::read(paragraph, 2, &mut list_errors);
    errors.extend(list_errors.into_iter().map(ChangesError::from));
    let file = |listed: &Listed<Md5>| {
        // The list was read with two words in the middle: section and priority.
        let word = |index: usize| listed.middle.get(index).cloned().unwrap_or_default();
        ChangesFile {
            name: listed.name.clone(),
            size: listed.size,
            md5: listed.digest,
            sha1: lists.sha1(&listed.name),
            sha256: lists.sha256(&listed.name),
            section: word(0),
            priority: word(1),
        }
    };
    lists.files.iter().map(file).collect()
}

#[cfg(test)]
mod tests;
