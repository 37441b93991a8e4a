//! The files that a Release lists: each form of an index against what is said of it, and the index by the first form that
//! is sound.

use std::collections::BTreeMap;

use debfmt::compress::Compression;
use debfmt::digest::Checksums;

use super::codes::{
    ARCHIVE_BOUND, ARCHIVE_UNREADABLE, INDEX_BY_HASH, INDEX_COMPRESSION, INDEX_CONTENT, INDEX_FORM,
    INDEX_HASH, INDEX_MISSING, INDEX_SIZE, INDEX_STREAMS, INDEX_TRAILING,
};
use super::kinds::{Kind, kind};
use super::known::Known;
use super::listing::{Listed, Listing};
use super::parse::{Ended, Parsed, Parser, Taken};
use super::reading::{Bounds, CONTENT_BYTES, ContentFault, Sums, read};
use super::release::Suite;
use super::report::SuiteReport;
use super::threads::at_once;
use super::{history, patches, pool};
use crate::ports::outside::FileSize;

/// The forms of one index.
struct Group<'a> {
    kind: Kind<'a>,
    /// The path of the uncompressed form, listed or not.
    stem: &'a str,
    forms: Vec<Form<'a>>,
}

/// One form.
struct Form<'a> {
    path: &'a str,
    compression: Compression,
    listed: &'a Listed,
}

/// Judges all listed files, and then the packages that they name.
pub(super) fn judge(suite: &mut Suite<'_>, listing: &Listing, number: u32, known: &mut Known) {
    let mut parser = Parser::new(listing);
    let mut taken = Taken::default();
    let mut groups = groups(listing);
    groups.retain(|group| suite.of.scope.has(group.kind, group.stem));
    // Those of one step refer to those of the steps before, and not to each other.
    for group in groups.chunk_by(|one, other| one.kind.step() == other.kind.step()) {
        let judge_one = |group: &Group<'_>| {
            (suite.of.step)(&suite.path(group.stem));
            judge_group(suite.part(), listing, group, &parser)
        };
        let judged = at_once(group, judge_one);
        for (report, ended) in judged {
            suite.report.absorb(report);
            if let Some(ended) = ended {
                parser.end(ended, &mut suite.report, &mut taken);
            }
        }
    }
    let packages = known.judge(suite, &taken, number);
    if suite.of.pool {
        pool::judge(suite, &packages);
    }
}

/// The files by what they are, those that others refer to first.
fn groups(listing: &Listing) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<(Kind<'_>, &str), Vec<Form<'_>>> = BTreeMap::new();
    for (path, listed) in &listing.files {
        let (stem, compression) = Compression::of_name(path);
        groups.entry((kind(stem), stem)).or_default().push(Form { path, compression, listed });
    }
    groups.into_iter().map(|((kind, stem), forms)| Group { kind, stem, forms }).collect()
}

/// Judges an index: what is found, and what it says if a form of it is sound.
fn judge_group(
    mut suite: Suite<'_>,
    listing: &Listing,
    group: &Group<'_>,
    parser: &Parser<'_>,
) -> (SuiteReport, Option<Ended>) {
    let mut absent: Vec<&Form<'_>> = Vec::new();
    let mut said = None;
    let mut unreadable = false;
    for form in &group.forms {
        let parsed = said.is_none().then(|| parser.begin(group.kind, &suite.path(group.stem)));
        match judge_form(&mut suite, listing, (group, form), parsed) {
            Read::Sound(ended) => said = said.or(ended),
            Read::Unsound => {}
            Read::Absent => absent.push(form),
            Read::Unreadable => unreadable = true,
        }
    }
    say_absent(&mut suite, group, &absent, unreadable);
    if group.kind == Kind::Patches && said.is_some() {
        patches_of(&mut suite, listing, group.stem);
    }
    (suite.report, said)
}

/// What has become of a form.
enum Read {
    /// It is what the Release says; and what it says itself, if that was asked for.
    Sound(Option<Ended>),
    Unsound,
    Absent,
    Unreadable,
}

fn judge_form(
    suite: &mut Suite<'_>,
    listing: &Listing,
    (group, form): (&Group<'_>, &Form<'_>),
    mut parsed: Option<Parsed<'_>>,
) -> Read {
    let uncompressed = listing.files.get(group.stem);
    let bounds =
        Bounds { file: form.listed.size, content: uncompressed.map_or(CONTENT_BYTES, |listed| listed.size) };
    if bounds.file.max(bounds.content) > CONTENT_BYTES {
        let message = format!("{} says that it has more than {CONTENT_BYTES} bytes", suite.by);
        suite.report.findings.add(ARCHIVE_BOUND, suite.path(form.path), message);
        return Read::Unsound;
    }
    // Of an archive of anything else nobody says what is in it.
    let opaque = group.kind == Kind::Other && uncompressed.is_none();
    let compression = if opaque { Compression::None } else { form.compression };
    let path = suite.path(form.path);
    let read = read(suite.of.outside, (&path, compression), bounds, &mut |text| {
        if let Some(parsed) = &mut parsed {
            parsed.take(text);
        }
    });
    let sums = match read {
        Ok(Some(sums)) => sums,
        Ok(None) => return Read::Absent,
        Err(error) => {
            suite.report.findings.add(ARCHIVE_UNREADABLE, path, error);
            return Read::Unreadable;
        }
    };
    suite.report.indexes += 1;
    if !is_sound(suite, form, &sums, uncompressed.filter(|_| compression != Compression::None)) {
        return Read::Unsound;
    }
    if listing.by_hash() {
        by_hash(suite, form);
    }
    Read::Sound(parsed.map(Parsed::ended))
}

