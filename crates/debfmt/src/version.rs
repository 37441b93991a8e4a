//! Package versions and their order: deb-version(7), Debian Policy 5.6.12.
//!
//! A version is `[epoch:]upstream[-revision]`. The order is dpkg's: `~` sorts before everything, even the end;
//! letters before other characters; runs of digits as numbers of any length.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Text that is not a version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// There is no text.
    #[error("the version is empty")]
    Empty,
    /// The part before the first colon is not a number up to 2147483647, dpkg's bound.
    #[error("the version {version:?} has a bad epoch")]
    BadEpoch {
        /// The whole text.
        version: String,
    },
    /// Nothing stands between the epoch and the revision.
    #[error("the version {version:?} has no upstream part")]
    EmptyUpstream {
        /// The whole text.
        version: String,
    },
    /// The upstream part does not begin with a digit.
    #[error("the version {version:?} does not begin with a digit")]
    NoDigit {
        /// The whole text.
        version: String,
    },
    /// Nothing follows the last hyphen.
    #[error("the version {version:?} has an empty revision")]
    EmptyRevision {
        /// The whole text.
        version: String,
    },
    /// A character may not stand in its part of the version.
    #[error("the version {version:?} contains {character:?}")]
    BadCharacter {
        /// The whole text.
        version: String,
        /// The first bad character.
        character: char,
    },
}

impl VersionError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "bad-version"
    }
}

/// A valid version.
///
/// Equality and order are dpkg's, so `1.0 == 1.00` and `1.0 == 0:1.0-0`. Whether two versions have the same
/// *text*, which decides file names, is asked of [`Version::as_str`]. There is no `Hash` for that reason.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
}

/// The three parts of a version text, whether it is valid or not.
#[derive(Clone, Copy)]
struct Parts<'a> {
    epoch: &'a str,
    /// After the epoch's colon.
    rest: &'a str,
    upstream: &'a str,
    revision: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (epoch, rest) = text.split_once(':').unwrap_or(("", text));
        let (upstream, revision) = match rest.rsplit_once('-') {
            Some((upstream, revision)) => (upstream, Some(revision)),
            None => (rest, None),
        };
        Self { epoch, rest, upstream, revision }
    }

    fn revision_bytes(self) -> &'a [u8] {
        self.revision.unwrap_or_default().as_bytes()
    }
}

impl Version {
    /// Checks a version text. Blanks around it are not accepted.
    ///
    /// Fails with the first thing that is wrong, as `dpkg-deb --build` does.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let version = || text.to_owned();
        let parts = Parts::of(text);
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if text.contains(':') && parse_epoch(parts.epoch).is_none() {
            return Err(VersionError::BadEpoch { version: version() });
        }
        if parts.upstream.is_empty() {
            return Err(VersionError::EmptyUpstream { version: version() });
        }
        if !parts.upstream.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(VersionError::NoDigit { version: version() });
        }
        if parts.revision == Some("") {
            return Err(VersionError::EmptyRevision { version: version() });
        }
        let bad = bad_character(parts.upstream, ".+-~:");
        match bad.or_else(|| bad_character(parts.revision.unwrap_or_default(), ".+~")) {
            Some(character) => Err(VersionError::BadCharacter { version: version(), character }),
            None => Ok(Self { text: version() }),
        }
    }

    /// The text exactly as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The epoch; 0 if there is none.
    pub fn epoch(&self) -> u32 {
        parse_epoch(Parts::of(&self.text).epoch).unwrap_or(0)
    }

    /// The part between epoch and revision.
    pub fn upstream(&self) -> &str {
        Parts::of(&self.text).upstream
    }

    /// The part after the last hyphen.
    pub fn revision(&self) -> Option<&str> {
        Parts::of(&self.text).revision
    }

    /// The version as file names have it.
    pub fn without_epoch(&self) -> &str {
        Parts::of(&self.text).rest
    }

    /// Whether there is no revision, as in packages whose upstream is the distribution itself.
    pub fn is_native(&self) -> bool {
        self.revision().is_none()
    }
}

fn parse_epoch(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|epoch| *epoch <= i32::MAX.unsigned_abs())
}

fn bad_character(part: &str, punctuation: &str) -> Option<char> {
    part.chars().find(|c| !c.is_ascii_alphanumeric() && !punctuation.contains(*c))
}

/// Compares two version texts without allocating.
///
/// Takes any text: an epoch that is no number counts as 0, an absent part as empty.
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parts::of(a), Parts::of(b));
    compare_epochs(a.epoch, b.epoch)
        .then_with(|| compare_part(a.upstream.as_bytes(), b.upstream.as_bytes()))
        .then_with(|| compare_part(a.revision_bytes(), b.revision_bytes()))
}

