//! Names from which paths are built: Debian Policy 5.6.1, 5.6.7, 5.6.8, 2.4.
//!
//! Every name that may become part of a path has a type here, and every type has the same promise: the text is
//! one path component. It is ASCII, begins with a letter or digit, and has no `/`, blank or control character;
//! so it is never empty, `.` or `..`, never hidden and never an option. Code that builds paths takes these
//! types and has nothing to check.

use std::fmt;
use std::str::FromStr;

use crate::version::{Version, VersionError};

/// Text that is not a name of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is shorter than a name of this kind can be.
    #[error("the {kind} {name:?} is too short: at least {limit} characters are needed")]
    TooShort {
        /// What the name is for.
        kind: &'static str,
        /// The text.
        name: String,
        /// The least number of characters.
        limit: usize,
    },
    /// The text is longer than a name of this kind may be.
    #[error("the {kind} {beginning:?}... has {bytes} bytes; the limit is {limit}")]
    TooLong {
        /// What the name is for.
        kind: &'static str,
        /// The first characters of the text.
        beginning: String,
        /// Its length.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The first character is not one that a name of this kind begins with.
    #[error("the {kind} {name:?} begins with {character:?}")]
    BadStart {
        /// What the name is for.
        kind: &'static str,
        /// The text.
        name: String,
        /// Its first character.
        character: char,
    },
    /// A character may not stand in a name of this kind.
    #[error("the {kind} {name:?} contains {character:?}")]
    BadCharacter {
        /// What the name is for.
        kind: &'static str,
        /// The text.
        name: String,
        /// The first bad character.
        character: char,
    },
}

impl NameError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "bad-name"
    }
}

/// What a kind of name may look like. The first character is always a letter or digit.
struct Rule {
    kind: &'static str,
    upper: bool,
    punctuation: &'static str,
    shortest: usize,
    longest: usize,
}

