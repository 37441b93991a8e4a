//! Why an upload is refused: each reason has a code that never changes, and a sentence for people.
//!
//! Programs and translations hang on the codes, so all of them stand in one table, [`CODES`], from which
//! documentation is made. Code that refuses something names a constant of this module, never a text of its own.

use std::fmt;

use serde::Serialize;

/// One reason to refuse an upload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reason {
    /// A word of [`CODES`].
    pub code: &'static str,
    /// The file it is about; `None` when it is about the upload as a whole.
    pub file: Option<String>,
    /// What is wrong and, where that is not plain, what to do, in one sentence.
    pub message: String,
}

impl Reason {
    /// A reason about one file.
    pub fn of_file(code: &'static str, file: impl fmt::Display, message: impl fmt::Display) -> Self {
        Self { code, file: Some(file.to_string()), message: message.to_string() }
    }

    /// A reason that was written down; `None`: its code is not known.
    pub fn recorded(code: &str, file: Option<String>, message: String) -> Option<Self> {
        let (code, _) = CODES.iter().find(|(known, _)| *known == code)?;
        Some(Self { code, file, message })
    }

    /// A reason about the upload as a whole.
    pub fn of_upload(code: &'static str, message: impl fmt::Display) -> Self {
        Self { code, file: None, message: message.to_string() }
    }
}

/// One line: `file.missing hello_1.0_all.deb: the .changes names it, ...`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)?;
        if let Some(file) = &self.file {
            write!(f, " {file}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Which reader of a foreign format has found a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The signature of a .changes or .dsc.
    Signature,
    /// The .changes.
    Changes,
    /// The .dsc.
    Dsc,
    /// What a source package would unpack to.
    Source,
    /// A .deb, .udeb or .ddeb.
    Deb,
    /// The archive of a custom upload.
    Custom,
}

impl Family {
    fn prefix(self) -> &'static str {
        match self {
            Self::Signature => "signature.",
            Self::Changes => "changes.",
            Self::Dsc => "dsc.",
            Self::Source => "source.",
            Self::Deb => "deb.",
            Self::Custom => "custom.",
        }
    }

    fn malformed(self) -> &'static str {
        match self {
            Self::Signature => SIGNATURE_MALFORMED,
            Self::Changes => CHANGES_MALFORMED,
            Self::Dsc => DSC_MALFORMED,
            Self::Source => SOURCE_BAD_ARCHIVE,
            Self::Deb => DEB_MALFORMED,
            Self::Custom => CUSTOM_MALFORMED,
        }
    }

    /// The code of the table for a fault that the reader calls `word`; a word that the table does not have is
    /// `malformed`, so that no code comes into the world unseen.
    pub fn code(self, word: &str) -> &'static str {
        let known = |code: &&'static str| code.strip_prefix(self.prefix()) == Some(word);
        CODES.iter().map(|(code, _)| *code).find(|code| known(code)).unwrap_or(self.malformed())
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code with its meaning, in the order in which an upload is looked at.
        pub const CODES: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

