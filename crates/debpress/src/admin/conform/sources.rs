//! Sources: the stanzas of source packages.

use std::collections::BTreeMap;
use std::io::BufRead;

use debfmt::deb822::Paragraph;
use debfmt::version::Version;

use super::binaries::{PackageFile, file, in_order};
use super::codes::{STANZA_FIELD, STANZA_VALUE};
use super::report::Findings;
use super::room::Room;
use super::stanzas::{self, needed};

/// More files than a source package has.
const MOST_FILES: usize = 10_000;

/// A source package as an index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) files: Vec<PackageFile>,
}

/// Reads one index.
#[derive(Default)]
pub(super) struct SourceReader {
    last: String,
    pub(super) found: Vec<Source>,
}

impl SourceReader {
    /// Reads the text of the index with this path.
    pub(super) fn take(&mut self, text: &mut dyn BufRead, path: &str, findings: &mut Findings, room: &Room) {
        stanzas::each(text, path, findings, room, &mut |stanza, findings| {
            let Some(source) = source(stanza, path, findings) else { return 0 };
            in_order(&mut self.last, &source.package, path, findings);
            let files: usize = source.files.iter().map(PackageFile::kept).sum();
            let kept = source.package.len() + source.version.len() + files + size_of::<Source>();
            self.found.push(source);
            kept
        });
    }
}

fn source(stanza: &Paragraph, path: &str, findings: &mut Findings) -> Option<Source> {
    let name = stanza.get("Package").unwrap_or("without a name");
    let thing = format!("{path}: {name} {}", stanza.get("Version").unwrap_or_default());
    let wanted = ["Package", "Version", "Directory"];
    let mut missing: Vec<&str> = wanted.into_iter().filter(|field| needed(stanza, field).is_none()).collect();
    // `Files`, by MD5, is for old clients, and Debian's own index of updates does without.
    if needed(stanza, "Files").is_none() && needed(stanza, "Checksums-Sha256").is_none() {
        missing.push("Checksums-Sha256");
    }
    if !missing.is_empty() {
        findings.add(STANZA_FIELD, thing, format!("it lacks {}", missing.join(", ")));
        return None;
    }
    let [package, version, directory] = wanted.map(|field| stanza.get(field).unwrap_or_default());
    if let Err(error) = Version::parse(version) {
        findings.add(STANZA_VALUE, &thing, format!("Version: {error}"));
    }
    let lists = ["Files", "Checksums-Sha256"].map(|field| stanza.get(field).unwrap_or_default());
    let files = merged(lists, &thing, findings);
    let path = |name: &str| match directory {
        "." | "./" => name.to_owned(),
        directory => format!("{}/{name}", directory.trim_end_matches('/')),
    };
    let files =
        files.iter().filter_map(|(name, (size, sha256))| file(&path(name), size, *sha256, &thing, findings));
    Some(Source { package: package.to_owned(), version: version.to_owned(), files: files.collect() })
}

/// Sizes and hashes by name: what `Files` and `Checksums-Sha256` list.
fn merged<'a>(
    [files, sha256]: [&'a str; 2],
    thing: &str,
    findings: &mut Findings,
) -> BTreeMap<&'a str, (&'a str, Option<&'a str>)> {
    let mut merged = BTreeMap::new();
    for (_, size, name) in lines(files, "Files", thing, findings) {
        merged.insert(name, (size, None));
    }
    for (digest, size, name) in lines(sha256, "Checksums-Sha256", thing, findings) {
        let (other, known) = merged.entry(name).or_insert((size, None));
        if *other != size {
            let message = format!("{name} has {other} bytes in one list and {size} in another");
            findings.add(STANZA_VALUE, thing, message);
        }
        *known = Some(digest);
    }
    merged
}

fn lines<'a>(
    list: &'a str,
    field: &str,
    thing: &str,
    findings: &mut Findings,
) -> Vec<(&'a str, &'a str, &'a str)> {
    let mut found = Vec::new();
    for line in list.lines().filter(|line| !line.trim().is_empty()).take(MOST_FILES) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        match words[..] {
            [digest, size, name] => found.push((digest, size, name)),
            _ => findings.add(
                STANZA_VALUE,
                thing,
                format!("{field}: {:?} is no hash, size and name", line.trim()),
            ),
        }
    }
    found
}
