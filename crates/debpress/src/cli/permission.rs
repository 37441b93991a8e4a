//! `debpress permission`

use clap::{Args, Subcommand};
use debfmt::names::{Component, SeriesName, SourceName, SuiteName};

use super::Context;
use super::error::{CliError, Status};
use crate::admin::people::People;
use crate::admin::permission::{
    Asked, Bounds, Listed, Outcome, Terms, Verdict, check, grant, is_user_name_only, list, revoke,
};
use crate::lock::Holder;
use crate::model::archive::ArchiveRef;
use crate::model::permission::Power;
use crate::model::suite::Pocket;
use crate::ports::db::Records;

/// Say who may upload what, and who may decide about the queue.
#[derive(Debug, Subcommand)]
pub(super) enum PermissionCommand {
    Grant(PermissionGrantArgs),
    Revoke(PermissionRevokeArgs),
    List(PermissionListArgs),
    Check(PermissionCheckArgs),
}

/// Who, what and within which bounds: the same for giving and taking back.
#[derive(Debug, Args)]
struct TermsArgs {
    /// An uploader or a team; with --queue also a user name of this machine.
    person: String,
    /// To decide about queue items (accept, reject, override) instead of uploading.
    #[arg(long)]
    queue: bool,
    /// Only in this archive. Without it in every archive of a distribution, and in nobody's own.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// Only in this series.
    #[arg(long, value_name = "S")]
    series: Option<SeriesName>,
    /// Only in this pocket: release, security, updates, proposed or backports. Uploads to security need it.
    #[arg(long, value_name = "P", value_parser = pocket)]
    pocket: Option<Pocket>,
    /// Only in this component. May be repeated, or hold several with commas.
    #[arg(long, value_name = "C", value_delimiter = ',')]
    component: Vec<Component>,
    /// Only this source package. May be repeated, or hold several with commas.
    #[arg(long, value_name = "P", value_delimiter = ',')]
    package: Vec<SourceName>,
    /// Only the source packages of this set, and of the sets that it includes.
    #[arg(long, value_name = "SET", conflicts_with = "package")]
    package_set: Option<String>,
    /// The packages that stand directly in the set are then closed to holders of other package sets.
    #[arg(long, requires = "package_set")]
    explicit: bool,
}

impl TermsArgs {
    fn terms(&self) -> Terms {
        Terms {
            person: self.person.clone(),
            power: power(self.queue),
            bounds: Bounds {
                archive: self.archive.clone(),
                series: self.series.clone(),
                pocket: self.pocket,
                components: self.component.clone(),
                packages: self.package.clone(),
                package_set: self.package_set.clone(),
                explicit: self.explicit,
            },
        }
    }
}

/// Give a permission.
///
/// All bounds of one permission hold together; several permissions add up. Several components or packages make one
/// permission each. What nobody was given nobody may do, but the owner of a personal archive (~OWNER/DISTRO/PPA) and
/// the members of a team that owns one need no permission in it.
///
/// Exit status: 0 given, or given before; 1 something named does not exist; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = GRANT_EXAMPLES)]
pub(super) struct PermissionGrantArgs {
    #[command(flatten)]
    terms: TermsArgs,
}

const GRANT_EXAMPLES: &str = "Examples:
  debpress permission grant ann --component main
  debpress permission grant ann --pocket security --package hello
  debpress permission grant archive-admins --queue";

/// Take a permission back: the one of exactly these bounds, as `permission list` shows it.
///
/// Exit status: 0 taken back; 1 there is no such permission; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress permission revoke ann --component main")]
pub(super) struct PermissionRevokeArgs {
    #[command(flatten)]
    terms: TermsArgs,
}

/// List permissions: who, what they may do, with what, and where.
///
/// Of one person also those of the teams they belong to; of one archive all that reach into it.
///
/// Exit status: 0, also when there are none; 1 failed; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress permission list ann")]
pub(super) struct PermissionListArgs {
    /// Only of this uploader or team.
    person: Option<String>,
    /// Only those that reach into this archive.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
}

/// Ask whether somebody may do something, and why or why not.
///
/// The answer is that of an upload by PERSON of the source package SOURCE: allowed, and by which permission; or
/// denied, what is missing, and the command that gives it.
///
/// Exit status: 0 allowed; 1 denied, or something named does not exist; 2 wrong usage.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  debpress permission check ann hello --suite stable-security")]
pub(super) struct PermissionCheckArgs {
    /// An uploader or a team; with --queue also a user name of this machine.
    person: String,
    /// A source package.
    source: SourceName,
    /// In this archive, instead of the distribution's own.
    #[arg(long, value_name = "REF")]
    archive: Option<ArchiveRef>,
    /// In this suite, instead of the newest series.
    #[arg(short, long, value_name = "SUITE")]
    suite: Option<SuiteName>,
    /// In this component, instead of the one where the archive has the package. A package that is new to the archive
    /// is looked at by a person, and needs no right for its component.
    #[arg(long, value_name = "C")]
    component: Option<Component>,
    /// May they decide about a queue item of the package?
    #[arg(long)]
    queue: bool,
}

