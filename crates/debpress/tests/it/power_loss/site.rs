//! What must hold of a site after a failure of power.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use debfmt::compress::{Compression, decoder};
use debfmt::deb822::Paragraph;
use debfmt::limits::Limits;
use tempfile::TempDir;

use super::tree::{Node, Tree, subtree};
use crate::support::stanzas;
use crate::support::tool::{Ran, tool};

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_debpress");

/// Where uploads are, from their arrival on.
const PLACES: [&str; 5] = ["incoming", "claimed", "accepted", "rejected", "failed"];

/// What clients can get of a suite: every file below it, and every file of the pool that its indexes name, by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suite {
    files: BTreeMap<String, Arc<Vec<u8>>>,
    pool: BTreeMap<String, Arc<Vec<u8>>>,
}

/// Every suite that clients see, by its path.
pub(super) fn suites(tree: &Tree) -> BTreeMap<String, Suite> {
    let is_directory = |(_, node): &(&String, &Node)| matches!(node, Node::Directory { .. });
    let suite_of = |(path, _): (&String, &Node)| {
        let (root, _) = path.rsplit_once("/dists/").filter(|(_, name)| !name.contains('/'))?;
        (!root.starts_with("staging/")).then(|| (path.clone(), suite(tree, root, path)))
    };
    tree.iter().filter(is_directory).filter_map(suite_of).collect()
}

fn suite(tree: &Tree, root: &str, path: &str) -> Suite {
    let files = visible(tree, path);
    let mut pool = BTreeMap::new();
    for (path, bytes) in &files {
        let name = path.rsplit('/').next().unwrap();
        if path.contains("by-hash") || path.contains(".diff/") {
            continue;
        }
        let named: fn(&Paragraph) -> Vec<String> = match name.split('.').next() {
            Some("Packages") => |it| vec![it.get("Filename").unwrap().to_owned()],
            Some("Sources") => sources,
            _ => continue,
        };
        for file in stanzas::parse(&unpacked(name, bytes)).iter().flat_map(named) {
            let path = format!("{root}/{file}");
            let Some(Node::File { bytes, .. }) = tree.get(&path) else { panic!("{path} is not there") };
            pool.insert(path, Arc::clone(bytes));
        }
    }
    Suite { files, pool }
}

fn sources(stanza: &Paragraph) -> Vec<String> {
    let directory = stanza.get("Directory").unwrap();
    let lines = stanza.get("Checksums-Sha256").unwrap().lines();
    lines.filter_map(|line| Some(format!("{directory}/{}", line.split_whitespace().nth(2)?))).collect()
}

fn unpacked(name: &str, bytes: &[u8]) -> Vec<u8> {
    let (_, compression) = Compression::of_name(name);
    let mut text = Vec::new();
    decoder(compression, bytes, &Limits::index()).unwrap().read_to_end(&mut text).unwrap();
    text
}

/// The files of a suite. A signature says the same each time, and never in the same bytes.
fn visible(tree: &Tree, suite: &str) -> BTreeMap<String, Arc<Vec<u8>>> {
    let files = subtree(tree, suite).filter_map(|(path, node)| match node {
        Node::File { bytes, .. } if !bytes.starts_with(b"-----BEGIN PGP") => {
            Some((path.to_owned(), Arc::clone(bytes)))
        }
        Node::File { .. } | Node::Directory { .. } | Node::Link { .. } => None,
    });
    files.collect()
}

/// Why clients see something that is neither old nor new, or cannot get what they see.
pub(super) fn wrong(
    tree: &Tree,
    old: &BTreeMap<String, Suite>,
    new: &BTreeMap<String, Suite>,
) -> Option<String> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names.into_iter().find_map(|name| {
        let files = visible(tree, name);
        let seen = [old, new].into_iter().filter_map(|it| it.get(name)).find(|it| it.files == files);
        let Some(suite) = seen else {
            let allowed = files.is_empty() && !(old.contains_key(name) && new.contains_key(name));
            return (!allowed).then(|| format!("{name} is neither the old suite nor the new one"));
        };
        let pool = suite.pool.iter().map(|(path, bytes)| (path.clone(), bytes));
        let dists = suite.files.iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes));
        signed(tree, name)
            .or_else(|| pool.chain(dists).find_map(|(path, bytes)| unreadable(tree, &path, bytes)))
    })
}

