//! Keys of GnuPG, and signatures that prove nothing: each in its own way.

use debfmt::builder::BuiltFile;
use debpress::model::permission::Scope;
use debpress::model::time::Timestamp;
use debpress::ports::db::NewUploader;

use super::world::{TODAY, World, hello};
use crate::support::gnupg::Gnupg;

const MADE: Timestamp = Timestamp(TODAY.0 - 86_400);

/// Why `hello`, whose .changes is `document`, is refused when the owner of the key is an uploader: code and message.
#[track_caller]
fn refusal(world: &World, fingerprint: &str, document: Vec<u8>, certificate: Vec<u8>) -> (String, String) {
    let uploader = NewUploader {
        name: format!("owner of {fingerprint}"),
        fingerprint: fingerprint.to_owned(),
        certificate,
        mail: None,
        grant: Some(Scope::default()),
        added: TODAY,
    };
    world.records.add_uploader(&uploader).unwrap();
    let (text, deb) = hello("1.0");
    world.send("up", &[BuiltFile { name: text.name, bytes: document }, deb]);
    let mut report = world.run();
    assert_eq!((report.accepted.len(), report.rejected.len()), (0, 1), "{report:?}");
    let reason = report.rejected.remove(0).reasons.remove(0);
    (reason.code.to_owned(), reason.message)
}

fn text() -> Vec<u8> {
    hello("1.0").0.bytes
}

#[test]
fn a_key_that_its_owner_has_revoked() {
    let (world, gnupg) = (World::real(), Gnupg::new());
    let key = gnupg.make_key(MADE, "rose@example.org", "ed25519", "never");
    let document = gnupg.clearsign(TODAY, &key, &text(), &[]);
    gnupg.revoke(TODAY, &key);
    let (code, message) = refusal(&world, &key, document, gnupg.export(TODAY, &key));
    assert_eq!(code, "signature.revoked-key");
    assert!(message.contains(&key), "{message}");
}

#[test]
fn a_signature_that_is_dated_in_the_future() {
    let (world, gnupg) = (World::real(), Gnupg::new());
    let key = gnupg.make_key(MADE, "rose@example.org", "ed25519", "never");
    let document = gnupg.clearsign(TODAY.plus(86_400), &key, &text(), &[]);
    let (code, _) = refusal(&world, &key, document, gnupg.export(TODAY, &key));
    assert_eq!(code, "signature.not-yet-valid");
}

#[test]
fn a_signature_that_was_to_hold_for_a_while_only() {
    let (world, gnupg) = (World::real(), Gnupg::new());
    let key = gnupg.make_key(MADE, "rose@example.org", "ed25519", "never");
    let document = gnupg.clearsign(MADE, &key, &text(), &["--default-sig-expire", "seconds=3600"]);
    let (code, _) = refusal(&world, &key, document, gnupg.export(TODAY, &key));
    assert_eq!(code, "signature.expired");
}

#[test]
fn a_signature_with_a_digest_that_can_be_forged() {
    let (world, gnupg) = (World::real(), Gnupg::new());
    let key = gnupg.make_key(MADE, "rose@example.org", "rsa2048", "never");
    let weak = ["--digest-algo", "SHA1", "--allow-weak-digest-algos"];
    let document = gnupg.clearsign(TODAY, &key, &text(), &weak);
    let (code, message) = refusal(&world, &key, document, gnupg.export(TODAY, &key));
    assert_eq!(code, "signature.weak-digest");
    assert!(message.contains("SHA1"), "{message}");
}

#[test]
fn a_key_that_is_not_for_signing_any_more() {
    let (world, gnupg) = (World::real(), Gnupg::new());
    let key = gnupg.make_key(MADE, "rose@example.org", "rsa2048", "never");
    gnupg.toggle_usage(MADE.plus(1), &key, "s");
    let public = gnupg.export(TODAY, &key);
    gnupg.toggle_usage(MADE.plus(2), &key, "s");
    let document = gnupg.clearsign(TODAY, &key, &text(), &[]);
    let (code, message) = refusal(&world, &key, document, public);
    assert_eq!(code, "signature.unusable-key");
    assert!(message.contains("not meant for signing"), "{message}");
}
