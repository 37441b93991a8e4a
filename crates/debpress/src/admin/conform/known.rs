//! What was seen of packages so far: one name, version and architecture is one package, and one path is one file, in all
//! suites of an archive.

use std::collections::{HashMap, HashSet};

use debfmt::digest::Sha256;

use super::binaries::{Binary, PackageFile};
use super::codes::{
    ARCHIVE_BOUND, PACKAGE_ALL, PACKAGE_SUITES, PACKAGE_TWICE, POOL_CONFLICT, Rule, STANZA_REPEATED,
};
use super::parse::{IndexOf, Taken};
use super::release::Suite;
use super::report::Findings;
use super::room::Room;
use super::sources::Source;

/// How much is kept of what was seen, in bytes. Beyond it what comes is not compared any more.
const KEPT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// What one entry takes besides its text, about, in bytes.
const ENTRY_BYTES: usize = 100;

/// What stands for a package: half a SHA-256 of what names it.
type Key = [u8; 16];

/// All of it.
#[derive(Debug)]
pub(super) struct Known {
    room: Room,
    packages: HashMap<Key, Seen>,
    files: HashMap<String, (u64, Option<Sha256>)>,
}

impl Default for Known {
    fn default() -> Self {
        Self { room: Room::new(KEPT_BYTES), packages: HashMap::new(), files: HashMap::new() }
    }
}

/// A package that was seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    content: Sha256,
    suite: u32,
}

/// A file to look at in the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) file: PackageFile,
    /// The index that names it first.
    pub(super) index: String,
    /// What a binary package says of itself: name, version, architecture.
    pub(super) says: Option<[String; 3]>,
}

/// A stanza, whatever it is of.
struct Stanza<'a> {
    /// `deb`, `udeb`, `source`.
    kind: &'static str,
    names: [&'a str; 3],
    /// Of all its files; `None`: the index does not say.
    content: Option<Sha256>,
}

impl Known {
    /// Compares what a suite says with what was seen before, and gives the files that are new.
    pub(super) fn judge(&mut self, suite: &mut Suite<'_>, taken: &Taken, number: u32) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        let findings = &mut suite.report.findings;
        for (of, binaries) in &taken.binaries {
            let mut here = HashSet::new();
            for binary in binaries {
                self.stanza(&of_binary(binary, of), (number, &of.path), &mut here, findings);
                let Binary { package, version, architecture, file } = binary;
                let says = Some([package.clone(), version.clone(), architecture.clone()]);
                wanted.extend(self.file(file, &of.path, says, findings));
            }
        }
        for (of, sources) in &taken.sources {
            let mut here = HashSet::new();
            for source in sources {
                self.stanza(&of_source(source), (number, &of.path), &mut here, findings);
                for file in &source.files {
                    wanted.extend(self.file(file, &of.path, None, findings));
                }
            }
        }
        if !self.room.take(ENTRY_BYTES) {
            findings.add(
                ARCHIVE_BOUND,
                "pool",
                "there are more packages than are kept; not all were compared",
            );
        }
        wanted
    }

    fn stanza(
        &mut self,
        stanza: &Stanza<'_>,
        (number, index): (u32, &str),
        here: &mut HashSet<Key>,
        findings: &mut Findings,
    ) {
        let Some(content) = stanza.content else { return };
        let key = key(stanza);
        let again = !here.insert(key);
        let Some(seen) = self.packages.get(&key).copied() else {
            if self.room.take(ENTRY_BYTES) {
                self.packages.insert(key, Seen { content, suite: number });
            }
            return;
        };
        let same = seen.content == content;
        let (rule, message): (&'static Rule, _) = match (same, again) {
            (true, false) => return,
            (true, true) => (STANZA_REPEATED, "it stands there twice"),
            (false, _) if seen.suite != number => (
                PACKAGE_SUITES,
                "a suite that was looked at before has other contents under the same name and version",
            ),
            (false, false) if stanza.names[2] == "all" => (
                PACKAGE_ALL,
                "the index of another architecture has other contents under the same name and version",
            ),
            (false, _) => (PACKAGE_TWICE, "the suite has other contents under the same name and version"),
        };
        let [package, version, architecture] = stanza.names;
        findings.add(rule, format!("{index}: {package} {version} {architecture}"), message);
    }

    /// The file, if nobody has looked at it yet.
    fn file(
        &mut self,
        file: &PackageFile,
        index: &str,
        says: Option<[String; 3]>,
        findings: &mut Findings,
    ) -> Option<Wanted> {
        let PackageFile { path, size, sha256 } = file;
        if let Some((seen_size, seen_sha256)) = self.files.get(path) {
            let other = seen_sha256.zip(*sha256).is_some_and(|(one, other)| one != other);
            if seen_size != size || other {
                let message = format!("{index} gives it another size or hash than an index before");
                findings.add(POOL_CONFLICT, path, message);
            }
            return None;
        }
        if !self.room.take(ENTRY_BYTES + path.len()) {
            return None;
        }
        self.files.insert(path.clone(), (*size, *sha256));
        Some(Wanted { file: file.clone(), index: index.to_owned(), says })
    }
}

fn of_binary<'a>(binary: &'a Binary, of: &IndexOf) -> Stanza<'a> {
    let names = [binary.package.as_str(), binary.version.as_str(), binary.architecture.as_str()];
    Stanza { kind: if of.udeb { "udeb" } else { "deb" }, names, content: binary.file.sha256 }
}

fn of_source(source: &Source) -> Stanza<'_> {
    let mut text = String::new();
    let mut whole = true;
    for file in &source.files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        match file.sha256 {
            Some(sha256) => text.push_str(&format!("{sha256} {name}\n")),
            None => whole = false,
        }
    }
    let content = whole.then(|| Sha256::of(text.as_bytes()));
    Stanza { kind: "source", names: [&source.package, &source.version, "source"], content }
}

fn key(stanza: &Stanza<'_>) -> Key {
    let [package, version, architecture] = stanza.names;
    let text = [stanza.kind, package, version, architecture].join("\0");
    let mut key = [0; 16];
    for (to, from) in key.iter_mut().zip(Sha256::of(text.as_bytes()).as_bytes()) {
        *to = *from;
    }
    key
}