codes! {
    UPLOAD_NO_CHANGES = "upload.no-changes", "The upload has no .changes file.";
    UPLOAD_UNREADABLE = "upload.unreadable", "A file of the upload is no regular file, or its name is none that an archive can hold.";
    UPLOAD_TOO_MANY_FILES = "upload.too-many-files", "The packages of the upload install more files together than are taken at once.";
    UPLOAD_INCOMPLETE = "upload.incomplete", "Nothing was added for a long time, and a .changes still lacks files that it names.";

    SIGNATURE_MISSING = "signature.missing", "The file is not signed.";
    SIGNATURE_TEXT_OUTSIDE = "signature.text-outside", "There is text outside the signed part.";
    SIGNATURE_MALFORMED = "signature.malformed", "The signature cannot be read.";
    SIGNATURE_UNKNOWN_KEY = "signature.unknown-key", "Nobody known has signed.";
    SIGNATURE_EXPIRED_KEY = "signature.expired-key", "The key that signed has expired.";
    SIGNATURE_EXPIRED = "signature.expired", "The signature itself has expired.";
    SIGNATURE_REVOKED_KEY = "signature.revoked-key", "The key that signed is revoked.";
    SIGNATURE_NOT_YET_VALID = "signature.not-yet-valid", "The key or the signature is dated in the future.";
    SIGNATURE_BAD = "signature.bad", "The text was changed after it was signed.";
    SIGNATURE_WEAK_DIGEST = "signature.weak-digest", "The signature uses a digest that can be forged.";
    SIGNATURE_UNUSABLE_KEY = "signature.unusable-key", "The key that signed is known but may not sign.";

    CHANGES_MALFORMED = "changes.malformed", "The .changes cannot be read.";
    CHANGES_MISSING_FIELD = "changes.missing-field", "A mandatory field of the .changes is missing or empty.";
    CHANGES_UNSUPPORTED_FORMAT = "changes.unsupported-format", "The Format of the .changes is none that is known.";
    CHANGES_BAD_SOURCE = "changes.bad-source", "The Source field of the .changes names no source package.";
    CHANGES_BAD_VERSION = "changes.bad-version", "The Version field of the .changes is no version.";
    CHANGES_BAD_ARCHITECTURE = "changes.bad-architecture", "The Architecture field of the .changes names something that is none.";
    CHANGES_BAD_ADDRESS = "changes.bad-address", "Maintainer or Changed-By of the .changes is no name with an address.";
    CHANGES_BAD_SECTION = "changes.bad-section", "A section in the .changes is no name.";
    CHANGES_BAD_FILE_LINE = "changes.bad-file-line", "A line of the file lists of the .changes is wrong.";
    CHANGES_BAD_FILE_NAME = "changes.bad-file-name", "The .changes names a file that an archive cannot hold.";
    CHANGES_BAD_FILE_SIZE = "changes.bad-file-size", "A size in the file lists of the .changes is no number.";
    CHANGES_BAD_DIGEST = "changes.bad-digest", "A checksum in the file lists of the .changes is none.";
    CHANGES_DUPLICATE_FILE = "changes.duplicate-file", "The .changes names a file twice.";
    CHANGES_CHECKSUMS_MISMATCH = "changes.checksums-mismatch", "The file lists of the .changes disagree.";
    CHANGES_NAME_MISMATCH = "changes.name-mismatch", "The name of the .changes is not SOURCE_VERSION_ARCH.changes, of the source and version that it says.";
    CHANGES_NO_BINARY = "changes.no-binary", "Architecture of the .changes names architectures, and it lists no binary package.";
    CHANGES_SEEN = "changes.seen", "The same .changes was taken before.";
    CHANGES_SEEN_ELSEWHERE = "changes.seen-elsewhere", "The same .changes was taken into another distribution.";

    TARGET_MISSING = "target.missing", "The upload came without a path, and the site has several distributions.";
    TARGET_UNKNOWN_DISTRIBUTION = "target.unknown-distribution", "The path below incoming names a distribution that there is not.";
    TARGET_UNKNOWN_ARCHIVE = "target.unknown-archive", "The path below incoming names an archive that there is not.";
    TARGET_UNKNOWN_SUITE = "target.unknown-suite", "The path below incoming names a suite that the archive does not have.";
    SUITE_UNKNOWN = "suite.unknown", "The Distribution field names no suite of the archive's distribution.";
    SUITE_CLOSED = "suite.closed", "The series does not take uploads into that pocket at this time of its life.";
    SUITE_OBSOLETE = "suite.obsolete", "The series is obsolete.";
    SUITE_WRONG_POCKET = "suite.wrong-pocket", "The archive does not have that pocket.";
    ARCHIVE_DISABLED = "archive.disabled", "The archive takes no uploads for now.";
    ARCHIVE_NO_SOURCES = "archive.no-sources", "The archive takes no source packages by upload.";
    ARCHIVE_FULL = "archive.full", "With this upload the archive would be larger than it may be.";

    POLICY_SOURCE_NOT_ALLOWED = "policy.source-not-allowed", "The context takes no source packages.";
    POLICY_BINARY_NOT_ALLOWED = "policy.binary-not-allowed", "The context takes no binary packages.";
    POLICY_MIXED_NOT_ALLOWED = "policy.mixed-not-allowed", "The context takes no source package together with binary packages.";

    PERMISSION_NONE = "permission.none", "The uploader has no right in this archive.";
    PERMISSION_PACKAGE = "permission.package", "The uploader has rights in this archive, but none for this package in this suite.";
    PERMISSION_PACKAGE_SET = "permission.package-set", "The package belongs to those who hold an explicit permission for its package set.";
    PERMISSION_COMPONENT = "permission.component", "The uploader may not upload into that component.";
    PERMISSION_TAKEOVER = "permission.takeover", "The uploader may not replace a package that another source builds.";
    PERMISSION_SECURITY = "permission.security", "Only who may upload into the security pocket by name may do so.";

    FILE_MISSING = "file.missing", "A file that the .changes or the .dsc names is not there.";
    FILE_SIZE_MISMATCH = "file.size-mismatch", "A file has another size than the .changes or the .dsc says.";
    FILE_HASH_MISMATCH = "file.hash-mismatch", "A file has another checksum than the .changes or the .dsc says.";
    FILE_UNEXPECTED_KIND = "file.unexpected-kind", "The .changes names a file that belongs to no package.";

    DSC_MALFORMED = "dsc.malformed", "The .dsc cannot be read.";
    DSC_MISSING_FIELD = "dsc.missing-field", "A mandatory field of the .dsc is missing or empty.";
    DSC_UNSUPPORTED_FORMAT = "dsc.unsupported-format", "The source format is none that is known.";
    DSC_BAD_SOURCE = "dsc.bad-source", "The Source field of the .dsc names no source package.";
    DSC_BAD_VERSION = "dsc.bad-version", "The Version field of the .dsc is no version.";
    DSC_BAD_BINARY = "dsc.bad-binary", "The Binary field of the .dsc names something that is no package.";
    DSC_BAD_ADDRESS = "dsc.bad-address", "Maintainer of the .dsc is no name with an address.";
    DSC_BAD_RELATION = "dsc.bad-relation", "What the source package needs for building cannot be read.";
    DSC_BAD_FILE_LINE = "dsc.bad-file-line", "A line of the file lists of the .dsc is wrong.";
    DSC_BAD_FILE_NAME = "dsc.bad-file-name", "The .dsc names a file that an archive cannot hold.";
    DSC_BAD_FILE_SIZE = "dsc.bad-file-size", "A size in the file lists of the .dsc is no number.";
    DSC_BAD_DIGEST = "dsc.bad-digest", "A checksum in the file lists of the .dsc is none.";
    DSC_DUPLICATE_FILE = "dsc.duplicate-file", "The .dsc names a file twice.";
    DSC_CHECKSUMS_MISMATCH = "dsc.checksums-mismatch", "The file lists of the .dsc disagree.";
    DSC_MISSING_SOURCE_FILE = "dsc.missing-source-file", "The .dsc lacks a file that its format needs.";
    DSC_TOO_MANY_SOURCE_FILES = "dsc.too-many-source-files", "The .dsc has several files where its format has one.";
    DSC_UNEXPECTED_SOURCE_FILE = "dsc.unexpected-source-file", "The .dsc has a file that its format does not have.";
    DSC_LONE_SIGNATURE = "dsc.lone-signature", "The .dsc has a signature of a file that it does not have.";
    DSC_NAME_MISMATCH = "dsc.name-mismatch", "The name of the .dsc is not SOURCE_VERSION.dsc of what it says.";
    DSC_SOURCE_MISMATCH = "dsc.source-mismatch", "The .dsc is about another source package than the .changes.";
    DSC_VERSION_MISMATCH = "dsc.version-mismatch", "The .dsc has another version than the .changes.";
    DSC_NOT_IN_CHANGES = "dsc.not-in-changes", "There is a .dsc, and Architecture of the .changes does not say source.";
    DSC_MISSING = "dsc.missing", "Architecture of the .changes says source, and there is no .dsc.";
    DSC_SEVERAL = "dsc.several", "The .changes names more than one .dsc.";

    SOURCE_BAD_ARCHIVE = "source.bad-archive", "A tar archive of the source package is damaged, or holds what none may.";
    SOURCE_BAD_COMPRESSION = "source.bad-compression", "Compressed data of the source package cannot be read.";
    SOURCE_TOO_LARGE = "source.too-large", "The source package unpacks to more than is allowed.";
    SOURCE_UNSAFE_PATH = "source.unsafe-path", "The source package holds a path that leaves its place.";
    SOURCE_THROUGH_LINK = "source.through-link", "The source package holds something that would be written through a symbolic link of it.";
    SOURCE_SPECIAL_FILE = "source.special-file", "The source package holds a device or a pipe.";
    SOURCE_NOT_A_FILE = "source.not-a-file", "debian/changelog or debian/copyright is no regular file.";
    SOURCE_TEXT_TOO_LARGE = "source.text-too-large", "debian/changelog or debian/copyright is larger than 10 MiB.";
    SOURCE_BAD_PATCH = "source.bad-patch", "The .diff.gz cannot be read, or does not fit.";
    SOURCE_NO_CHANGELOG = "source.no-changelog", "The source package has no debian/changelog.";
    SOURCE_BAD_CHANGELOG = "source.bad-changelog", "debian/changelog cannot be read.";
    SOURCE_CHANGELOG_MISMATCH = "source.changelog-mismatch", "debian/changelog begins with another package or version than that of the .dsc.";

    DEB_MALFORMED = "deb.malformed", "The package file is broken.";
    DEB_EMPTY_FILE = "deb.empty-file", "The package file is empty.";
    DEB_NOT_AN_ARCHIVE = "deb.not-an-archive", "The package file is none.";
    DEB_TRUNCATED = "deb.truncated", "The package file ends too early.";
    DEB_CORRUPT = "deb.corrupt", "Compressed data in the package file is damaged.";
    DEB_TRAILING_DATA = "deb.trailing-data", "Something follows the end of the package file or of a part of it.";
    DEB_MISSING_MEMBER = "deb.missing-member", "A part of the package file is missing.";
    DEB_UNEXPECTED_MEMBER = "deb.unexpected-member", "A part of the package file is none that it may have.";
    DEB_DUPLICATE_MEMBER = "deb.duplicate-member", "A part of the package file is there twice.";
    DEB_TOO_MANY_MEMBERS = "deb.too-many-members", "The package file has too many parts.";
    DEB_BAD_FORMAT_VERSION = "deb.bad-format-version", "The package file has a format that is not known.";
    DEB_UNSUPPORTED_COMPRESSION = "deb.unsupported-compression", "A part of the package file is compressed in a way that is not allowed.";
    DEB_UNSUPPORTED_ENTRY = "deb.unsupported-entry", "The package holds something that is neither file, directory, link nor device.";
    DEB_UNSAFE_PATH = "deb.unsafe-path", "The package holds a path that leaves its place.";
    DEB_PATH_TOO_LONG = "deb.path-too-long", "The package holds a path that is too long.";
    DEB_TOO_MANY_ENTRIES = "deb.too-many-entries", "The package holds too many files.";
    DEB_TOO_LARGE = "deb.too-large", "The package needs more room or memory than is allowed.";
    DEB_NO_CONTROL_FILE = "deb.no-control-file", "The package has no control file.";
    DEB_DUPLICATE_FILE = "deb.duplicate-file", "The package has a control file twice.";
    DEB_DUPLICATE_FIELD = "deb.duplicate-field", "A field of the control file is there twice.";
    DEB_MISSING_FIELD = "deb.missing-field", "A mandatory field of the control file is missing or empty.";
    DEB_BAD_FIELD = "deb.bad-field", "A field of the control file has a value that it cannot have.";
    DEB_BAD_RELATION = "deb.bad-relation", "A relation to other packages cannot be read.";
    DEB_EMPTY_RELATION = "deb.empty-relation", "A relation to other packages is there and empty.";
    DEB_TIME_IN_FUTURE = "deb.time-in-future", "A file in the package is dated more than a day in the future.";
    DEB_TIME_IN_PAST = "deb.time-in-past", "A file in the package is dated before 1975.";
    DEB_SECTION_MISMATCH = "deb.section-mismatch", "The package and the .changes name different sections.";
    DEB_PRIORITY_MISMATCH = "deb.priority-mismatch", "The package and the .changes name different priorities.";
    DEBUG_DUPLICATE = "debug.duplicate", "Debug symbols of one package come twice.";
    DEBUG_ORPHANED = "debug.orphaned", "Debug symbols come without their package.";
    DEB_NAME_MISMATCH = "deb.name-mismatch", "The file name is not PACKAGE_VERSION_ARCH of the control file.";
    DEB_VERSION_MISMATCH = "deb.version-mismatch", "The package was built from another version than that of the .changes.";
    DEB_ARCHITECTURE_MISMATCH = "deb.architecture-mismatch", "Architecture of the .changes does not name the package's architecture.";
    DEB_NOT_IN_CHANGES = "deb.not-in-changes", "The package is not listed in Binary of the .changes, or was built from another source.";

    CUSTOM_UNKNOWN_TYPE = "custom.unknown-type", "The section is none of the types of custom uploads.";
    CUSTOM_BAD_FILE_NAME = "custom.bad-file-name", "The file is not called as files of its type are.";
    CUSTOM_MALFORMED = "custom.malformed", "The archive of the custom upload cannot be read.";
    CUSTOM_TRUNCATED = "custom.truncated", "The archive of the custom upload ends too early.";
    CUSTOM_CORRUPT = "custom.corrupt", "Compressed data in the archive of the custom upload is damaged.";
    CUSTOM_TRAILING_DATA = "custom.trailing-data", "Something follows the end of the archive of the custom upload.";
    CUSTOM_TOO_LARGE = "custom.too-large", "The archive of the custom upload unpacks to more than is allowed.";
    CUSTOM_TOO_MANY_ENTRIES = "custom.too-many-entries", "The archive of the custom upload has too many entries.";
    CUSTOM_UNSUPPORTED_ENTRY = "custom.unsupported-entry", "The archive holds something that is neither file, directory nor symbolic link.";
    CUSTOM_UNSAFE_PATH = "custom.unsafe-path", "The archive holds a path that leaves its place.";
    CUSTOM_UNSAFE_LINK = "custom.unsafe-link", "The archive holds a symbolic link that may lead out of its place.";
    CUSTOM_BAD_NAME = "custom.bad-name", "The archive holds a name with characters that are not published.";
    CUSTOM_PATH_TOO_LONG = "custom.path-too-long", "The archive holds a path that is too long.";
    CUSTOM_DUPLICATE_ENTRY = "custom.duplicate-entry", "The archive holds a name twice, or below something that is no directory.";
    CUSTOM_UNEXPECTED_ENTRY = "custom.unexpected-entry", "The archive holds something that does not belong into its type of upload.";
    CUSTOM_BAD_TRANSLATION = "custom.bad-translation", "A translation in the archive cannot be unpacked or read, or says something else in another compression.";
    CUSTOM_EMPTY = "custom.empty", "The archive holds nothing to publish.";
    CUSTOM_VERSION_EXISTS = "custom.version-exists", "The suite has that version of the custom upload already.";

    COMPONENT_UNKNOWN = "component.unknown", "A section names a component that the series does not have.";
    ARCHITECTURE_DISABLED = "architecture.disabled", "The series has disabled the package's architecture.";
    ARCHITECTURE_UNKNOWN = "architecture.unknown", "The series does not have the package's architecture.";
    ARCHIVE_FILE_CONFLICT = "archive.file-conflict", "The archive, or an upload that waits in its queue, has the file name with other content.";
    SOURCE_NOT_PUBLISHED = "source.not-published", "The archive does not have the source that the packages were built from.";
    VERSION_NOT_NEWER = "version.not-newer", "The suite has a newer version already.";
    VERSION_TAKEN = "version.taken", "The archive has taken this version of the source before.";
    UPLOAD_NOTHING_NEW = "upload.nothing-new", "Everything in the upload is in the suite already.";
    SOURCE_FORMAT_NOT_PERMITTED = "source.format-not-permitted", "The series does not take this source format.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_listed_once_and_explained() {
        let words: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(words.len(), CODES.len());
        for (code, meaning) in CODES {
            let legal = |c: char| c.is_ascii_lowercase() || c == '-' || c == '.';
            assert!(code.chars().all(legal) && code.matches('.').count() == 1, "{code}");
            assert!(meaning.ends_with('.'), "{code}: {meaning}");
        }
    }

    #[test]
    fn an_unknown_fault_of_a_reader_is_still_a_known_code() {
        assert_eq!(Family::Deb.code("truncated"), DEB_TRUNCATED);
        assert_eq!(Family::Deb.code("never heard of"), DEB_MALFORMED);
        assert_eq!(Family::Changes.code("truncated"), CHANGES_MALFORMED);
    }
}
