//! Which packages of a suite: the options that `override` and `remove` share.

use clap::Args;
use debfmt::names::{Architecture, SuiteName};

use crate::admin::chosen::{ChosenPackage, Wanted};
use crate::model::archive::ArchiveRef;
use crate::queue::Only;

/// Which packages.
#[derive(Debug, Args)]
pub(super) struct PackagesArgs {
    /// A source package and all that was built from it; where the suite has no such source, binary packages of that name.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// The suite: a series, or a series with -security, -updates, -proposed or -backports.
    #[arg(short, long, value_name = "SUITE")]
    pub(super) suite: SuiteName,
    /// The archive; the distribution's own when it is not given.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Only this version: of the source where NAME means one.
    #[arg(long, value_name = "V")]
    version: Option<String>,
    /// Only this architecture, all, or source. May be repeated.
    #[arg(long, value_name = "A")]
    arch: Vec<Architecture>,
    /// Only source packages.
    #[arg(long, conflicts_with = "binaries_only")]
    source_only: bool,
    /// Only binary packages that are called NAME themselves.
    #[arg(long)]
    binaries_only: bool,
}

impl PackagesArgs {
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            names: &self.names,
            suite: &self.suite,
            archive: self.archive.as_ref(),
            version: self.version.as_deref(),
            architectures: &self.arch,
            only: match (self.source_only, self.binaries_only) {
                (true, _) => Some(Only::Sources),
                (false, true) => Some(Only::Binaries),
                (false, false) => None,
            },
        }
    }
}

/// `hello 1.0 amd64`
pub(super) fn words(package: &ChosenPackage) -> String {
    let ChosenPackage { name, version, architecture, component: _ } = package;
    format!("{name} {version} {architecture}")
}
