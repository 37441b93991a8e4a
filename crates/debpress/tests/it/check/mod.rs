//! What `check` says of sound sites and of damaged ones.

mod custom;
mod damages;
mod options;
mod real;
mod repairs;
mod site_damages;
mod stories;

use std::path::PathBuf;

use debfmt::builder::SourceBuilder;
use debfmt::limits::Limits;
use debfmt::names::{Component, FileName};
use debpress::adapters::fs::incoming::left_claims;
use debpress::adapters::memory::openpgp::MemoryVerifier;
use debpress::admin::check::{CheckError, CheckReport, CheckSite, check};
use debpress::model::package::Release;
use debpress::model::publication::Placement;
use debpress::ports::db::NewPublication;
use debpress::ports::verifier::Verifier;
use debpress::upload::source::{DscText, Origin, parse_dsc, read_source};

use crate::publish::world::{ROOT, World};

/// A published site: two suites, packages for one and for all architectures, a source, and an earlier version whose
/// files wait for their end.
fn published(mut w: World) -> World {
    w.add("stable", "hello", "1.0", "amd64");
    w.add("testing", "hello", "1.0", "amd64");
    w.add("stable", "data", "1.0", "all");
    add_source(&w, ("stable", "main"), "hello", "1.0");
    w.publish();
    w.add("stable", "hello", "2.0", "amd64");
    w.publish_later();
    w
}

/// Imports a source package into `(suite, component)`.
pub(crate) fn add_source(w: &World, place: (&str, &str), name: &str, version: &str) {
    add_source_built(w, place, &SourceBuilder::new(name, version));
}

/// Imports a source package into `(suite, component)`.
pub(crate) fn add_source_built(w: &World, (suite, component): (&str, &str), package: &SourceBuilder) {
    let built = package.build();
    let dsc_name = FileName::parse(&built.dsc.name).unwrap();
    let limits = Limits::default();
    let text = DscText { name: &dsc_name, bytes: &built.dsc.bytes, payload: &built.dsc.bytes };
    let dsc = parse_dsc(&text, &limits).unwrap();
    let release = read_source(w.objects.as_ref(), &text, &dsc, &Limits::default(), &mut |file| {
        let part = built.files.iter().find(|part| part.name == file.name.as_str()).unwrap();
        Ok(Origin::Beside { reader: Box::new(std::io::Cursor::new(part.bytes.clone())), also: None })
    });
    let release = release.unwrap();
    let placement = Placement {
        component: Component::parse(component).unwrap(),
        section: release.section.clone(),
        priority: release.priority.clone(),
    };
    let publication = NewPublication { release: Release::Source(release), placement };
    w.records.import(w.suite(suite), &[publication], w.now).unwrap();
}

/// Checks with the key that the world signs with, if it has one.
pub(crate) fn checked(w: &World, full: bool) -> CheckReport {
    try_checked(w, full).unwrap()
}

fn try_checked(w: &World, full: bool) -> Result<CheckReport, CheckError> {
    checked_by(w, full, &MemoryVerifier::default())
}

fn checked_by(w: &World, full: bool, verifier: &dyn Verifier) -> Result<CheckReport, CheckError> {
    judged_by(w, full, verifier, check)
}

/// Does something with what a check looks at.
fn with_site<T>(w: &World, full: bool, work: impl FnOnce(&CheckSite<'_>) -> T) -> T {
    judged_by(w, full, &MemoryVerifier::default(), work)
}

fn judged_by<T>(w: &World, full: bool, verifier: &dyn Verifier, work: impl FnOnce(&CheckSite<'_>) -> T) -> T {
    let claims = left_claims(w.path(), "").unwrap();
    work(&CheckSite {
        records: w.records.as_ref(),
        objects: w.objects.as_ref(),
        tree: &w.tree,
        verifier,
        signers: &w.keys,
        now: w.now,
        limits: &Limits::index(),
        full,
        claims: &claims,
        progress: &|_, _, _| {},
    })
}

/// The codes of all problems, each once, sorted.
fn codes(report: &CheckReport) -> Vec<&'static str> {
    let mut codes: Vec<_> = report.problems.iter().map(|problem| problem.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A report without problems, or a list of them.
pub(crate) fn problems(report: &CheckReport) -> String {
    report.problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// A path below the site.
fn site_path(w: &World, below: &str) -> PathBuf {
    w.lock_path().with_file_name(below)
}

/// A path below the archive.
fn path(w: &World, below: &str) -> PathBuf {
    site_path(w, ROOT).join(below)
}
