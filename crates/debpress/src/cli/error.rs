//! Errors at the edge: every error of the house ends as one exit status and a few lines for people.

use std::error::Error;

use crate::lock::LockError;
use crate::ports::shortage::Shortage;

/// An error that ends a command.
#[derive(Debug)]
pub(super) struct CliError {
    source: Box<dyn Error + Send + Sync>,
}

/// How a command ended without an error of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// All was done, or there was nothing to do.
    Done,
    /// Some of it failed, and the command has said what.
    Failed,
}

impl Status {
    /// [`Status::Failed`] if something failed.
    pub(super) fn failed_if(failed: bool) -> Self {
        if failed { Self::Failed } else { Self::Done }
    }

    /// The exit status.
    pub(super) fn exit_status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
        }
    }
}

/// Every error type of the house becomes an edge error; the kind is found in its chain of causes.
impl<E: Error + Send + Sync + 'static> From<E> for CliError {
    fn from(error: E) -> Self {
        Self { source: Box::new(error) }
    }
}

impl CliError {
    /// The lines that people read of an error that ends no command.
    pub(super) fn lines_of(error: &(dyn Error + 'static)) -> Vec<String> {
        let mut lines = Vec::new();
        for error in causes(error) {
            let text = error.to_string();
            let first = if lines.is_empty() { "error: " } else { "  caused by: " };
            let mut text = text.trim_end().lines();
            lines.push(format!("{first}{}", text.next().unwrap_or_default()));
            lines.extend(text.map(|line| format!("    {line}")));
        }
        lines.extend(Shortage::behind(error).map(|it| format!("hint: {}", it.way_out())));
        lines
    }

    /// Exit status: 75 (EX_TEMPFAIL, sysexits.h) when another publisher is at work, else 1. Wrong usage, 2, is
    /// found by the parser of the command line.
    pub(super) fn exit_status(&self) -> u8 {
        if self.is_busy() { 75 } else { 1 }
    }

    fn is_busy(&self) -> bool {
        let busy =
            |error: &&(dyn Error + 'static)| error.downcast_ref::<LockError>().is_some_and(LockError::passes);
        causes(self.source.as_ref()).iter().any(busy)
    }

    /// The lines that people read.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Self::lines_of(self.source.as_ref());
        if self.is_busy() {
            lines.push("hint: nothing was done; `--wait` waits for it".to_owned());
        }
        lines
    }
}

/// The error and what caused it, outermost first.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> Vec<&'a (dyn Error + 'static)> {
    let mut chain = vec![error];
    let mut next = error.source();
    while let Some(cause) = next {
        chain.push(cause);
        next = cause.source();
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::db::RecordsError;
    use crate::publish::PublishError;

    #[test]
    fn every_cause_is_shown_on_a_line() {
        let cause = RecordsError::Database { operation: "read rows", source: "disk is\nfull".into() };
        let error =
            CliError::from(PublishError::Records { subject: "stable of debian".into(), source: cause });
        assert_eq!(error.exit_status(), 1);
        insta::assert_snapshot!(error.lines().join("\n"), @r"
        error: cannot publish stable of debian
          caused by: cannot read rows in the database
          caused by: disk is
            full
        ");
    }

    #[test]
    fn a_busy_lock_has_its_own_exit_status() {
        let error = CliError::from(LockError::Busy { path: "lock".into(), holder: None });
        assert_eq!(error.exit_status(), 75);
        assert_eq!(error.lines().last().unwrap(), "hint: nothing was done; `--wait` waits for it");
    }
}
