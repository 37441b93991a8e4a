//! The lists of files with sizes and digests that `.dsc`, `.changes` and `.buildinfo` have.

use std::collections::{BTreeMap, BTreeSet};

use crate::deb822::Paragraph;
use crate::digest::{DigestError, Md5, Sha1, Sha256};
use crate::names::{FileName, NameError};

/// What is wrong with a list of files. Lines count from 1, in the text that was parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileListError {
    /// A line has too few or too many words.
    #[error("line {line}: {text:?} in {field} is not of the form {form:?}")]
    BadLine {
        /// The field.
        field: &'static str,
        /// Where.
        line: usize,
        /// The line.
        text: String,
        /// The words it should have.
        form: &'static str,
    },
    /// A name could not be the name of a file of the pool.
    #[error("line {line}: {field} names a file badly: {error}")]
    BadFileName {
        /// The field.
        field: &'static str,
        /// Where.
        line: usize,
        /// What is wrong.
        error: NameError,
    },
    /// A size is not a number.
    #[error("line {line}: {text:?} in {field} is not a size")]
    BadSize {
        /// The field.
        field: &'static str,
        /// Where.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A digest is not one.
    #[error("line {line}: {field} has a bad digest: {error}")]
    BadDigest {
        /// The field.
        field: &'static str,
        /// Where.
        line: usize,
        /// What is wrong.
        error: DigestError,
    },
    /// A file is listed twice.
    #[error("line {line}: {field} lists {name} twice")]
    DuplicateFile {
        /// The field.
        field: &'static str,
        /// Where the second is.
        line: usize,
        /// The file.
        name: FileName,
    },
    /// A file is in one list but not in another.
    #[error("{name} is listed in {present} but not in {absent}")]
    NotInBoth {
        /// The file.
        name: FileName,
        /// The field that lists it.
        present: &'static str,
        /// The field that does not.
        absent: &'static str,
    },
    /// Two lists give one file different sizes.
    #[error("{name} has {size} bytes in {field} and {other_size} in {other}")]
    SizeMismatch {
        /// The file.
        name: FileName,
        /// The first field.
        field: &'static str,
        /// Bytes there.
        size: u64,
        /// The other field.
        other: &'static str,
        /// Bytes there.
        other_size: u64,
    },
}

impl FileListError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadLine { .. } => "bad-file-line",
            Self::BadFileName { .. } => "bad-file-name",
            Self::BadSize { .. } => "bad-file-size",
            Self::BadDigest { .. } => "bad-digest",
            Self::DuplicateFile { .. } => "duplicate-file",
            Self::NotInBoth { .. } | Self::SizeMismatch { .. } => "checksums-mismatch",
        }
    }
}

/// One file of a list, with the words between size and name.
#[derive(Clone, Debug)]
pub(crate) struct Listed<D> {
    pub(crate) name: FileName,
    pub(crate) size: u64,
    pub(crate) digest: D,
    pub(crate) middle: Vec<String>,
}

/// A field that lists files, and how to read it.
struct ListField<'a> {
    name: &'static str,
    form: &'static str,
    value: &'a str,
    first_line: usize,
    middle: usize,
}

/// A digest that a list may have in its first column.
pub(crate) trait ListDigest: Copy {
    fn read(text: &str) -> Result<Self, DigestError>;
}

impl ListDigest for Md5 {
    fn read(text: &str) -> Result<Self, DigestError> {
        Self::from_hex(text)
    }
}

impl ListDigest for Sha1 {
    fn read(text: &str) -> Result<Self, DigestError> {
        Self::from_hex(text)
    }
}

impl ListDigest for Sha256 {
    fn read(text: &str) -> Result<Self, DigestError> {
        Self::from_hex(text)
    }
}

impl ListField<'_> {
    fn line<D: ListDigest>(&self, line: usize, text: &str) -> Result<Listed<D>, FileListError> {
        let field = self.name;
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let [digest, size, middle @ .., name] = &words[..] else { return Err(self.bad_line(line, text)) };
        if middle.len() != self.middle {
            return Err(self.bad_line(line, text));
        }
        // Digits only: `parse` alone would take a sign.
        let size = Some(*size)
            .filter(|size| size.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|size| size.parse().ok())
            .ok_or_else(|| FileListError::BadSize { field, line, text: (*size).to_owned() })?;
        Ok(Listed {
            digest: D::read(digest).map_err(|error| FileListError::BadDigest { field, line, error })?,
            name: FileName::parse(name).map_err(|error| FileListError::BadFileName { field, line, error })?,
            size,
            middle: middle.iter().map(|word| (*word).to_owned()).collect(),
        })
    }

    fn bad_line(&self, line: usize, text: &str) -> FileListError {
        let text = text.trim().chars().take(200).collect();
        FileListError::BadLine { field: self.name, line, text, form: self.form }
    }

    fn read<D: ListDigest>(&self, errors: &mut Vec<FileListError>) -> Vec<Listed<D>> {
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, text) in self.value.split('\n').enumerate() {
            let line = self.first_line + index;
            if text.trim().is_empty() {
                continue;
            }
            match self.line::<D>(line, text) {
                Ok(file) if !seen.insert(file.name.clone()) => {
                    errors.push(FileListError::DuplicateFile { field: self.name, line, name: file.name });
                }
                Ok(file) => files.push(file),
                Err(error) => errors.push(error),
            }
        }
        files
    }
}

