//! What keeps the signing keys of a site must do: each story runs on files and on their twin in memory.

use std::sync::Arc;

use debpress::adapters::keys::SiteKeys;
use debpress::adapters::memory::keys::MemoryKeys;
use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner, MemoryVerifier};
use debpress::adapters::openpgp::{KeySpec, SequoiaSigner, SequoiaVerifier};
use debpress::model::archive::{Archive, ArchiveId};
use debpress::model::signing::{KeyName, KeyNames, KeyPath};
use debpress::model::time::Timestamp;
use debpress::ports::signer::{ArchiveSigner, SignError, Signers, Signing};
use debpress::ports::verifier::Verifier;
use tempfile::TempDir;

const MADE: Timestamp = Timestamp(1_780_272_000);

/// One implementation, for a site that signs or does not.
struct Kit {
    signers: Box<dyn Signers>,
    verifier: Box<dyn Verifier>,
    directory: Option<TempDir>,
}

fn on_files(signs: bool) -> Kit {
    let directory = TempDir::with_prefix("keys").unwrap();
    let site = match signs {
        true => {
            let key = KeySpec::new("Site", MADE).generate().unwrap();
            let signer = Arc::new(SequoiaSigner::from_armoured_secret(&key.secret).unwrap());
            let given_as = "keys/archive-key.asc".to_owned();
            Signing::By(ArchiveSigner { signer, certificates: key.public, given_as, own: false })
        }
        false => Signing::Nobody("no signing key is configured".into()),
    };
    let signers = Box::new(SiteKeys::new(directory.path().to_owned(), site));
    Kit { signers, verifier: Box::new(SequoiaVerifier::default()), directory: Some(directory) }
}

fn in_memory(signs: bool) -> Kit {
    let signer = MemorySigner::new(vec![MemoryKey::new("Site", MADE)]);
    let signers = MemoryKeys::new(signs.then(|| Arc::new(signer) as _));
    Kit { signers: Box::new(signers), verifier: Box::new(MemoryVerifier::default()), directory: None }
}