/// InRelease is about the Release beside it.
fn signed(tree: &Tree, suite: &str) -> Option<String> {
    let file = |name: &str| match tree.get(&format!("{suite}/{name}")) {
        Some(Node::File { bytes, .. }) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    };
    let (release, signed) = (file("Release")?, file("InRelease")?);
    let whole = signed.contains(&release) && signed.trim_end().ends_with("-----END PGP SIGNATURE-----");
    (!whole).then(|| format!("InRelease of {suite} is not about its Release"))
}

fn unreadable(tree: &Tree, path: &str, expected: &Arc<Vec<u8>>) -> Option<String> {
    match tree.get(path) {
        Some(Node::File { bytes, .. }) if bytes != expected => Some(format!("{path} has other bytes")),
        Some(Node::File { mode, .. }) if mode & 0o444 != 0o444 => Some(format!("{path} has mode {mode:o}")),
        Some(Node::File { .. }) => {
            let directories = Path::new(path).ancestors().skip(1).filter_map(Path::to_str);
            directories.filter_map(|it| Some((it, tree.get(it)?))).find_map(|(it, node)| match node {
                Node::Directory { mode } if mode & 0o555 != 0o555 => Some(format!("{it} has mode {mode:o}")),
                Node::Directory { .. } | Node::File { .. } | Node::Link { .. } => None,
            })
        }
        _ => Some(format!("{path} is not there")),
    }
}

/// The first of these files, with names and bytes, that is nowhere where uploads are.
pub(super) fn lost(tree: &Tree, uploaded: &[(String, Vec<u8>)]) -> Option<String> {
    let is_there = |(name, bytes): &&(String, Vec<u8>)| {
        PLACES.iter().flat_map(|place| subtree(tree, place)).any(|(path, node)| {
            let named = path.rsplit('/').next() == Some(name);
            named && matches!(node, Node::File { bytes: there, .. } if **there == *bytes)
        })
    };
    uploaded
        .iter()
        .find(|file| !is_there(file))
        .map(|(name, _)| format!("{name}, which was uploaded, is lost"))
}

/// A site of its own, on which commands run.
pub(super) struct Copy {
    home: TempDir,
    now: i64,
}

impl Copy {
    pub(super) fn new(tree: &Tree, now: i64) -> Self {
        // In memory where there is such a place: what a disk keeps is asked of the model, not of the one below the test.
        let memory = Path::new("/dev/shm");
        let home = TempDir::with_prefix_in("power", memory);
        let home = home.or_else(|_| TempDir::with_prefix("power")).unwrap();
        super::tree::write(tree, &home.path().join("site"));
        Self { home, now }
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(super) fn root(&self) -> PathBuf {
        self.home.path().join("site")
    }

    pub(super) fn read(&self) -> Tree {
        super::tree::read(&self.root())
    }

    pub(super) fn run(&self, command: &[&str]) -> Ran {
        let mut program = tool(PROGRAM, self.home.path());
        program.env("DEBPRESS_NOW", self.now.to_string());
        Ran::of(program.arg("--site").arg(self.root()).args(command))
    }

    /// Whether SQLite finds its file sound.
    #[track_caller]
    pub(super) fn records_are_sound(&self) {
        let records = rusqlite::Connection::open(self.root().join("debpress.db")).unwrap();
        let said: String = records.pragma_query_value(None, "integrity_check", |row| row.get(0)).unwrap();
        assert_eq!(said, "ok");
        let broken = records.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
        assert!(!broken, "records name what is not there");
    }
}