impl Rule {
    fn check(&self, name: &str) -> Result<(), NameError> {
        let kind = self.kind;
        if name.len() > self.longest {
            let beginning = name.chars().take(40).collect();
            return Err(NameError::TooLong { kind, beginning, bytes: name.len(), limit: self.longest });
        }
        let own = || name.to_owned();
        let letter =
            |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || (self.upper && c.is_ascii_uppercase());
        if let Some(character) = name.chars().next().filter(|c| !letter(*c)) {
            return Err(NameError::BadStart { kind, name: own(), character });
        }
        if let Some(character) = name.chars().find(|c| !letter(*c) && !self.punctuation.contains(*c)) {
            return Err(NameError::BadCharacter { kind, name: own(), character });
        }
        if name.len() < self.shortest {
            return Err(NameError::TooShort { kind, name: own(), limit: self.shortest });
        }
        Ok(())
    }
}

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks a name; [`NameError`] says what is wrong with it.
            pub fn parse(name: &str) -> Result<Self, NameError> {
                let rule: Rule = $rule;
                rule.check(name).map(|()| Self(name.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, taken out.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
                Self::parse(name)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(name: String) -> Result<Self, NameError> {
                Self::parse(&name)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type!(
    /// A source package: lower-case letters, digits, `+-.`, two characters or more (Policy 5.6.1).
    SourceName,
    Rule { kind: "source package name", upper: false, punctuation: "+-.", shortest: 2, longest: 200 }
);
name_type!(
    /// A binary package: the same characters as a source package (Policy 5.6.7).
    PackageName,
    Rule { kind: "package name", upper: false, punctuation: "+-.", shortest: 2, longest: 200 }
);
name_type!(
    /// A file of the pool or of an upload: letters, digits, `+-._~`.
    ///
    /// Versions in file names have no epoch, so a colon is never needed; 255 bytes is what file systems take.
    FileName,
    Rule { kind: "file name", upper: true, punctuation: "+-._~", shortest: 1, longest: 255 }
);
name_type!(
    /// A component of an archive, as `main` or `non-free-firmware`.
    Component,
    Rule { kind: "component", upper: true, punctuation: "+-._", shortest: 1, longest: 100 }
);
name_type!(
    /// An architecture, as `amd64`, `all`, `source`, or a wildcard as `linux-any` (Policy 5.6.8).
    Architecture,
    Rule { kind: "architecture", upper: false, punctuation: "-", shortest: 1, longest: 64 }
);
name_type!(
    /// A suite as it is named in `dists/`: `stable`, `noble-updates`.
    SuiteName,
    Rule { kind: "suite", upper: true, punctuation: "+-._~", shortest: 1, longest: 100 }
);
name_type!(
    /// A section without its component: `libs`, `gnu-r` (Policy 2.4).
    SectionName,
    Rule { kind: "section", upper: true, punctuation: "+-._", shortest: 1, longest: 100 }
);
name_type!(
    /// A distribution, as `ubuntu`.
    DistributionName,
    Rule { kind: "distribution", upper: false, punctuation: "+-.", shortest: 1, longest: 100 }
);
name_type!(
    /// A series of a distribution, as `noble`; the same characters as a suite, because it becomes one.
    SeriesName,
    Rule { kind: "series", upper: true, punctuation: "+-._~", shortest: 1, longest: 100 }
);
name_type!(
    /// The owner of a personal archive.
    OwnerName,
    Rule { kind: "owner", upper: false, punctuation: "+-.", shortest: 1, longest: 100 }
);

impl Architecture {
    /// `source`, which stands where architectures do and is none.
    #[must_use]
    pub fn source() -> Self {
        Self("source".to_owned())
    }

    /// The architecture `all`.
    pub fn all() -> Self {
        Self("all".to_owned())
    }

    /// Whether this is `all`: packages that fit every architecture.
    pub fn is_all(&self) -> bool {
        self.0 == "all"
    }

    /// Whether this is `source`, the architecture of a source upload in a `.changes` file.
    pub fn is_source(&self) -> bool {
        self.0 == "source"
    }
}

impl SourceName {
    /// See [`pool_prefix`].
    pub fn pool_prefix(&self) -> &str {
        pool_prefix(self)
    }
}

/// The directory of the pool that a source package lies in: `libx` for `libxml2`, else the first character.
pub fn pool_prefix(source: &SourceName) -> &str {
    let name = source.as_str();
    let length = if name.starts_with("lib") { 4 } else { 1 };
    // Only the name `lib` itself has no fourth character; it is its own directory.
    name.get(..length).unwrap_or(name)
}

/// Splits `universe/libs` into component and section; a section without slash has no component.
///
/// Fails if either part is not a name, so also for a second slash.
pub fn split_section(section: &str) -> Result<(Option<Component>, SectionName), NameError> {
    match section.split_once('/') {
        Some((component, section)) => Ok((Some(Component::parse(component)?), SectionName::parse(section)?)),
        None => Ok((None, SectionName::parse(section)?)),
    }
}

/// A `Source` field that is not a name, or not a name and a version in parentheses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceFieldError {
    /// The name is not a source package name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The version is not one.
    #[error(transparent)]
    Version(#[from] VersionError),
    /// Something follows the name that is not a version in parentheses.
    #[error("the source {value:?} is not of the form \"name\" or \"name (version)\"")]
    Form {
        /// The whole value.
        value: String,
    },
}

impl SourceFieldError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::Form { .. } => "bad-source",
            Self::Version(_) => "bad-version",
        }
    }
}

/// Reads a `Source` field: `hello`, or `hello (1.2)` where the source has another version than the binary
/// (Policy 5.6.1).
pub fn parse_source_field(value: &str) -> Result<(SourceName, Option<Version>), SourceFieldError> {
    let form = || SourceFieldError::Form { value: value.to_owned() };
    let Some((name, rest)) = value.split_once([' ', '\t', '(']) else {
        return Ok((SourceName::parse(value)?, None));
    };
    let after_name = value.get(name.len()..).unwrap_or(rest).trim();
    let version = after_name.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or_else(form)?;
    Ok((SourceName::parse(name)?, Some(Version::parse(version.trim())?)))
}

#[cfg(test)]
mod tests;
