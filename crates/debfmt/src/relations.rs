//! Relations between packages: Debian Policy 7.1, deb-control(5).
//!
//! `Depends: a (>= 1) | b:any, c [amd64] <!nocheck>` is a list of alternatives: all of the groups between
//! commas must hold, and in each group one of the relations between bars.

use std::cmp::Ordering;
use std::fmt;

use crate::names::{NameError, PackageName};
use crate::version::{Version, VersionError};

mod parse;

/// Text that is not a list of relations. Offsets are bytes from the beginning of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelationError {
    /// A package name is missing or wrong.
    #[error("at offset {offset}: {error}")]
    BadName {
        /// Where the name begins.
        offset: usize,
        /// What is wrong with it.
        error: NameError,
    },
    /// Nothing that is known to stand after a colon, in brackets or in angle brackets.
    #[error("at offset {offset}: {text:?} is not a {what}")]
    BadWord {
        /// Where the word begins.
        offset: usize,
        /// What it should be.
        what: &'static str,
        /// The word.
        text: String,
    },
    /// A version in parentheses does not begin with `<<`, `<=`, `=`, `>=` or `>>`.
    #[error("at offset {offset}: there is no version operator")]
    BadOperator {
        /// Where it should be.
        offset: usize,
    },
    /// The version is not one.
    #[error("at offset {offset}: {error}")]
    BadVersion {
        /// Where the version begins.
        offset: usize,
        /// What is wrong with it.
        error: VersionError,
    },
    /// A bracket is not closed.
    #[error("at offset {offset}: `{open}` is not closed")]
    Unclosed {
        /// Where the bracket is.
        offset: usize,
        /// The bracket.
        open: char,
    },
    /// One side of a bar is empty.
    #[error("at offset {offset}: an alternative is empty")]
    EmptyAlternative {
        /// Where the relation should be.
        offset: usize,
    },
    /// A relation is followed by something that does not belong there.
    #[error("at offset {offset}: unexpected {text:?}")]
    Unexpected {
        /// Where it is.
        offset: usize,
        /// Its beginning.
        text: String,
    },
}

impl RelationError {
    /// Where the error is, in bytes from the beginning of the text.
    pub fn offset(&self) -> usize {
        match self {
            Self::BadName { offset, .. }
            | Self::BadWord { offset, .. }
            | Self::BadOperator { offset }
            | Self::BadVersion { offset, .. }
            | Self::Unclosed { offset, .. }
            | Self::EmptyAlternative { offset }
            | Self::Unexpected { offset, .. } => *offset,
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        "bad-relation"
    }
}

/// How the version of a package must compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VersionOperator {
    /// `<<`
    Earlier,
    /// `<=`, and the obsolete `<`, which always meant the same.
    EarlierOrEqual,
    /// `=`
    Exactly,
    /// `>=`, and the obsolete `>`, which always meant the same.
    LaterOrEqual,
    /// `>>`
    Later,
}

impl VersionOperator {
    /// The operator as Policy writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Earlier => "<<",
            Self::EarlierOrEqual => "<=",
            Self::Exactly => "=",
            Self::LaterOrEqual => ">=",
            Self::Later => ">>",
        }
    }

    /// Whether `present` satisfies the operator with `wanted`.
    pub fn holds(self, present: &Version, wanted: &Version) -> bool {
        let order = present.cmp(wanted);
        match self {
            Self::Earlier => order == Ordering::Less,
            Self::EarlierOrEqual => order != Ordering::Greater,
            Self::Exactly => order == Ordering::Equal,
            Self::LaterOrEqual => order != Ordering::Less,
            Self::Later => order == Ordering::Greater,
        }
    }
}

impl fmt::Display for VersionOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One relation: `name:qualifier (operator version) [architectures] <profiles>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The package.
    pub name: PackageName,
    /// `any`, `native` or an architecture.
    pub arch_qualifier: Option<String>,
    /// The versions that satisfy the relation; `None` means all.
    pub version: Option<(VersionOperator, Version)>,
    /// The architectures it is for, each with its `!` if it has one; empty means all.
    pub architectures: Vec<String>,
    /// The build profiles, a list for each `<...>`, each with its `!` if it has one.
    pub profiles: Vec<Vec<String>>,
}

/// All groups must hold; of each group, one relation must.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relations(pub Vec<Vec<Relation>>);

impl Relations {
    /// Reads a field such as `Depends`, folded or not.
    ///
    /// Empty groups (a comma at the end, two commas) are skipped, as dpkg does. Substitution variables, which
    /// only `debian/control` has, are errors.
    pub fn parse(text: &str) -> Result<Self, RelationError> {
        parse::relations(text).map(Self)
    }

    /// Every relation, whichever group it is in.
    pub fn iter(&self) -> impl Iterator<Item = &Relation> {
        self.0.iter().flatten()
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(qualifier) = &self.arch_qualifier {
            write!(f, ":{qualifier}")?;
        }
        if let Some((operator, version)) = &self.version {
            write!(f, " ({operator} {version})")?;
        }
        if !self.architectures.is_empty() {
            write!(f, " [{}]", self.architectures.join(" "))?;
        }
        self.profiles.iter().try_for_each(|profiles| write!(f, " <{}>", profiles.join(" ")))
    }
}

impl fmt::Display for Relations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let group: Vec<_> = group.iter().map(Relation::to_string).collect();
            write!(f, "{separator}{}", group.join(" | "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
