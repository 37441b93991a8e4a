//! The newest entry of `debian/changelog` (deb-changelog(5), Policy 4.4).
//!
//! Only the first entry is read: it says which version the package is. Older ones come in every form that somebody has
//! ever written, and nobody needs them to judge an upload.

use crate::names::{NameError, SourceName};
use crate::version::{Version, VersionError};

/// The newest entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The source package.
    pub source: SourceName,
    /// Its version.
    pub version: Version,
    /// Where it was meant to go: one word or several.
    pub distributions: Vec<String>,
    /// How urgent it is, in lower case.
    pub urgency: Option<String>,
    /// What has changed, without blank lines at the ends.
    pub changes: String,
    /// Who made it: `NAME <ADDRESS>`.
    pub maintainer: String,
    /// When, as it is written.
    pub date: String,
    /// The whole entry as it is written, from its heading to the line with the date.
    pub text: String,
}

/// Why a changelog has no readable first entry. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangelogError {
    /// There is nothing in it.
    #[error("the changelog is empty")]
    Empty,
    /// It is no text.
    #[error("the changelog is not UTF-8")]
    NotUtf8,
    /// The first line is no heading.
    #[error("line {line} is no heading: it should be `SOURCE (VERSION) DISTRIBUTION; urgency=URGENCY`")]
    BadHeading {
        /// The line.
        line: usize,
    },
    /// The name in the heading is none.
    #[error("line {line}: {source}")]
    BadSource {
        /// The line.
        line: usize,
        /// What is wrong.
        source: NameError,
    },
    /// The version in the heading is none.
    #[error("line {line}: {source}")]
    BadVersion {
        /// The line.
        line: usize,
        /// What is wrong.
        source: VersionError,
    },
    /// The entry does not end as one.
    #[error("the entry that begins in line {line} does not end with ` -- NAME <ADDRESS>  DATE`")]
    NoTrailer {
        /// The line of the heading.
        line: usize,
    },
}

impl ChangelogError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty-changelog",
            Self::NotUtf8 => "changelog-not-utf8",
            Self::BadHeading { .. } => "bad-changelog-heading",
            Self::BadSource { .. } => "bad-changelog-source",
            Self::BadVersion { .. } => "bad-changelog-version",
            Self::NoTrailer { .. } => "no-changelog-trailer",
        }
    }
}

/// Reads the first entry. Blank lines before it are skipped; what follows it is not looked at.
///
/// # Errors
/// [`ChangelogError`].
pub fn newest(text: &[u8]) -> Result<Entry, ChangelogError> {
    let mut lines = text.split(|byte| *byte == b'\n').enumerate().map(|(number, line)| (number + 1, line));
    let (line, heading) =
        lines.find(|(_, line)| !line.trim_ascii().is_empty()).ok_or(ChangelogError::Empty)?;
    let heading = utf8(heading)?;
    let mut entry = heading_of(line, heading)?;
    let mut changes: Vec<&str> = Vec::new();
    for (_, text) in lines {
        let text = utf8(text)?.trim_end();
        if let Some(trailer) = text.strip_prefix(" -- ") {
            let (maintainer, date) = trailer.split_once(">").ok_or(ChangelogError::NoTrailer { line })?;
            entry.maintainer = format!("{}>", maintainer.trim());
            entry.date = date.trim().to_owned();
            entry.text = format!("{}\n{}\n{text}\n", heading.trim_end(), changes.join("\n"));
            entry.changes = changes.join("\n").trim_matches('\n').to_owned();
            return Ok(entry);
        }
        // Anything at the left edge would begin the next entry.
        if !text.is_empty() && !text.starts_with([' ', '\t']) {
            break;
        }
        changes.push(text);
    }
    Err(ChangelogError::NoTrailer { line })
}

fn utf8(line: &[u8]) -> Result<&str, ChangelogError> {
    std::str::from_utf8(line).map_err(|_| ChangelogError::NotUtf8)
}

/// `hello (2.10-3) unstable; urgency=medium`
fn heading_of(line: usize, text: &str) -> Result<Entry, ChangelogError> {
    let bad = || ChangelogError::BadHeading { line };
    let text = text.trim_start_matches('\u{feff}').trim_end();
    let (source, rest) = text.split_once(" (").ok_or_else(bad)?;
    let (version, rest) = rest.split_once(')').ok_or_else(bad)?;
    let (distributions, options) = rest.split_once(';').ok_or_else(bad)?;
    let distributions: Vec<String> = distributions.split_whitespace().map(str::to_owned).collect();
    if distributions.is_empty() {
        return Err(bad());
    }
    let option = |option: &str| {
        let (name, value) = option.split_once('=')?;
        name.trim().eq_ignore_ascii_case("urgency").then(|| value.trim().to_ascii_lowercase())
    };
    Ok(Entry {
        source: SourceName::parse(source.trim())
            .map_err(|source| ChangelogError::BadSource { line, source })?,
        version: Version::parse(version.trim())
            .map_err(|source| ChangelogError::BadVersion { line, source })?,
        distributions,
        urgency: options.split(',').find_map(option),
        changes: String::new(),
        maintainer: String::new(),
        date: String::new(),
        text: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\nhello (1:2.10-3) unstable experimental; urgency=HIGH, binary-only=yes\n\n  * Say hello.\n\n  [ Ann ]\n  * Twice.\n\n -- Ann Lee <ann@example.org>  Thu, 01 Jan 2026 00:00:00 +0000\n\nhello (1.0) whatever\n";

    #[test]
    fn the_first_entry_is_read_and_the_rest_is_not() {
        let entry = newest(GOOD.as_bytes()).unwrap();
        assert_eq!((entry.source.as_str(), entry.version.as_str()), ("hello", "1:2.10-3"));
        assert_eq!(entry.distributions, ["unstable", "experimental"]);
        assert_eq!(entry.urgency.as_deref(), Some("high"));
        assert_eq!(entry.changes, "  * Say hello.\n\n  [ Ann ]\n  * Twice.");
        assert_eq!(entry.maintainer, "Ann Lee <ann@example.org>");
        assert_eq!(entry.date, "Thu, 01 Jan 2026 00:00:00 +0000");
        let end = GOOD.find("+0000\n").unwrap() + 6;
        assert_eq!(entry.text, GOOD[1..end]);
    }

    #[test]
    fn each_fault_has_its_name() {
        let told = |text: &str| newest(text.as_bytes()).unwrap_err().code();
        assert_eq!(told(" \n\n"), "empty-changelog");
        assert_eq!(newest(b"hello \xff").unwrap_err().code(), "changelog-not-utf8");
        for text in
            ["hello\n", "hello 1.0 unstable; urgency=low\n", "hello (1.0) ; urgency=low\n", "hello (1.0\n"]
        {
            assert_eq!(told(text), "bad-changelog-heading", "{text:?}");
        }
        assert_eq!(told("Hello! (1.0) unstable; urgency=low\n"), "bad-changelog-source");
        assert_eq!(told("hello (1.0/2) unstable; urgency=low\n"), "bad-changelog-version");
        assert_eq!(told("hello (1.0) unstable; urgency=low\n\n  * x\n"), "no-changelog-trailer");
        assert_eq!(
            told("hello (1.0) unstable; urgency=low\n\n  * x\nother (2) x; y\n -- A <a>  z\n"),
            "no-changelog-trailer"
        );
    }
}
