//! `debpress nbs`

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::error::{CliError, Status};
use crate::admin::ls::Question;
use crate::admin::nbs::{Unbuilt, nbs};
use crate::model::archive::ArchiveRef;

/// List binary packages that the newest version of their source no longer builds.
///
/// Nothing newer takes their place, so they stay in the suite until somebody removes them. One line per version and
/// suite: ` NAME | VERSION | SUITE | COMPONENT | ARCHITECTURES | SOURCE`, and the source's newest version. Packages whose
/// source is not in the suite are not listed; debug symbols follow the package that they are of.
///
/// Exit status: 0, also when there are none; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  debpress nbs\n  debpress nbs -s stable --json")]
pub(super) struct NbsArgs {
    /// Only in this suite. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    /// Only in this archive; in all when it is not given.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
}

pub(super) fn run(context: &Context, args: &NbsArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let question = Question { suites: &args.suite, archive: args.archive.as_ref(), ..Question::default() };
    let found = nbs(site.records(), &question)?;
    if context.output.is_json() {
        context.output.json(&found)?;
    } else {
        for one in &found {
            let Unbuilt { name, version, suite, component, source, source_version, newest, .. } = one;
            let architectures = one.architectures.join(", ");
            context.output.line(format_args!(
                " {name} | {version} | {suite} | {component} | {architectures} | {source} {source_version}, now {newest}"
            ))?;
        }
    }
    Ok(Status::Done)
}
