//! `debpress ls`

use clap::Args;
use debfmt::names::SuiteName;

use super::Context;
use super::error::{CliError, Status};
use crate::admin::ls::{Entry, Question, Removal, ls};
use crate::model::archive::ArchiveRef;
use crate::model::publication::PublicationStatus;

/// List packages: which versions are in which suite.
///
/// One line per version and suite: ` NAME | VERSION | SUITE | COMPONENT | ARCHITECTURES`. A sixth column says so where a
/// package is not in the indexes: pending (the next publish-distro shows it), superseded or deleted; and where it leaves
/// with the next publish-distro, or is for some machines only.
///
/// Exit status: 0, also when nothing matches; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LsArgs {
    /// A source or binary package; * stands for any characters. All packages when it is not given.
    name: Option<String>,
    /// Only in this suite. May be repeated.
    #[arg(short, long, value_name = "SUITE")]
    suite: Vec<SuiteName>,
    /// Only in this archive.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Also what was superseded or deleted.
    #[arg(long)]
    history: bool,
}

const EXAMPLES: &str = "Examples:
  debpress ls hello
  debpress ls 'lib*' -s stable --history";

pub(super) fn run(context: &Context, args: &LsArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let question = Question {
        name: args.name.as_deref(),
        suites: &args.suite,
        archive: args.archive.as_ref(),
        history: args.history,
    };
    let entries = ls(site.records(), &question)?;
    if context.output.is_json() {
        context.output.json(&entries)?;
    } else {
        context.output.text(&lines(&entries))?;
    }
    Ok(Status::Done)
}

fn lines(entries: &[Entry]) -> String {
    let rows: Vec<[String; 5]> = entries.iter().map(row).collect();
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for (row, entry) in rows.iter().zip(entries) {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let mut line = format!(" {}", cells.join(" | "));
        if let Some(state) = state(entry) {
            line.push_str(&format!(" | {state}"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// What an entry is besides published.
fn state(entry: &Entry) -> Option<String> {
    let status = entry.status.as_str();
    let phase = entry.phase.map_or_else(String::new, |share| format!(", for {share}%"));
    match (&entry.removal, entry.status) {
        (Some(Removal { who, at, reason }), PublicationStatus::Deleted) => {
            Some(format!("{status}, by {who} at {at}: {reason}"))
        }
        (Some(Removal { who, at, reason }), PublicationStatus::Pending | PublicationStatus::Published) => {
            Some(format!("leaves, by {who} at {at}: {reason}"))
        }
        (_, PublicationStatus::Published) => {
            Some(phase.trim_start_matches(", ").to_owned()).filter(|text| !text.is_empty())
        }
        _ => Some(format!("{status}{phase}")),
    }
}

fn row(entry: &Entry) -> [String; 5] {
    let Entry { name, version, suite, component, architectures, .. } = entry;
    [name.clone(), version.clone(), suite.clone(), component.clone(), architectures.join(", ")]
}
