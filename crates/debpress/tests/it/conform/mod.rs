//! What `conform` says of sound archives, of those of other programs, and of each fault.

mod apt;
mod bounds;
mod codes;
mod damages;
mod draft;
mod peers;
mod stories;
mod suites;

use std::path::Path;

use debpress::adapters::openpgp::SequoiaVerifier;
use debpress::adapters::outside::{OutsideDirectory, OutsideHttp};
use debpress::admin::conform::report::{Finding, Report};
use debpress::admin::conform::{Conform, OF_USERS, Scope, SuiteName, conform};
use debpress::model::time::Timestamp;
use debpress::ports::outside::Outside;

/// How a story judges.
#[derive(Clone, Copy)]
struct How<'a> {
    suites: &'a [&'a str],
    keyring: Option<&'a [u8]>,
    now: Timestamp,
    full: bool,
}

fn judge(outside: &dyn Outside, how: How<'_>) -> Report {
    let suites: Vec<SuiteName> = how.suites.iter().map(|name| name.parse().unwrap()).collect();
    conform(&Conform {
        outside,
        suites: &suites,
        scope: &Scope::default(),
        verifier: &SequoiaVerifier::new(OF_USERS),
        keyring: how.keyring,
        now: how.now,
        pool: true,
        full: how.full,
        step: &|_| {},
    })
}

/// Judges a directory with the key of drafts, an hour after they are made.
fn judge_draft(root: &Path, full: bool) -> Report {
    let how = How { suites: &[], keyring: Some(&draft::key().1), now: draft::NOW, full };
    judge(&OutsideDirectory::new(root).unwrap(), how)
}

/// Judges what is behind an address in the same way.
fn judge_address(address: &str, suites: &[&str]) -> Report {
    let how = How { suites, keyring: Some(&draft::key().1), now: draft::NOW, full: true };
    judge(&OutsideHttp::new(address), how)
}

/// All findings, those about no suite first.
fn findings(report: &Report) -> Vec<Finding> {
    let of_suites = report.suites.iter().flat_map(|suite| suite.findings.kept());
    report.findings.kept().iter().chain(of_suites).cloned().collect()
}

/// The codes of all findings.
fn codes(report: &Report) -> Vec<&'static str> {
    findings(report).iter().map(|finding| finding.code).collect()
}

/// All findings as lines, for messages of tests.
fn lines(report: &Report) -> String {
    findings(report).iter().map(|finding| format!("{finding}\n")).collect()
}