fn compare_epochs(a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    number(a).cmp(&number(b))
}

/// The weight of a character outside runs of digits; the end of the text, or a digit, weighs nothing.
fn weight(byte: Option<&u8>) -> i32 {
    match byte {
        None | Some(b'0'..=b'9') => 0,
        Some(b'~') => -1,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    }
}

/// Compares upstream parts, or revisions: by turns a run without digits and a run of digits.
fn compare_part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (word_a, rest_a) = split_run(a, |byte| !byte.is_ascii_digit());
        let (word_b, rest_b) = split_run(b, |byte| !byte.is_ascii_digit());
        let (number_a, rest_a) = split_run(rest_a, u8::is_ascii_digit);
        let (number_b, rest_b) = split_run(rest_b, u8::is_ascii_digit);
        let order = compare_words(word_a, word_b).then_with(|| compare_numbers(number_a, number_b));
        if order.is_ne() {
            return order;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

fn split_run(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !belongs(byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

fn compare_words(a: &[u8], b: &[u8]) -> Ordering {
    let longest = a.len().max(b.len());
    (0..longest)
        .map(|index| weight(a.get(index)).cmp(&weight(b.get(index))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Compares numbers of any length; an absent one is zero.
fn compare_numbers(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = split_run(a, |byte| *byte == b'0');
    let (_, b) = split_run(b, |byte| *byte == b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.text, &other.text)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn parts_are_found() {
        let full = version("2:1.0-rc:1-3ubuntu1");
        assert_eq!((full.epoch(), full.upstream(), full.revision()), (2, "1.0-rc:1", Some("3ubuntu1")));
        assert_eq!(full.without_epoch(), "1.0-rc:1-3ubuntu1");
        assert_eq!(full.to_string(), "2:1.0-rc:1-3ubuntu1");
        let native = version("0~git");
        assert_eq!((native.epoch(), native.upstream(), native.revision()), (0, "0~git", None));
        assert!(native.is_native() && !full.is_native());
        assert_eq!("1".parse::<Version>(), Ok(version("1")));
    }

    #[test]
    fn each_error_has_its_cause() {
        let own = |text: &str| text.to_owned();
        let character = |text: &str, character| VersionError::BadCharacter { version: own(text), character };
        let cases = [
            ("", VersionError::Empty),
            (":1", VersionError::BadEpoch { version: own(":1") }),
            ("a:1", VersionError::BadEpoch { version: own("a:1") }),
            ("+1:1", VersionError::BadEpoch { version: own("+1:1") }),
            ("2147483648:1", VersionError::BadEpoch { version: own("2147483648:1") }),
            ("1:", VersionError::EmptyUpstream { version: own("1:") }),
            ("-1", VersionError::EmptyUpstream { version: own("-1") }),
            ("v1", VersionError::NoDigit { version: own("v1") }),
            (" 1", VersionError::NoDigit { version: own(" 1") }),
            ("1-", VersionError::EmptyRevision { version: own("1-") }),
            ("1 ", character("1 ", ' ')),
            ("1/..", character("1/..", '/')),
            ("1_2", character("1_2", '_')),
            ("1-a:b", VersionError::BadEpoch { version: own("1-a:b") }),
            ("0:1-a:b", character("0:1-a:b", ':')),
            ("1é", character("1é", 'é')),
            ("1\0", character("1\0", '\0')),
        ];
        for (text, expected) in cases {
            assert_eq!(Version::parse(text).unwrap_err(), expected, "{text:?}");
        }
        assert_eq!(VersionError::Empty.code(), "bad-version");
    }

    #[test]
    fn versions_in_the_order_of_the_manual() {
        let ascending = [
            "0~~",
            "0~~a",
            "0~",
            "0",
            "0a",
            "0+",
            "1.0~rc1",
            "1.0",
            "1.0-1",
            "1.0-1+b1",
            "1.0+a",
            "1.2",
            "1.10",
            "1.99999999999999999999999999",
            "1.100000000000000000000000000",
            "1:0",
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn equal_versions_may_have_different_texts() {
        for (a, b) in [("1.0", "1.00"), ("0:1", "1"), ("1-0", "1"), ("1.a0", "1.a"), ("00:1", "1")] {
            assert_eq!(version(a), version(b));
            assert_ne!(version(a).as_str(), version(b).as_str());
        }
    }

    #[test]
    fn raw_texts_of_any_kind_can_be_compared() {
        assert_eq!(compare("", ""), Ordering::Equal);
        assert_eq!(compare("", "~"), Ordering::Greater);
        assert_eq!(compare("x:1", "1"), Ordering::Equal);
        assert_eq!(compare("1-", "1"), Ordering::Equal);
    }
}
