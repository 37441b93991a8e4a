//! Which key signs what, and what becomes of signatures that users would not believe (promise 7).

use std::sync::Arc;

use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner};
use debpress::model::archive::{Archive, ArchiveId, ArchiveRef, NewArchive};
use debpress::model::key::{SuiteFile, TreeKey};
use debpress::model::signing::{KeyName, KeyNames, KeyPath};
use debpress::model::suite::SuiteKey;
use debpress::model::time::Timestamp;
use debpress::ports::signer::{SignError, Signer};
use debpress::publish::{PublishError, PublishReport, Selection};

use super::world::{START, World, on_both};

fn reference(text: &str) -> ArchiveRef {
    text.parse().unwrap()
}

/// One more archive of debian, with a package in stable.
fn archive(w: &World, name: &str) -> ArchiveId {
    let (origin, label) = (name.to_owned(), name.to_owned());
    let new = NewArchive { reference: reference(name), origin, label, size_limit: None, private: false };
    let archive = w.records.create_archive(&new).unwrap();
    add(w, archive, "1.0");
    archive
}

fn add(w: &World, archive: ArchiveId, version: &str) {
    w.add_to_suite((SuiteKey { archive, ..w.suite("stable") }, "main"), "hello", version, "amd64");
}

fn publish_all(w: &World) -> PublishReport {
    let archives = w.records.archives().unwrap().iter().map(|archive| archive.id).collect();
    w.publish_all(&Selection { archives, ..Selection::default() }).unwrap()
}

fn recorded(w: &World, name: &str) -> Archive {
    let archives = w.records.archives().unwrap();
    archives.into_iter().find(|archive| archive.reference == reference(name)).unwrap()
}

/// `archive: who signed stable of it`.
fn signed(report: &PublishReport) -> Vec<String> {
    let by = |by: &Option<String>| by.clone().unwrap_or_else(|| "nobody".into());
    report.suites.iter().map(|suite| format!("{}: {}", suite.archive, by(&suite.signed_by))).collect()
}

fn key(path: &str) -> KeyPath {
    let Ok(KeyName::File(path)) = path.parse() else { panic!("{path}") };
    path
}

fn shown(w: &World, name: &str) -> Option<Vec<u8>> {
    let reference = reference(name);
    w.tree.inner.read(&reference.root(), &TreeKey::PublicKey(reference.clone())).unwrap()
}

/// Why the only archive that was published was not signed.
#[track_caller]
fn refusal(report: PublishReport) -> SignError {
    let mut failed = report.failed;
    match failed.pop().map(|failed| failed.error) {
        Some(PublishError::Sign { source, .. }) if failed.is_empty() => source,
        other => panic!("{other:?}, {failed:?}"),
    }
}

#[test]
fn personal_archives_have_one_key_an_owner_made_when_it_is_needed() {
    on_both(|mut w| {
        archive(&w, "~ann/debian/tools");
        archive(&w, "~bob/debian/tools");
        let report = publish_all(&w);
        let ann = MemoryKey::new("Archives of ann", START);
        let bob = MemoryKey::new("Archives of bob", START);
        let by = |key: &MemoryKey| format!("fake key {}", key.fingerprint());
        let (ann, bob) = (by(&ann), by(&bob));
        assert_eq!(
            signed(&report),
            [format!("~ann/debian/tools: {ann}"), format!("~bob/debian/tools: {bob}")]
        );
        assert_eq!(recorded(&w, "~ann/debian/tools").signing_keys.to_string(), "keys/ppa-owner/ann.asc");
        assert_ne!(shown(&w, "~ann/debian/tools"), shown(&w, "~bob/debian/tools"));
        // The next one of the same owner has the same key, though it is made much later.
        w.now = START.plus(86_400);
        archive(&w, "~ann/debian/more");
        assert_eq!(signed(&publish_all(&w)), [format!("~ann/debian/more: {ann}")]);
        assert!(shown(&w, "~ann/debian/more").is_some());
        assert_eq!(shown(&w, "~ann/debian/more"), shown(&w, "~ann/debian/tools"));
        assert_eq!(shown(&w, "debian"), None, "the site's key is given to users by its administrator");
    });
}

#[test]
fn a_key_that_was_made_and_not_recorded_before_a_crash_is_the_key() {
    on_both(|w| {
        archive(&w, "~ann/debian/tools");
        w.keys.put(key("keys/ppa-owner/ann.asc"), MemoryKey::new("Somebody", START));
        let made = MemoryKey::new("Somebody", START);
        assert_eq!(signed(&publish_all(&w)), [format!("~ann/debian/tools: fake key {}", made.fingerprint())]);
    });
}