/// Reads a list, collecting what is wrong; `None` if the field is absent.
///
/// `middle` is the number of words between size and name: 0, or 2 (section and priority) in `.changes`.
pub(crate) fn read_list<D: ListDigest>(
    paragraph: &Paragraph,
    name: &'static str,
    middle: usize,
    errors: &mut Vec<FileListError>,
) -> Option<Vec<Listed<D>>> {
    let value = paragraph.get(name)?;
    let form = if middle == 0 { "digest size name" } else { "digest size section priority name" };
    let first_line = paragraph.line_of(name).unwrap_or(1);
    Some(ListField { name, form, value, first_line, middle }.read(errors))
}

/// Checks that two lists have the same files with the same sizes.
pub(crate) fn compare_lists<A, B>(
    (field, files): (&'static str, &[Listed<A>]),
    (other, others): (&'static str, &[Listed<B>]),
    errors: &mut Vec<FileListError>,
) {
    let sizes = by_name(files);
    let other_sizes = by_name(others);
    for (name, size) in &sizes {
        match other_sizes.get(name) {
            None => errors.push(not_in_both(name, field, other)),
            Some(other_size) if other_size != size => errors.push(FileListError::SizeMismatch {
                name: (*name).clone(),
                field,
                size: *size,
                other,
                other_size: *other_size,
            }),
            Some(_) => {}
        }
    }
    for name in other_sizes.keys().filter(|name| !sizes.contains_key(*name)) {
        errors.push(not_in_both(name, other, field));
    }
}

fn not_in_both(name: &FileName, present: &'static str, absent: &'static str) -> FileListError {
    FileListError::NotInBoth { name: name.clone(), present, absent }
}

fn by_name<D>(files: &[Listed<D>]) -> BTreeMap<&FileName, u64> {
    files.iter().map(|file| (&file.name, file.size)).collect()
}

/// `Files` with the `Checksums-*` lists beside it, all agreeing with it.
pub(crate) struct FileLists {
    pub(crate) files: Vec<Listed<Md5>>,
    sha1: BTreeMap<FileName, Sha1>,
    sha256: BTreeMap<FileName, Sha256>,
}

impl FileLists {
    /// Reads all three fields and compares them; what is wrong is added to `errors`.
    pub(crate) fn read(paragraph: &Paragraph, middle: usize, errors: &mut Vec<FileListError>) -> Self {
        let before = errors.len();
        let files = read_list::<Md5>(paragraph, "Files", middle, errors);
        let sha1 = read_list::<Sha1>(paragraph, "Checksums-Sha1", 0, errors);
        let sha256 = read_list::<Sha256>(paragraph, "Checksums-Sha256", 0, errors);
        // A line that could not be read is missing from its list, and an empty `Files` is reported as such:
        // comparing would only report both again, once for each file.
        if let (Some(files @ [_, ..]), true) = (files.as_deref(), errors.len() == before) {
            if let Some(sha1) = &sha1 {
                compare_lists(("Files", files), ("Checksums-Sha1", sha1), errors);
            }
            if let Some(sha256) = &sha256 {
                compare_lists(("Files", files), ("Checksums-Sha256", sha256), errors);
            }
        }
        Self { files: files.unwrap_or_default(), sha1: digests(sha1), sha256: digests(sha256) }
    }

    pub(crate) fn sha1(&self, name: &FileName) -> Option<Sha1> {
        self.sha1.get(name).copied()
    }

    pub(crate) fn sha256(&self, name: &FileName) -> Option<Sha256> {
        self.sha256.get(name).copied()
    }
}

pub(crate) fn digests<D>(list: Option<Vec<Listed<D>>>) -> BTreeMap<FileName, D> {
    list.unwrap_or_default().into_iter().map(|file| (file.name, file.digest)).collect()
}