/// Runs each story on both implementations.
macro_rules! contract {
    ($($story:ident),* $(,)?) => {
        mod files { $(#[test] fn $story() { super::$story(super::on_files); })* }
        mod memory { $(#[test] fn $story() { super::$story(super::in_memory); })* }
    };
}

contract![
    an_archive_without_keys_is_signed_by_the_site,
    where_nothing_is_configured_nobody_signs,
    a_key_is_made_once,
    keys_sign_together_and_users_are_given_all,
    a_key_that_is_not_there_is_named,
];

type Make = fn(bool) -> Kit;

fn archive(keys: &str) -> Archive {
    Archive {
        id: ArchiveId(1),
        reference: "debian".parse().unwrap(),
        origin: String::new(),
        label: String::new(),
        enabled: true,
        size_limit: None,
        obsolete_uploads: false,
        published: true,
        private: false,
        lists: Default::default(),
        signing_keys: if keys.is_empty() { KeyNames::default() } else { keys.parse().unwrap() },
        deletion: None,
    }
}

fn path(text: &str) -> KeyPath {
    let Ok(KeyName::File(path)) = text.parse() else { panic!("{text}") };
    path
}

impl Kit {
    #[track_caller]
    fn by(&self, keys: &str) -> ArchiveSigner {
        match self.signers.of(&archive(keys)).unwrap() {
            Signing::By(by) => by,
            Signing::Nobody(why) => panic!("{why}"),
        }
    }
}

fn an_archive_without_keys_is_signed_by_the_site(make: Make) {
    let kit = make(true);
    assert!(kit.signers.is_configured());
    let by = kit.by("");
    let given = kit.signers.given(&archive("")).unwrap().unwrap();
    assert_eq!(given, (by.certificates.clone(), by.given_as.clone()));
    assert_eq!((by.given_as.as_str(), by.own), ("keys/archive-key.asc", false));
    let signature = by.signer.detach_sign(b"text", MADE).unwrap();
    kit.verifier.verify_detached(b"text", &signature, &[&by.certificates], MADE).unwrap();
}

fn where_nothing_is_configured_nobody_signs(make: Make) {
    let kit = make(false);
    assert!(!kit.signers.is_configured());
    let signing = kit.signers.of(&archive("")).unwrap();
    assert!(matches!(signing, Signing::Nobody(why) if why == "no signing key is configured"));
    assert_eq!(kit.signers.given(&archive("")).unwrap(), None);
    // What has a key of its own is signed all the same.
    kit.signers.make(&path("keys/own.asc"), "Own", MADE).unwrap();
    assert!(kit.signers.given(&archive("keys/own.asc")).unwrap().is_some());
    // Whoever else signs: users may have their certificates.
    if let Some(directory) = &kit.directory {
        std::fs::write(directory.path().join("keys/archive-key.asc"), b"theirs").unwrap();
        let given = kit.signers.given(&archive("")).unwrap();
        assert_eq!(given, Some((b"theirs".to_vec(), "keys/archive-key.asc".to_owned())));
    }
    assert!(kit.by("keys/own.asc").own);
}

fn a_key_is_made_once(make: Make) {
    let kit = make(true);
    let own = path("keys/ppa-owner/ann.asc");
    kit.signers.make(&own, "Archives of ann", MADE).unwrap();
    let first = kit.by("keys/ppa-owner/ann.asc");
    assert_eq!(first.given_as, "keys/public/ppa-owner/ann.asc");
    kit.signers.make(&own, "Archives of ann", MADE.plus(60)).unwrap();
    let again = kit.by("keys/ppa-owner/ann.asc");
    assert_eq!(first.signer.fingerprints(), again.signer.fingerprints());
    let [key] = <[_; 1]>::try_from(kit.verifier.read_keys(&again.certificates).unwrap()).unwrap();
    assert_eq!((key.user_ids, key.created), (vec!["Archives of ann".to_owned()], MADE));
}

fn keys_sign_together_and_users_are_given_all(make: Make) {
    let kit = make(true);
    for name in ["keys/old.asc", "keys/new.asc"] {
        kit.signers.make(&path(name), name, MADE).unwrap();
    }
    let by = kit.by("keys/old.asc,keys/new.asc");
    assert_eq!(by.given_as, "keys/public/old.asc, keys/public/new.asc");
    let given: Vec<String> =
        kit.verifier.read_keys(&by.certificates).unwrap().into_iter().map(|key| key.fingerprint).collect();
    assert_eq!(given, by.signer.fingerprints());
    assert_eq!(given.len(), 2);
}

fn a_key_that_is_not_there_is_named(make: Make) {
    let kit = make(true);
    kit.signers.make(&path("keys/old.asc"), "Old", MADE).unwrap();
    let error = kit.signers.of(&archive("keys/old.asc,keys/lost.asc")).err().unwrap();
    assert!(matches!(error, SignError::NoKeyFile { path } if path == "keys/lost.asc"));
}

#[test]
fn what_is_secret_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let kit = on_files(true);
    kit.signers.make(&path("keys/archives/debian.asc"), "Own", MADE).unwrap();
    let root = kit.directory.as_ref().unwrap().path();
    let mode = |name: &str| std::fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("keys"), 0o700);
    assert_eq!(mode("keys/archives/debian.asc"), 0o600);
    assert_eq!(mode("keys/archives/debian.revocation"), 0o600);
    assert_eq!(mode("keys/public/archives/debian.asc"), 0o644);
    let public = std::fs::read(root.join("keys/public/archives/debian.asc")).unwrap();
    assert_eq!(kit.verifier.read_keys(&public).unwrap().len(), 1, "and it is no secret");
}

#[test]
fn a_public_key_that_a_crash_left_out_is_made_of_the_secret_one() {
    let kit = on_files(true);
    let own = path("keys/own.asc");
    kit.signers.make(&own, "Own", MADE).unwrap();
    let fingerprints = kit.by("keys/own.asc").signer.fingerprints();
    let public = kit.directory.as_ref().unwrap().path().join("keys/public/own.asc");
    std::fs::remove_file(&public).unwrap();
    kit.signers.make(&own, "Own", MADE).unwrap();
    let read = kit.verifier.read_keys(&std::fs::read(&public).unwrap()).unwrap();
    assert_eq!(read[0].fingerprint, fingerprints[0]);
}
