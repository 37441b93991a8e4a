//! Stanzas of indexes, compared field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use debfmt::compress::{Compression, decoder};
use debfmt::deb822::{self, Paragraph};
use debfmt::limits::Limits;

/// The stanzas of an index file, compressed as its name says.
#[track_caller]
pub(crate) fn read_index(path: &Path) -> Vec<Paragraph> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, compression) = Compression::of_name(path.to_str().unwrap());
    let limits = Limits::index();
    let mut text = Vec::new();
    decoder(compression, bytes.as_slice(), &limits).unwrap().read_to_end(&mut text).unwrap();
    parse(&text)
}

/// The stanzas of a text.
#[track_caller]
pub(crate) fn parse(text: &[u8]) -> Vec<Paragraph> {
    deb822::parse(text, &Limits::index()).unwrap()
}

/// A field in which two archives may differ about one package.
pub(crate) struct Exception {
    /// The field.
    pub(crate) field: &'static str,
    /// Why that is right.
    pub(crate) reason: &'static str,
    /// What must hold all the same, of our stanza and of theirs.
    pub(crate) holds: fn(&Paragraph, &Paragraph) -> bool,
}

/// Compares all stanzas of two indexes, which must be about the same packages.
///
/// Every difference that no exception allows fails the test, and so does an exception that allowed nothing.
#[track_caller]
pub(crate) fn assert_same(ours: &[Paragraph], theirs: &[Paragraph], exceptions: &[Exception]) {
    let (ours, theirs) = (by_package(ours), by_package(theirs));
    let names = |stanzas: &BTreeMap<String, &Paragraph>| stanzas.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&ours), names(&theirs), "the indexes are about different packages");
    let mut used = BTreeSet::new();
    let mut differences = Vec::new();
    for (package, our) in &ours {
        for field in differing(our, theirs[package]) {
            let exception = exceptions.iter().find(|exception| exception.field.eq_ignore_ascii_case(&field));
            match exception {
                Some(exception) if (exception.holds)(our, theirs[package]) => {
                    used.insert(exception.field);
                }
                _ => differences.push(difference(package, &field, [our, theirs[package]], exception)),
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    for Exception { field, reason, .. } in exceptions {
        assert!(used.contains(field), "the exception for {field} is not needed any more: {reason}");
    }
}

/// The fields, in lower case, that do not have the same value in both.
fn differing(ours: &Paragraph, theirs: &Paragraph) -> BTreeSet<String> {
    let names = ours.iter().chain(theirs.iter()).map(|(name, _)| name.to_ascii_lowercase());
    names.filter(|name| ours.get(name) != theirs.get(name)).collect()
}

fn difference(package: &str, field: &str, stanzas: [&Paragraph; 2], broken: Option<&Exception>) -> String {
    let [ours, theirs] = stanzas.map(|stanza| stanza.get(field));
    let broken = broken.map_or(String::new(), |exception| format!("\n  although {}", exception.reason));
    format!("{package}: {field}\n  ours:   {ours:?}\n  theirs: {theirs:?}{broken}")
}

/// By name, version and, for binaries, architecture.
fn by_package(stanzas: &[Paragraph]) -> BTreeMap<String, &Paragraph> {
    let key = |stanza: &Paragraph| {
        // The field of a source says for what it builds.
        let binary = stanza.contains("Filename");
        let architecture = stanza.get("Architecture").filter(|_| binary).unwrap_or("source");
        format!("{} {} {architecture}", field(stanza, "Package"), field(stanza, "Version"))
    };
    let by_package: BTreeMap<_, _> = stanzas.iter().map(|stanza| (key(stanza), stanza)).collect();
    assert_eq!(by_package.len(), stanzas.len(), "a package has two stanzas");
    by_package
}

/// The value of a field that must be there.
#[track_caller]
pub(crate) fn field<'a>(stanza: &'a Paragraph, name: &str) -> &'a str {
    stanza.get(name).unwrap_or_else(|| panic!("no {name} in {stanza:?}"))
}