#[test]
fn a_key_that_is_lost_is_never_replaced_in_silence() {
    on_both(|mut w| {
        let tools = archive(&w, "~ann/debian/tools");
        publish_all(&w);
        w.keys.lose(&key("keys/ppa-owner/ann.asc"));
        w.now = START.plus(60);
        add(&w, tools, "2.0");
        assert!(
            matches!(refusal(publish_all(&w)), SignError::NoKeyFile { path } if path.ends_with("ann.asc"))
        );
        // Nor by another archive of the same owner.
        archive(&w, "~ann/debian/more");
        assert_eq!(publish_all(&w).failed.len(), 2);
    });
}

#[test]
fn where_the_site_signs_nothing_personal_archives_are_unsigned_too() {
    on_both(|mut w| {
        w.keys.site = None;
        archive(&w, "~ann/debian/tools");
        w.add("stable", "hello", "1.0", "amd64");
        let report = publish_all(&w);
        assert_eq!(signed(&report), ["debian: nobody", "~ann/debian/tools: nobody"]);
        assert_eq!(report.warnings.len(), 1, "one is enough: {:?}", report.warnings);
        assert!(recorded(&w, "~ann/debian/tools").signing_keys.is_empty());
        assert_eq!(shown(&w, "~ann/debian/tools"), None);
    });
}

#[test]
fn keys_that_are_recorded_for_an_archive_sign_it_all_together() {
    on_both(|mut w| {
        w.keys.site = None;
        let debug = archive(&w, "debian/debug");
        let [old, new] = ["Old", "New"].map(|name| MemoryKey::new(name, START));
        w.keys.put(key("keys/old.asc"), old.clone());
        w.keys.put(key("keys/new.asc"), new.clone());
        let both: KeyNames = "keys/old.asc,keys/new.asc".parse().unwrap();
        w.records.set_signing_keys(debug, &both).unwrap();
        let by = format!("debian/debug: fake key {}, {}", old.fingerprint(), new.fingerprint());
        assert_eq!(signed(&publish_all(&w)), [by]);
        let certificates = String::from_utf8(shown(&w, "debian/debug").unwrap()).unwrap();
        assert!(certificates.contains(old.fingerprint()) && certificates.contains(new.fingerprint()));
        // What is shown follows the keys.
        w.records.set_signing_keys(debug, &"keys/new.asc".parse().unwrap()).unwrap();
        w.now = START.plus(60);
        add(&w, debug, "2.0");
        publish_all(&w);
        let certificates = String::from_utf8(shown(&w, "debian/debug").unwrap()).unwrap();
        assert!(!certificates.contains(old.fingerprint()) && certificates.contains(new.fingerprint()));
    });
}

type Sign = fn(&MemorySigner, &[u8], Timestamp) -> Result<Vec<u8>, SignError>;

/// Signs by other means than it should.
struct Deceiver {
    /// Whose certificates it shows.
    honest: MemorySigner,
    clear: Sign,
    detached: Sign,
}

impl Deceiver {
    fn new() -> Self {
        let honest = MemorySigner::new(vec![MemoryKey::new("Archive <archive@example.org>", START)]);
        Self { honest, clear: MemorySigner::clear_sign, detached: MemorySigner::detach_sign }
    }
}

impl Signer for Deceiver {
    fn name(&self) -> &str {
        "deceiver"
    }
    fn fingerprints(&self) -> Vec<String> {
        self.honest.fingerprints()
    }
    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        self.honest.public_keys()
    }
    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        (self.clear)(&self.honest, text, at)
    }
    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        (self.detached)(&self.honest, text, at)
    }
}

fn changed(text: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(text).replacen(from, to, 1).into_bytes()
}

fn stranger() -> MemorySigner {
    MemorySigner::new(vec![MemoryKey::new("Somebody else", START)])
}

const OTHER_TEXT: &str = "deceiver has signed another text than it was given";

/// Ways to deceive, and what is said of each.
fn deceptions() -> [(&'static str, Deceiver, &'static str); 7] {
    let clear = |clear: Sign| Deceiver { clear, ..Deceiver::new() };
    let detached = |detached: Sign| Deceiver { detached, ..Deceiver::new() };
    [
        (
            "another text in InRelease",
            clear(|s, t, at| s.clear_sign(&changed(t, "Debian", "debian"), at)),
            OTHER_TEXT,
        ),
        (
            "blanks that no signature covers",
            clear(|s, t, at| Ok(changed(&s.clear_sign(t, at)?, "Debian\n", "Debian \n"))),
            OTHER_TEXT,
        ),
        (
            "a text changed after signing, in the frame",
            clear(|s, t, at| {
                let other = s.clear_sign(&changed(t, "Debian", "debian"), at)?;
                Ok(changed(&other, "debian", "Debian"))
            }),
            "do not believe InRelease",
        ),
        (
            "somebody else's key in InRelease",
            clear(|_, t, at| stranger().clear_sign(t, at)),
            "do not believe InRelease",
        ),
        (
            "somebody else's key in Release.gpg",
            detached(|_, t, at| stranger().detach_sign(t, at)),
            "do not believe Release.gpg",
        ),
        (
            "another text in Release.gpg",
            detached(|s, t, at| s.detach_sign(&changed(t, "a", "b"), at)),
            "do not believe Release.gpg",
        ),
        ("no signature", detached(|_, _, _| Ok(Vec::new())), "do not believe Release.gpg"),
    ]
}

