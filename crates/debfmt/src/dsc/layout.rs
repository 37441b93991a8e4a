//! Which files each source format is made of: dsc(5), dpkg-source(1).

use super::SourceFormat;
use crate::names::{FileName, SourceName};
use crate::version::Version;

/// The files of a source package are not those its format needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// A file of a kind that must be there once is not there.
    #[error("format {format} needs a file {wanted}")]
    MissingFile {
        /// The format.
        format: SourceFormat,
        /// The name, with `*` for the compression.
        wanted: String,
    },
    /// A file of a kind that may be there once is there again.
    #[error("format {format} has one {wanted} only, but {name} is another")]
    TooManyFiles {
        /// The format.
        format: SourceFormat,
        /// The name, with `*` for the compression.
        wanted: String,
        /// The second file.
        name: FileName,
    },
    /// A file has no place in the format, or is named for another package or version.
    #[error("format {format} of this package and version has no file {name}")]
    UnexpectedFile {
        /// The format.
        format: SourceFormat,
        /// The file.
        name: FileName,
    },
    /// A signature is there without the file it signs.
    #[error("{name} signs a file that is not listed")]
    LoneSignature {
        /// The signature.
        name: FileName,
    },
}

impl LayoutError {
    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingFile { .. } => "missing-source-file",
            Self::TooManyFiles { .. } => "too-many-source-files",
            Self::UnexpectedFile { .. } => "unexpected-source-file",
            Self::LoneSignature { .. } => "lone-signature",
        }
    }
}

/// The part a file plays.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Role {
    /// The whole package, `SOURCE_VERSION.tar.*`.
    Native,
    /// The upstream archive, `SOURCE_UPSTREAM.orig.tar.*`.
    Orig,
    /// A component of the upstream archive, `SOURCE_UPSTREAM.orig-COMPONENT.tar.*`.
    Component(String),
    /// The packaging, `SOURCE_VERSION.debian.tar.*`.
    Debian,
    /// The packaging as a patch, `SOURCE_VERSION.diff.gz`.
    Diff,
    /// The signature of a tar archive, by its name without `.asc`.
    Signature(String),
}

impl Role {
    fn suffix(&self) -> String {
        match self {
            Self::Native => ".tar.*".to_owned(),
            Self::Orig => ".orig.tar.*".to_owned(),
            Self::Component(component) => format!(".orig-{component}.tar.*"),
            Self::Debian => ".debian.tar.*".to_owned(),
            Self::Diff => ".diff.gz".to_owned(),
            Self::Signature(file) => format!("{file}.asc"),
        }
    }
}

struct Layout<'a> {
    format: SourceFormat,
    /// `SOURCE_UPSTREAM`, the beginning of names of upstream files.
    base: String,
    /// `SOURCE_VERSION`, the beginning of the others.
    full: String,
    names: Vec<&'a FileName>,
}

/// Everything that is wrong with the set of files of a source package.
pub(super) fn check<'a>(
    format: SourceFormat,
    source: &SourceName,
    version: &Version,
    names: impl Iterator<Item = &'a FileName>,
) -> Vec<LayoutError> {
    let upstream = version.upstream();
    let full = format!("{source}_{}", version.without_epoch());
    let layout = Layout { format, base: format!("{source}_{upstream}"), full, names: names.collect() };
    layout.errors()
}

impl Layout<'_> {
    fn errors(&self) -> Vec<LayoutError> {
        let mut errors = Vec::new();
        let mut seen: Vec<Role> = Vec::new();
        for &name in &self.names {
            match self.role(name.as_str()) {
                None => errors.push(LayoutError::UnexpectedFile { format: self.format, name: name.clone() }),
                Some(Role::Signature(file)) => {
                    if !self.names.iter().any(|other| other.as_str() == file) {
                        errors.push(LayoutError::LoneSignature { name: name.clone() });
                    }
                }
                Some(role) if seen.contains(&role) => errors.push(LayoutError::TooManyFiles {
                    format: self.format,
                    wanted: self.wanted(&role),
                    name: name.clone(),
                }),
                Some(role) => seen.push(role),
            }
        }
        let missing =
            |role: &Role| LayoutError::MissingFile { format: self.format, wanted: self.wanted(role) };
        errors.extend(self.needed(&seen).iter().filter(|role| !seen.contains(role)).map(missing));
        errors
    }

    /// What must be there; for format 1.0 that depends on what is.
    fn needed(&self, seen: &[Role]) -> Vec<Role> {
        match self.format {
            SourceFormat::V3Native => vec![Role::Native],
            SourceFormat::V3Quilt => vec![Role::Orig, Role::Debian],
            SourceFormat::V1 if seen.contains(&Role::Diff) || seen.contains(&Role::Orig) => {
                vec![Role::Orig, Role::Diff]
            }
            SourceFormat::V1 => vec![Role::Native],
        }
    }

    fn role(&self, name: &str) -> Option<Role> {
        if let Some(signed) = name.strip_suffix(".asc") {
            let upstream = matches!(self.role(signed)?, Role::Orig | Role::Component(_));
            return upstream.then(|| Role::Signature(signed.to_owned()));
        }
        let role = self.upstream_role(name).or_else(|| self.own_role(name))?;
        let formats: &[SourceFormat] = match role {
            Role::Native => &[SourceFormat::V1, SourceFormat::V3Native],
            Role::Orig => &[SourceFormat::V1, SourceFormat::V3Quilt],
            Role::Diff => &[SourceFormat::V1],
            Role::Component(_) | Role::Debian => &[SourceFormat::V3Quilt],
            Role::Signature(_) => &[],
        };
        formats.contains(&self.format).then_some(role)
    }

    fn upstream_role(&self, name: &str) -> Option<Role> {
        let rest = name.strip_prefix(&self.base)?.strip_prefix(".orig")?;
        if let Some(rest) = rest.strip_prefix('-') {
            let (component, rest) = rest.split_once('.')?;
            let good = component.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            return (good && !component.is_empty() && self.is_tar(rest))
                .then(|| Role::Component(component.to_owned()));
        }
        self.is_tar(rest.strip_prefix('.')?).then_some(Role::Orig)
    }

    fn own_role(&self, name: &str) -> Option<Role> {
        match name.strip_prefix(&self.full)?.strip_prefix('.')? {
            "diff.gz" => Some(Role::Diff),
            rest if self.is_tar(rest) => Some(Role::Native),
            rest => rest.strip_prefix("debian.").filter(|rest| self.is_tar(rest)).map(|_| Role::Debian),
        }
    }

    /// Whether this is `tar.` and a compression that dpkg-source reads in this format.
    fn is_tar(&self, suffix: &str) -> bool {
        let compressions: &[&str] = match self.format {
            SourceFormat::V1 => &["gz"],
            SourceFormat::V3Native | SourceFormat::V3Quilt => &["gz", "bz2", "lzma", "xz"],
        };
        suffix.strip_prefix("tar.").is_some_and(|compression| compressions.contains(&compression))
    }

    fn wanted(&self, role: &Role) -> String {
        let beginning = match role {
            Role::Native | Role::Debian | Role::Diff => &self.full,
            Role::Orig | Role::Component(_) => &self.base,
            Role::Signature(_) => "",
        };
        format!("{beginning}{}", role.suffix())
    }
}
