//! The only place that prints. stdout is data, stderr is talk.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::error::CliError;

/// How often a spinner moves.
const TICK: Duration = Duration::from_millis(200);

/// Where a command's words go.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    /// `json`: data as JSON. `quiet`: no talk but errors and warnings.
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// Whether data is wanted as JSON.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of data.
    pub(super) fn line(&self, text: impl Display) -> Result<(), CliError> {
        to_stdout(&format!("{text}\n"))
    }

    /// Text that ends with its own newline.
    pub(super) fn text(&self, text: &str) -> Result<(), CliError> {
        to_stdout(text)
    }

    /// Data that is no text.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        bytes_to_stdout(bytes)
    }

    /// Data as JSON, in lines that people can read.
    pub(super) fn json(&self, data: &impl Serialize) -> Result<(), CliError> {
        to_stdout(&format!("{}\n", serde_json::to_string_pretty(data)?))
    }

    /// A table of data; nothing when it has no rows, so that a script sees an empty output.
    pub(super) fn table(&self, header: &[&str], rows: Vec<Vec<String>>) -> Result<(), CliError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header.to_vec()).add_rows(rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
        to_stdout(&lines.collect::<String>())
    }

    /// A line of talk; nothing with `--quiet`.
    pub(super) fn note(&self, text: impl Display) {
        if !self.quiet {
            to_stderr(&text);
        }
    }

    /// A line about something that went wrong; always.
    pub(super) fn complain(&self, text: impl Display) {
        to_stderr(&text);
    }

    /// Asks a question that is answered with yes or no; `None`: nobody is there to answer.
    pub(super) fn ask(&self, question: impl Display) -> Option<bool> {
        if !io::stdin().is_terminal() {
            return None;
        }
        to_stderr(&format_args!("{question} [y/N]"));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).ok()?;
        Some(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    /// Progress of something that takes long and is counted: on a terminal only, and not with `--quiet`.
    pub(super) fn progress(&self, what: &'static str) -> ProgressBar {
        self.bar(what, "{msg} {pos}/{len} [{elapsed}] {wide_bar}")
    }

    /// A sign of life of something that takes long: on a terminal only, and not with `--quiet`.
    pub(super) fn spinner(&self, what: &'static str) -> ProgressBar {
        let bar = self.bar(what, "{spinner} {msg} [{elapsed}]");
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        bar
    }

    fn bar(&self, what: &'static str, template: &str) -> ProgressBar {
        let target = match self.quiet || !io::stderr().is_terminal() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

/// Whoever reads may stop early (`| head`); what the command has done is done, so that is no error.
fn to_stdout(text: &str) -> Result<(), CliError> {
    bytes_to_stdout(text.as_bytes())
}

fn bytes_to_stdout(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(WriteError(error).into()),
        _ => Ok(()),
    }
}

/// stdout could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the output; the work itself was done")]
struct WriteError(#[source] io::Error);

fn to_stderr(text: &dyn Display) {
    let line = format!("{text}\n");
    if io::stderr().lock().write_all(line.as_bytes()).is_err() {
        // Nobody listens on stderr, and there is nowhere else to say so.
    }
}
