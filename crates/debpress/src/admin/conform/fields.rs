//! The fields of a Release, and whether they fit what it lists.

use std::collections::BTreeSet;

use debfmt::release::parse_date;

use super::codes::{
    RELEASE_ARCHITECTURE, RELEASE_COMPONENT, RELEASE_DATE, RELEASE_EXPIRED, RELEASE_FIELDS,
    RELEASE_INDEX_UNLISTED, RELEASE_NAME, RELEASE_NO_BY_HASH, RELEASE_NO_END, RELEASE_NO_NAME,
    RELEASE_UNCOMPRESSED, RELEASE_VALID_UNTIL,
};
use super::kinds::{Kind, kind};
use super::listing::Listing;
use super::release::Suite;
use super::report::Findings;
use super::suites::SuiteName;
use crate::model::time::Timestamp;
use debfmt::compress::Compression;

/// How far a Release may be ahead, in seconds: `Acquire::Max-FutureTime` of apt.
const AHEAD: i64 = 10;

/// Judges the fields.
pub(super) fn judge(suite: &mut Suite<'_>, listing: &Listing) {
    let thing = suite.path(suite.by);
    let now = suite.of.now;
    let name = suite.name;
    let findings = &mut suite.report.findings;
    dates(listing, now, &thing, findings);
    names(listing, name, &thing, findings);
    uncompressed(listing, name, findings);
    if !listing.by_hash() {
        findings.add(RELEASE_NO_BY_HASH, &thing, "Acquire-By-Hash is not `yes`");
    }
    if !name.is_flat() {
        fitting(listing, &thing, findings);
    }
}

fn dates(listing: &Listing, now: Timestamp, thing: &str, findings: &mut Findings) {
    match listing.field("Date").map(|text| (text, parse_date(text))) {
        None => findings.add(RELEASE_DATE, thing, "the field Date is missing"),
        Some((text, None)) => {
            findings.add(RELEASE_DATE, thing, format!("Date is {text:?}, which is no date in UTC"))
        }
        Some((text, Some(date))) if date > now.plus(AHEAD).seconds() => {
            findings.add(
                RELEASE_DATE,
                thing,
                format!("Date is {text}, which lies in the future: it is {now}"),
            );
        }
        Some(_) => {}
    }
    match listing.field("Valid-Until").map(|text| (text, parse_date(text))) {
        None => findings.add(RELEASE_NO_END, thing, "the field Valid-Until is missing"),
        Some((text, None)) => {
            findings.add(
                RELEASE_VALID_UNTIL,
                thing,
                format!("Valid-Until is {text:?}, which is no date in UTC"),
            );
        }
        Some((text, Some(end))) if end < now.seconds() => {
            findings.add(
                RELEASE_EXPIRED,
                thing,
                format!("it was valid until {text}, and it is {now}; publish it again"),
            );
        }
        Some(_) => {}
    }
}

fn names(listing: &Listing, name: &SuiteName, thing: &str, findings: &mut Findings) {
    let Some(expected) = name.expected() else { return };
    match (listing.field("Suite"), listing.field("Codename")) {
        (None, None) => findings.add(RELEASE_NO_NAME, thing, "Suite and Codename are missing"),
        (suite, codename) if suite != Some(expected) && codename != Some(expected) => {
            let said = |field, value: Option<&str>| value.map(|value| format!("{field} is {value}"));
            let said: Vec<String> =
                said("Suite", suite).into_iter().chain(said("Codename", codename)).collect();
            findings.add(RELEASE_NAME, thing, format!("{}, and it lies in {expected}", said.join(", ")));
        }
        _ => {}
    }
}

/// A compressed index whose uncompressed form is not listed.
fn uncompressed(listing: &Listing, name: &SuiteName, findings: &mut Findings) {
    let stems: BTreeSet<&str> = listing.files.keys().filter_map(|path| stem(path)).collect();
    for stem in
        stems.into_iter().filter(|stem| kind(stem) != Kind::Other && !listing.files.contains_key(*stem))
    {
        let message = "only compressed forms of it are listed; list its size and hashes too, though the file need not be there";
        findings.add(RELEASE_UNCOMPRESSED, name.path(stem), message);
    }
}

/// The path of a compressed file without what says so.
fn stem(path: &str) -> Option<&str> {
    let (stem, compression) = Compression::of_name(path);
    (compression != Compression::None).then_some(stem)
}

/// Architectures and Components against what is listed.
fn fitting(listing: &Listing, thing: &str, findings: &mut Findings) {
    for field in ["Architectures", "Components"] {
        if listing.field(field).is_none() {
            findings.add(RELEASE_FIELDS, thing, format!("the field {field} is missing"));
        }
    }
    let architectures: BTreeSet<&str> = listing.words("Architectures").into_iter().collect();
    // A directory before a component is none of its name: the security archive writes `updates/main`.
    let last = |word: &'_ str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let components: BTreeSet<String> = listing.words("Components").into_iter().map(last).collect();
    let mut of = BTreeSet::new();
    for path in listing.files.keys() {
        if let Kind::Packages { component, architecture, udeb: false } = kind(stem(path).unwrap_or(path)) {
            of.insert((component, architecture));
        }
    }
    let unnamed = |known: bool, named: bool| known && !named;
    let listed: BTreeSet<&str> = of.iter().map(|(_, architecture)| *architecture).collect();
    for architecture in listed {
        if unnamed(!architectures.is_empty(), architectures.contains(architecture)) {
            findings.add(
                RELEASE_ARCHITECTURE,
                thing,
                format!("Architectures does not name {architecture}, which has packages"),
            );
        }
    }
    let listed: BTreeSet<&str> = of.iter().map(|(component, _)| *component).collect();
    for component in listed {
        if unnamed(!components.is_empty(), components.contains(&last(component))) {
            findings.add(
                RELEASE_COMPONENT,
                thing,
                format!("Components does not name {component}, which has packages"),
            );
        }
    }
    // Packages for all architectures may stand in the index of each, and sources are no packages to install.
    for architecture in architectures.iter().filter(|name| !["all", "source"].contains(name)) {
        for component in &components {
            if !of.iter().any(|(one, other)| last(one) == *component && other == architecture) {
                let message =
                    format!("no Packages of {component} for {architecture} is listed; list an empty one");
                findings.add(RELEASE_INDEX_UNLISTED, thing, message);
            }
        }
    }
}
