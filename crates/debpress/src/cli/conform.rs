//! `debpress conform`

use std::io;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::Context;
use super::error::{CliError, Status};
use super::output::Output;
use crate::adapters::fs::local;
use crate::adapters::openpgp::SequoiaVerifier;
use crate::admin::conform::codes::Severity;
use crate::admin::conform::report::{Finding, Findings, SuiteReport};
use crate::admin::conform::{Conform, OF_USERS, Place, Report, Scope, SuiteName, conform};

/// No keyring is larger; Debian's has 60 KB.
const KEYRING_BYTES: u64 = 16 * 1024 * 1024;

/// Judge any APT archive from outside, as apt, debootstrap and mirrors see it.
///
/// PLACE is the root of the archive, where dists/ is: an address (http://, https://) or a directory. It may be anybody's: no
/// debpress site is needed, nothing is changed, nothing is locked.
///
/// Looks at InRelease, Release and their signatures, and at every file that they list: its size and hashes, that each
/// compressed form is what apt can read and has the same content, its name by hash. Then at what the indexes say: fields,
/// versions, descriptions, patches, Contents; and at each file of each package: that it is there and has its size. With --full
/// every file is read, and each package must be what its index says.
///
/// Each finding is one line on stdout: error, warning or note, a code, what it is about, what is wrong. The codes, and why
/// each matters to whom, are in docs/conform.md.
///
/// Exit status: 0 the archive conforms, perhaps with warnings and notes; 1 it does not, or it could not be read; 2 wrong
/// usage.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ConformArgs {
    /// The archive: http://.., https://.., or a directory.
    #[arg(value_name = "PLACE")]
    place: Place,
    /// Judge this suite, as sources.list names it: `stable`, or `./` for a flat archive. May be repeated [default: all that
    /// are found; a web server must show lists of directories for that].
    #[arg(long = "suite", value_name = "SUITE")]
    suites: Vec<SuiteName>,
    /// Look at this component only; may be repeated.
    #[arg(long = "component", value_name = "COMPONENT")]
    components: Vec<String>,
    /// Look at what machines of this architecture read only, as for a mirror that has no more; may be repeated.
    #[arg(long = "arch", value_name = "ARCHITECTURE")]
    architectures: Vec<String>,
    /// The public keys that users of the archive have, armoured or not. Without it signatures are not verified.
    #[arg(long, value_name = "FILE")]
    keyring: Option<PathBuf>,
    /// Read every file of every package, and every name by hash, too.
    #[arg(long, conflicts_with = "no_pool")]
    full: bool,
    /// Do not look at the files of packages.
    #[arg(long)]
    no_pool: bool,
    /// Let warnings count: then an archive with one does not conform.
    #[arg(long)]
    strict: bool,
}

const EXAMPLES: &str = "Examples:
  debpress conform /srv/archive
  debpress conform https://deb.debian.org/debian --suite trixie-updates --keyring \\
      /usr/share/keyrings/debian-archive-keyring.gpg
  debpress conform http://localhost/repo --suite ./ --full --strict";

pub(super) fn run(context: &Context, args: &ConformArgs) -> Result<Status, CliError> {
    let outside = args.place.open()?;
    let keyring = args.keyring.as_ref().map(|path| {
        let read = local::read_small(path, KEYRING_BYTES);
        read.map_err(|source| KeyringError { path: path.clone(), source })
    });
    let keyring = keyring.transpose()?;
    let verifier = SequoiaVerifier::new(OF_USERS);
    let scope = Scope { components: args.components.clone(), architectures: args.architectures.clone() };
    let bar = context.output.spinner("looking");
    let mut report = conform(&Conform {
        outside: outside.as_ref(),
        suites: &args.suites,
        scope: &scope,
        verifier: &verifier,
        keyring: keyring.as_deref(),
        now: context.clock().now(),
        pool: !args.no_pool,
        full: args.full,
        step: &|what| bar.set_message(what.to_owned()),
    });
    bar.finish_and_clear();
    report.place = args.place.to_string();
    let conforms = report.conforms(args.strict);
    match context.output.is_json() {
        true => context.output.json(&Shown::of(&report, conforms))?,
        false => print(&context.output, &report, conforms)?,
    }
    Ok(Status::failed_if(!conforms))
}

/// The keyring cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the keyring {}", path.display())]
struct KeyringError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

fn print(out: &Output, report: &Report, conforms: bool) -> Result<(), CliError> {
    lines(out, &report.findings)?;
    for suite in &report.suites {
        let SuiteReport { suite, indexes, packages, sources, pool_files, findings } = suite;
        out.line(format_args!(
            "suite {suite}: {indexes} index files, {packages} packages, {sources} sources, {pool_files} files of packages: {}",
            counts(|severity| findings.count(severity))
        ))?;
        lines(out, findings)?;
    }
    let verdict = if conforms { "conforms" } else { "does not conform" };
    out.line(format_args!("{} {verdict}: {}", report.place, counts(|severity| report.count(severity))))
}

fn lines(out: &Output, findings: &Findings) -> Result<(), CliError> {
    for Finding { code, severity, thing, message, .. } in findings.kept() {
        out.line(format_args!("  {severity:<7} {code}: {thing}: {message}"))?;
    }
    for (code, more) in findings.left_out() {
        out.line(format_args!("  and {more} more of {code}"))?;
    }
    Ok(())
}

/// `1 error, 2 warnings, no notes`.
fn counts(of: impl Fn(Severity) -> u64) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")];
    let words = kinds.map(|(severity, word)| match of(severity) {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    });
    words.join(", ")
}

/// A report as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    place: &'a str,
    conforms: bool,
    errors: u64,
    warnings: u64,
    notes: u64,
    /// About no suite.
    findings: &'a [Finding],
    suites: Vec<ShownSuite<'a>>,
}

#[derive(Serialize)]
struct ShownSuite<'a> {
    suite: &'a str,
    indexes: u64,
    packages: u64,
    sources: u64,
    pool_files: u64,
    errors: u64,
    warnings: u64,
    notes: u64,
    findings: &'a [Finding],
    /// How many findings of a code there are beyond those shown.
    left_out: std::collections::BTreeMap<&'static str, u64>,
}

impl<'a> Shown<'a> {
    fn of(report: &'a Report, conforms: bool) -> Self {
        Self {
            place: &report.place,
            conforms,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            notes: report.count(Severity::Note),
            findings: report.findings.kept(),
            suites: report.suites.iter().map(ShownSuite::of).collect(),
        }
    }
}

impl<'a> ShownSuite<'a> {
    fn of(report: &'a SuiteReport) -> Self {
        let SuiteReport { suite, indexes, packages, sources, pool_files, findings } = report;
        Self {
            suite,
            indexes: *indexes,
            packages: *packages,
            sources: *sources,
            pool_files: *pool_files,
            errors: findings.count(Severity::Error),
            warnings: findings.count(Severity::Warning),
            notes: findings.count(Severity::Note),
            findings: findings.kept(),
            left_out: findings.left_out().collect(),
        }
    }
}