/// A form need not be there where another one is; but who lists a compressed form makes clients ask for it.
fn say_absent(suite: &mut Suite<'_>, group: &Group<'_>, absent: &[&Form<'_>], unreadable: bool) {
    if absent.len() == group.forms.len() && !unreadable {
        let names: Vec<&str> = absent.iter().map(|form| form.path).collect();
        let message = format!(
            "{} lists it and it is not there{}",
            suite.by,
            match names.len() {
                1 => String::new(),
                _ => format!(", in none of its forms: {}", names.join(", ")),
            }
        );
        let path = suite.path(names.first().copied().filter(|_| names.len() == 1).unwrap_or(group.stem));
        suite.report.findings.add(INDEX_MISSING, path, message);
        return;
    }
    for form in absent.iter().filter(|form| form.compression != Compression::None) {
        let message = format!("{} lists it and it is not there; leave it out, or publish it", suite.by);
        suite.report.findings.add(INDEX_FORM, suite.path(form.path), message);
    }
}

/// Whether a form is what the Release says. Of a file with another size or hash nothing else is said.
fn is_sound(suite: &mut Suite<'_>, form: &Form<'_>, sums: &Sums, uncompressed: Option<&Listed>) -> bool {
    let path = suite.path(form.path);
    let findings = &mut suite.report.findings;
    let (rule, message) = if sums.file.size != form.listed.size {
        let found = match sums.file.size > form.listed.size {
            true => "it has more bytes".to_owned(),
            false => format!("it has {} bytes", sums.file.size),
        };
        (INDEX_SIZE, format!("{found}, {} says {}", suite.by, form.listed.size))
    } else if let Some(fault) = form.listed.fault(&sums.file) {
        (INDEX_HASH, fault)
    } else {
        match &sums.content {
            Err(ContentFault::Streams) => {
                (INDEX_STREAMS, "it is made of several streams; compress it as one".to_owned())
            }
            Err(ContentFault::Trailing(fault)) => (INDEX_TRAILING, fault.clone()),
            Err(ContentFault::Corrupt(fault)) => (INDEX_COMPRESSION, fault.clone()),
            Ok(content) if content.size > CONTENT_BYTES => {
                (ARCHIVE_BOUND, format!("it unpacks to more than {CONTENT_BYTES} bytes"))
            }
            Ok(content) => match uncompressed.and_then(|listed| other_content(listed, content)) {
                Some(fault) => {
                    (INDEX_CONTENT, format!("of what is in it, {fault} of the uncompressed index"))
                }
                None => return true,
            },
        }
    };
    findings.add(rule, path, message);
    false
}

fn other_content(listed: &Listed, content: &Checksums) -> Option<String> {
    match listed.size == content.size {
        true => listed.fault(content),
        false => Some(format!("the size is not that which Release says, {} bytes,", listed.size)),
    }
}

/// The name by the strongest hash, which is the one that clients ask for.
fn by_hash(suite: &mut Suite<'_>, form: &Form<'_>) {
    let Some((algorithm, hash)) = form.listed.strongest() else { return };
    let directory =
        form.path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
    let path = suite.path(&format!("{directory}by-hash/{algorithm}/{hash}"));
    let outside = suite.of.outside;
    let size = form.listed.size;
    let fault = match outside.size(&path) {
        Ok(None) => Some(format!("it is not there, {} is", form.path)),
        Ok(Some(FileSize::Known(found))) if found != size => {
            Some(format!("it has {found} bytes, {} has {size}", form.path))
        }
        Ok(Some(_)) if suite.of.full => {
            let bounds = Bounds { file: size, content: size };
            match read(outside, (&path, Compression::None), bounds, &mut |_| {}) {
                Ok(sums) => sums.and_then(|sums| form.listed.fault(&sums.file)),
                Err(error) => return suite.report.findings.add(ARCHIVE_UNREADABLE, path, error),
            }
        }
        Ok(Some(_)) => None,
        Err(error) => return suite.report.findings.add(ARCHIVE_UNREADABLE, path, error),
    };
    if let Some(fault) = fault {
        suite.report.findings.add(INDEX_BY_HASH, path, fault);
    }
}

fn patches_of(suite: &mut Suite<'_>, listing: &Listing, list: &str) {
    let Some(index) = list.strip_suffix(".diff/Index") else { return };
    if let Some(diffs) = patches::judge(suite, listing, list, index) {
        history::judge(suite, &diffs, index);
    }
}