#[test]
fn what_users_would_not_believe_is_never_switched() {
    for (name, deceiver, expected) in deceptions() {
        let mut w = World::in_memory();
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let before = w.text("stable", "InRelease");
        w.keys.site = Some(Arc::new(deceiver));
        w.add("stable", "hello", "2.0", "amd64");
        w.now = w.now.plus(60);
        let refused = refusal(publish_all(&w)).to_string();
        assert!(refused.contains(expected), "{name}: {refused}");
        assert_eq!(w.text("stable", "InRelease"), before, "{name}");
    }
}

#[test]
fn users_must_have_every_key_that_signs_and_the_newest_of_it() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let before = w.text("stable", "InRelease");
        let old = MemoryKey::new("Old", START);
        let new = MemoryKey::new("New", START);
        w.keys.site = Some(Arc::new(MemorySigner::new(vec![old.clone(), new.clone()])));
        w.now = w.now.plus(3600);
        w.add("stable", "hello", "2.0", "amd64");

        w.keys.given = Some(old.public());
        let refused = refusal(publish_all(&w));
        assert!(
            matches!(&refused, SignError::NotGiven { fingerprint, .. } if fingerprint == new.fingerprint()),
            "{refused}"
        );
        // The key was extended, and users were not told.
        w.keys.given = Some([old.clone().valid_for(60).public(), new.public()].concat());
        assert!(matches!(refusal(publish_all(&w)), SignError::Unbelieved { .. }));
        w.keys.given = Some([old.clone().revoked().public(), new.public()].concat());
        assert!(matches!(refusal(publish_all(&w)), SignError::Unbelieved { .. }));
        w.keys.given = Some(b"no keys".to_vec());
        assert!(matches!(refusal(publish_all(&w)), SignError::Certificates { .. }));
        assert_eq!(w.text("stable", "InRelease"), before);

        w.keys.given = Some([old.public(), new.public()].concat());
        assert_eq!(publish_all(&w).suites.len(), 1);
        assert_ne!(w.text("stable", "InRelease"), before);
    });
}

fn only_old() -> MemorySigner {
    MemorySigner::new(vec![MemoryKey::new("Old", START)])
}

#[test]
fn half_a_signature_is_none() {
    let [old, new] = ["Old", "New"].map(|name| MemoryKey::new(name, START));
    let both = || MemorySigner::new(vec![old.clone(), new.clone()]);
    let cases = [
        (
            "InRelease",
            Deceiver { honest: both(), clear: |_, t, at| only_old().clear_sign(t, at), ..Deceiver::new() },
        ),
        (
            "Release.gpg",
            Deceiver {
                honest: both(),
                detached: |_, t, at| only_old().detach_sign(t, at),
                ..Deceiver::new()
            },
        ),
    ];
    for (file, deceiver) in cases {
        let mut w = World::in_memory();
        w.add("stable", "hello", "1.0", "amd64");
        w.keys.site = Some(Arc::new(deceiver));
        let refused = refusal(publish_all(&w));
        assert!(matches!(&refused, SignError::Unbelieved { file: which, .. } if which == file), "{refused}");
    }
}

#[test]
fn signatures_of_custom_files_are_looked_at_too() {
    let mut w = World::in_memory();
    w.keys.site = Some(Arc::new(Deceiver {
        detached: |signer, text, at| match text.starts_with(b"Origin") {
            true => signer.detach_sign(text, at),
            false => stranger().detach_sign(text, at),
        },
        ..Deceiver::new()
    }));
    let tar = debfmt::builder::TarWriter::new().file("1/noble.tar.gz", b"tool");
    let file = crate::support::custom::tarball("tool_1_all.tar.gz", tar);
    w.upload("stable", debpress::model::custom::CustomType::DistUpgrader, &file);
    let refused = refusal(publish_all(&w));
    assert!(
        matches!(&refused, SignError::Unbelieved { file, .. } if file.ends_with("noble.tar.gz.gpg") || file.ends_with("SHA256SUMS.gpg")),
        "{refused}"
    );
    let live = TreeKey::Live("stable".parse().unwrap(), SuiteFile::Release);
    assert_eq!(w.tree.inner.read(super::world::ROOT, &live).unwrap(), None);
}