fn pocket(word: &str) -> Result<Pocket, String> {
    word.parse().map_err(|_| {
        let words: Vec<&str> = Pocket::ALL.iter().map(|pocket| pocket.as_str()).collect();
        format!("`{word}` is no pocket: write one of {}", words.join(", "))
    })
}

fn power(queue: bool) -> Power {
    if queue { Power::Queue } else { Power::Upload }
}

pub(super) fn run(context: &Context, command: &PermissionCommand) -> Result<Status, CliError> {
    match command {
        PermissionCommand::Grant(args) => run_grant(context, &args.terms.terms()),
        PermissionCommand::Revoke(args) => run_revoke(context, &args.terms.terms()),
        PermissionCommand::List(args) => run_list(context, args),
        PermissionCommand::Check(args) => run_check(context, args),
    }
}

fn run_grant(context: &Context, terms: &Terms) -> Result<Status, CliError> {
    let site = context.site()?;
    let me = Holder::this_process("permission", site.now()).user;
    let outcomes = grant(site.records(), terms, &me, site.now())?;
    note_user_name(context, site.records(), terms.power, &terms.person)?;
    report(context, &outcomes, ["may now", "could already"])?;
    Ok(Status::Done)
}

/// A mistyped name is seen, and not taken in silence for somebody who has no key.
fn note_user_name(
    context: &Context,
    records: &dyn Records,
    power: Power,
    person: &str,
) -> Result<(), CliError> {
    if is_user_name_only(&People::read(records)?, power, person) {
        let note =
            format_args!("note: `{person}` is no uploader and no team; taken as a user name of this machine");
        context.output.note(note);
    }
    Ok(())
}

fn run_revoke(context: &Context, terms: &Terms) -> Result<Status, CliError> {
    let outcomes = revoke(context.site()?.records(), terms)?;
    report(context, &outcomes, ["may no longer, by a permission of these bounds,", "had no permission to"])?;
    Ok(Status::failed_if(outcomes.iter().any(|outcome| !outcome.changed)))
}

/// `words`: what is said of a permission that was changed, and of one that was not.
fn report(context: &Context, outcomes: &[Outcome], words: [&str; 2]) -> Result<(), CliError> {
    if context.output.is_json() {
        return context.output.json(&outcomes);
    }
    for Outcome { permission, changed } in outcomes {
        let [yes, no] = words;
        let word = if *changed { yes } else { no };
        let (who, does) = (&permission.person, does(permission.power));
        let (what, place) = (permission.what(), permission.place());
        context.output.line(format_args!("{who} {word} {does} {what} in {place}"))?;
    }
    Ok(())
}

fn does(power: Power) -> &'static str {
    match power {
        Power::Upload => "upload",
        Power::Queue => "decide about",
    }
}

fn run_list(context: &Context, args: &PermissionListArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let listed = list(site.records(), args.person.as_deref(), args.archive.as_ref())?;
    if context.output.is_json() {
        context.output.json(&listed)?;
        return Ok(Status::Done);
    }
    let row = |listed: &Listed| {
        vec![listed.person.clone(), listed.power.to_string(), listed.what(), listed.place()]
    };
    context.output.table(&["WHO", "MAY", "WHAT", "WHERE"], listed.iter().map(row).collect())?;
    Ok(Status::Done)
}

fn run_check(context: &Context, args: &PermissionCheckArgs) -> Result<Status, CliError> {
    let site = context.site()?;
    let answer = check(
        site.records(),
        &Asked {
            person: &args.person,
            power: power(args.queue),
            source: &args.source,
            archive: args.archive.as_ref(),
            suite: args.suite.as_ref(),
            component: args.component.as_ref(),
        },
    )?;
    note_user_name(context, site.records(), answer.power, &answer.person)?;
    let out = &context.output;
    let status = Status::failed_if(!answer.is_allowed());
    if out.is_json() {
        out.json(&answer)?;
        return Ok(status);
    }
    let component = answer.component.as_ref().map_or_else(String::new, |name| format!(", component {name}"));
    let asked = format!("{} in {} of {}{component}", answer.source, answer.suite, answer.archive);
    match &answer.verdict {
        Verdict::Allowed { because, .. } => out.line(format_args!("allowed: {asked}: {because}"))?,
        Verdict::Denied { missing, command } => {
            out.line(format_args!("denied: {asked}: {missing}"))?;
            out.note(format_args!("hint: `{command}` would allow it"));
        }
    }
    Ok(status)
}
