//! `debpress history`

use clap::Args;

use super::Context;
use super::error::{CliError, Status};
use crate::admin::history::history;
use crate::model::archive::ArchiveRef;

/// Show what happened to a package: who uploaded it when, who decided what and why, and when it was published and
/// superseded by what.
///
/// Exit status: 0, also when nothing is known of the name; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  debpress history hello\n  debpress history 'lib*' --archive debian --json"
)]
pub(super) struct HistoryArgs {
    /// A source or binary package; * stands for any characters.
    name: String,
    /// Only in this archive.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
}

pub(super) fn run(context: &Context, args: &HistoryArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let happenings = history(site.records(), &args.name, args.archive.as_ref())?;
    let out = &context.output;
    if out.is_json() {
        out.json(&happenings)?;
        return Ok(Status::Done);
    }
    for it in happenings {
        let who = it.who.map(|who| format!(" by {who}")).unwrap_or_default();
        let item = it.item.map(|item| format!(" (queue item {item})")).unwrap_or_default();
        let comment = if it.comment.is_empty() { String::new() } else { format!(": {}", it.comment) };
        let (at, name, version, suite, archive, what) =
            (it.at, it.name, it.version, it.suite, it.archive, it.what);
        out.line(format_args!("{at} {name} {version} {what}{who} in {suite} of {archive}{item}{comment}"))?;
    }
    Ok(Status::Done)
}
