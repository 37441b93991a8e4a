//! Contexts: where uploads come from, and what is therefore asked of them (behaviour map 5.5).
//!
//! Anybody may write into `incoming/`, so there the signature decides. Each other context has an incoming of its own,
//! `buildd/incoming/` and `sync/incoming/`: who may write there is the authority, and nobody signs. An upload of one
//! context is never judged in another.

use std::fmt;

use debfmt::changes::Changes;
use debfmt::names::FileName;

use super::contents::{Kind, kind_of};
use super::reason::{POLICY_BINARY_NOT_ALLOWED, POLICY_MIXED_NOT_ALLOWED, POLICY_SOURCE_NOT_ALLOWED, Reason};
use crate::ports::incoming::below;

/// Where uploads come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UploadContext {
    /// People, over any channel.
    #[default]
    Insecure,
    /// Build machines of the site.
    Buildd,
    /// Source packages of another archive, fetched by the site.
    Sync,
}

impl UploadContext {
    /// Every context.
    pub const ALL: [Self; 3] = [Self::Insecure, Self::Buildd, Self::Sync];

    /// The word that options, records and messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Insecure => "insecure",
            Self::Buildd => "buildd",
            Self::Sync => "sync",
        }
    }

    /// The directory of the site that holds `incoming/` and the rest; empty: the site itself.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Insecure => "",
            Self::Buildd | Self::Sync => self.as_str(),
        }
    }

    /// Where an upload that is called so lies in incoming, relative to the site.
    pub fn place(self, upload: &str) -> String {
        below(self.directory(), &below("incoming", upload))
    }
}

impl fmt::Display for UploadContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is asked of uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPolicy {
    /// Where they come from.
    pub context: UploadContext,
    /// Whether an uploader must have signed each .changes and each .dsc.
    pub signed: bool,
    /// Whether a source package may come.
    pub source: bool,
    /// Whether binary packages may come.
    pub binary: bool,
    /// Whether both may come in one .changes.
    pub mixed: bool,
    /// Whether binary packages may come only of a source that the series has.
    pub needs_source: bool,
}

impl Default for UploadPolicy {
    fn default() -> Self {
        Self::of(UploadContext::Insecure, true)
    }
}

impl UploadPolicy {
    /// The policy of a context; `binaries`: people may upload what they have built themselves.
    pub fn of(context: UploadContext, binaries: bool) -> Self {
        match context {
            UploadContext::Insecure => {
                let mixed = binaries;
                Self { context, signed: true, source: true, binary: binaries, mixed, needs_source: false }
            }
            UploadContext::Buildd => {
                Self { context, signed: false, source: true, binary: true, mixed: false, needs_source: true }
            }
            UploadContext::Sync => Self {
                context,
                signed: false,
                source: true,
                binary: false,
                mixed: false,
                needs_source: false,
            },
        }
    }

    /// Whether the policy takes what a .changes brings.
    pub fn check(&self, name: &FileName, changes: &Changes) -> Vec<Reason> {
        let kinds = || changes.files.iter().map(|file| kind_of(&file.name));
        let says_source = changes.architectures.iter().any(|architecture| architecture.is_source());
        let source = says_source || kinds().any(|kind| matches!(kind, Kind::Dsc | Kind::SourcePart));
        let binary = kinds().any(|kind| kind == Kind::Binary);
        let context = self.context;
        let (code, message) = match (source, binary) {
            (true, true) if !self.mixed => (
                POLICY_MIXED_NOT_ALLOWED,
                format!(
                    "it brings a source package and binary packages, which context {context} does not take together: {}",
                    if self.binary { "upload each with a .changes of its own" } else { SOURCE_ONLY }
                ),
            ),
            (false, true) if !self.binary => (
                POLICY_BINARY_NOT_ALLOWED,
                format!("it brings binary packages, which context {context} does not take: {SOURCE_ONLY}"),
            ),
            (true, false) if !self.source => (
                POLICY_SOURCE_NOT_ALLOWED,
                format!(
                    "it brings a source package, which context {context} does not take: upload the binary packages that were built from it"
                ),
            ),
            _ => return Vec::new(),
        };
        vec![Reason::of_file(code, name, message)]
    }
}

const SOURCE_ONLY: &str =
    "upload the source alone, built with `debuild -S` or `dpkg-buildpackage --build=source`";

#[cfg(test)]
mod tests {
    use debfmt::builder::{BuiltFile, ChangesBuilder};
    use debfmt::limits::Limits;

    use super::*;

    fn judged(policy: &UploadPolicy, files: &[&str]) -> Vec<&'static str> {
        let mut builder = ChangesBuilder::new("hello", "1.0", "noble").architecture("amd64");
        for name in files {
            builder = builder.file(&BuiltFile { name: (*name).into(), bytes: b"x".to_vec() });
        }
        let changes = Changes::parse(&builder.build().bytes, &Limits::default()).unwrap();
        let name = FileName::parse("hello_1.0_amd64.changes").unwrap();
        policy.check(&name, &changes).iter().map(|reason| reason.code).collect()
    }

    #[test]
    fn each_context_takes_what_it_is_for() {
        let (source, binary): (&[&str], &[&str]) = (&["hello_1.0.dsc"], &["hello_1.0_amd64.deb"]);
        let mixed = [source, binary].concat();
        let mut told = Vec::new();
        for (context, binaries) in [
            (UploadContext::Insecure, true),
            (UploadContext::Insecure, false),
            (UploadContext::Buildd, true),
            (UploadContext::Sync, true),
        ] {
            let policy = UploadPolicy::of(context, binaries);
            let codes = [source, binary, &mixed].map(|files| judged(&policy, files).join(" "));
            told.push(format!("{context} {binaries}: {}", codes.join(" | ")));
        }
        insta::assert_snapshot!(told.join("\n"), @"
        insecure true:  |  | 
        insecure false:  | policy.binary-not-allowed | policy.mixed-not-allowed
        buildd true:  |  | policy.mixed-not-allowed
        sync true:  | policy.binary-not-allowed | policy.mixed-not-allowed
        ");
    }

    #[test]
    fn a_policy_may_refuse_source_packages() {
        let policy = UploadPolicy { source: false, ..UploadPolicy::of(UploadContext::Buildd, true) };
        assert_eq!(judged(&policy, &["hello_1.0.dsc"]), ["policy.source-not-allowed"]);
    }
}
