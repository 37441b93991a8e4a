//! GnuPG as the oracle: what we sign it accepts, what it signs we accept, and what is wrong we both refuse.

use debpress::adapters::openpgp::{KeySpec, SequoiaSigner, SequoiaVerifier};
use debpress::model::time::Timestamp;
use debpress::ports::signer::{SignError, Signer};
use debpress::ports::verifier::{JudgeAt, KeyError, Verified, Verifier, VerifyError, VerifyPolicy};
use sequoia_openpgp::armor;
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{Key4, PrimaryRole};
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::serialize::{Serialize, SerializeInto};
use sequoia_openpgp::{Packet, PacketPile};

use crate::support::gnupg::Gnupg;

const DAY: i64 = 86_400;
/// 2026-06-01T00:00:00Z, when keys are made.
const MADE: Timestamp = Timestamp(1_780_272_000);
const TODAY: Timestamp = Timestamp(MADE.0 + DAY);
const TEXT: &[u8] = b"Origin: Example\nSuite: noble\n- dash\nblanks  \nFrom here\n\nthe end\n";
/// What a cleartext signature of `TEXT` covers.
const SIGNED: &[u8] = b"Origin: Example\nSuite: noble\n- dash\nblanks\nFrom here\n\nthe end\n";

fn verify(document: &[u8], public: &[u8], at: Timestamp) -> Result<Verified, VerifyError> {
    SequoiaVerifier::default().verify_clearsigned(document, &[public], at)
}

#[test]
fn gpgv_accepts_our_inrelease_and_release_gpg() {
    let primary = KeySpec::new("Primary <p@example.org>", MADE).generate().unwrap();
    let subkey = KeySpec::new("Subkey <s@example.org>", MADE).with_signing_subkey().generate().unwrap();
    let alone = [vec![&primary], vec![&subkey], vec![&primary, &subkey]];
    for keys in alone {
        let gnupg = Gnupg::new();
        let secrets: Vec<&[u8]> = keys.iter().map(|key| key.secret.as_slice()).collect();
        let signer = SequoiaSigner::from_armoured_secrets(&secrets).unwrap();
        let keyring = gnupg.keyring(&signer.public_keys().unwrap());
        gnupg.write("InRelease", &signer.clear_sign(TEXT, TODAY).unwrap());
        gnupg.write("Release.gpg", &signer.detach_sign(TEXT, TODAY).unwrap());
        gnupg.write("Release", TEXT);

        let clear = gnupg.gpgv(&keyring, &["--output", "-", "InRelease"]);
        let said = String::from_utf8_lossy(&clear.stderr);
        assert!(clear.status.success(), "{said}");
        assert_eq!(said.matches("Good signature").count(), keys.len(), "{said}");
        assert_eq!(String::from_utf8_lossy(&clear.stdout), String::from_utf8_lossy(SIGNED));

        let detached = gnupg.gpgv(&keyring, &["Release.gpg", "Release"]);
        let said = String::from_utf8_lossy(&detached.stderr);
        assert!(detached.status.success(), "{said}");
        assert_eq!(said.matches("Good signature").count(), keys.len(), "{said}");

        gnupg.write("Release", b"Suite: other\n");
        assert!(!gnupg.gpgv(&keyring, &["Release.gpg", "Release"]).status.success());
    }
}

#[test]
fn gpg_reads_our_secret_key_and_we_read_its_signatures() {
    let key = KeySpec::new("Moved <m@example.org>", MADE).generate().unwrap();
    let gnupg = Gnupg::new();
    let path = gnupg.write("secret.asc", &key.secret);
    gnupg.gpg(TODAY, &["--import", path.to_str().unwrap()]);
    let document = gnupg.clearsign(TODAY, &key.fingerprint, TEXT, &[]);
    assert_eq!(verify(&document, &key.public, TODAY).unwrap().fingerprint, key.fingerprint);
}

#[test]
fn signatures_of_gpg_are_accepted_whatever_the_algorithm() {
    let gnupg = Gnupg::new();
    for algorithm in ["rsa3072", "ed25519", "nistp256"] {
        let user_id = format!("{algorithm}@example.org");
        let fingerprint = gnupg.make_key(MADE, &user_id, algorithm, "never");
        let public = gnupg.export(TODAY, &fingerprint);
        let document = gnupg.clearsign(TODAY, &fingerprint, TEXT, &[]);
        let verified = verify(&document, &public, TODAY).unwrap();
        assert_eq!(String::from_utf8_lossy(&verified.payload), String::from_utf8_lossy(SIGNED));
        assert_eq!((verified.fingerprint, verified.signed_at), (fingerprint.clone(), TODAY));

        // dput from a machine with other line ends.
        let dos = String::from_utf8(document.clone()).unwrap().replace('\n', "\r\n");
        assert!(verify(dos.as_bytes(), &public, TODAY).is_ok());

        let changed = String::from_utf8(document).unwrap().replace("noble", "nobly");
        let refusal = verify(changed.as_bytes(), &public, TODAY).unwrap_err();
        assert_eq!(refusal, VerifyError::BadSignature { fingerprint: Some(fingerprint) });
    }
}

#[test]
fn binary_and_armoured_detached_signatures_of_gpg_are_accepted() {
    let gnupg = Gnupg::new();
    let key = gnupg.make_key(MADE, "alice@example.org", "ed25519", "never");
    let public = gnupg.export(TODAY, &key);
    let path = gnupg.write("file", TEXT);
    for armour in ["--armor", "--no-armor"] {
        let arguments = [armour, "--output", "-", "--detach-sign", path.to_str().unwrap()];
        let signature = gnupg.gpg(TODAY, &arguments);
        let verifier = SequoiaVerifier::default();
        assert_eq!(verifier.verify_detached(TEXT, &signature, &[&public], TODAY).unwrap().fingerprint, key);
        let other = verifier.verify_detached(b"other", &signature, &[&public], TODAY).unwrap_err();
        assert_eq!(other.code(), "signature.bad");
    }
}

#[test]
fn weak_digests_are_refused() {
    let gnupg = Gnupg::new();
    let key = gnupg.make_key(MADE, "alice@example.org", "rsa2048", "never");
    let public = gnupg.export(TODAY, &key);
    for (digest, name) in [("SHA1", "SHA1"), ("RIPEMD160", "RIPEMD160"), ("MD5", "MD5")] {
        let options = ["--digest-algo", digest, "--allow-weak-digest-algos"];
        let document = gnupg.clearsign(TODAY, &key, TEXT, &options);
        let refusal = verify(&document, &public, TODAY).unwrap_err();
        assert_eq!(refusal, VerifyError::WeakDigest { algorithm: name.to_owned() });
    }
    let document = gnupg.clearsign(TODAY, &key, TEXT, &["--digest-algo", "SHA256"]);
    assert!(verify(&document, &public, TODAY).is_ok());
}

#[test]
fn a_subkey_signs_for_its_primary_key_until_it_is_revoked() {
    let gnupg = Gnupg::new();
    let primary = gnupg.make_key(MADE, "alice@example.org", "ed25519", "never");
    gnupg.gpg(MADE, &["--quick-add-key", &primary, "ed25519", "sign", "2026-07-01"]);
    let public = gnupg.export(TODAY, &primary);
    let document = gnupg.clearsign(TODAY, &primary, TEXT, &[]);
    let verified = verify(&document, &public, TODAY).unwrap();
    assert_eq!(verified.fingerprint, primary);

    // The subkey expires although the primary key does not: only a subkey can have signed.
    let later = Timestamp(MADE.0 + 60 * DAY);
    let refusal = verify(&document, &public, later).unwrap_err();
    assert!(matches!(refusal, VerifyError::Expired { expired, .. } if expired < later), "{refusal}");
}

#[test]
fn expired_and_revoked_keys_of_gpg_are_refused() {
    let gnupg = Gnupg::new();
    let key = gnupg.make_key(MADE, "alice@example.org", "ed25519", "2026-06-10");
    let document = gnupg.clearsign(TODAY, &key, TEXT, &[]);
    let public = gnupg.export(TODAY, &key);
    let later = Timestamp(MADE.0 + 30 * DAY);
    assert!(verify(&document, &public, TODAY).is_ok());
    assert_eq!(verify(&document, &public, later).unwrap_err().code(), "signature.expired-key");

    gnupg.revoke(TODAY, &key);
    let revoked = gnupg.export(TODAY, &key);
    assert_eq!(verify(&document, &revoked, TODAY).unwrap_err(), VerifyError::Revoked { fingerprint: key });
}

#[test]
fn a_renewed_key_still_vouches_for_what_it_signed_before() {
    let gnupg = Gnupg::new();
    let key = gnupg.make_key(MADE, "alice@example.org", "ed25519", "2026-06-10");
    let document = gnupg.clearsign(TODAY, &key, TEXT, &[]);
    let renewed_at = Timestamp(MADE.0 + 40 * DAY);
    gnupg.gpg(renewed_at, &["--quick-set-expire", &key, "2027-06-01"]);
    // The public key that key servers and keyrings carry: the newest self-signature only.
    let options = ["--export-options", "export-minimal", "--armor", "--export", key.as_str()];
    let minimal = gnupg.gpg(renewed_at, &options);
    for judge in [JudgeAt::Now, JudgeAt::SignatureTime] {
        let verifier = SequoiaVerifier::new(VerifyPolicy { judge, ..VerifyPolicy::default() });
        let verified = verifier.verify_clearsigned(&document, &[&minimal], renewed_at).unwrap();
        assert_eq!(verified.signed_at, TODAY);
    }
}

#[test]
fn one_known_signature_is_enough_but_a_wrong_one_spoils_it() {
    let (alice, bob) = (
        KeySpec::new("Alice", MADE).generate().unwrap(),
        KeySpec::new("Bob", MADE).with_signing_subkey().generate().unwrap(),
    );
    let detached = |secret: &[u8], text: &[u8]| {
        SequoiaSigner::from_armoured_secret(secret).unwrap().detach_sign(text, TODAY).unwrap()
    };
    let good = detached(&alice.secret, TEXT);
    let wrong = detached(&bob.secret, b"something else\n");
    let verifier = SequoiaVerifier::default();
    for order in [[&good, &wrong], [&wrong, &good]] {
        let both = join(&order);
        let known = verifier.verify_detached(TEXT, &both, &[&alice.public], TODAY).unwrap();
        assert_eq!(known.fingerprint, alice.fingerprint);
        let refusal =
            verifier.verify_detached(TEXT, &both, &[&alice.public, &bob.public], TODAY).unwrap_err();
        assert_eq!(refusal, VerifyError::BadSignature { fingerprint: Some(bob.fingerprint.clone()) });
    }
    // A flood of signatures costs the sender nothing; we do not pay for it either.
    let flood = join(&[&good; 33]);
    assert_eq!(
        verifier.verify_detached(TEXT, &flood, &[&alice.public], TODAY).unwrap_err().code(),
        "signature.malformed"
    );
}

/// One armoured block that holds the signatures of all `blocks`.
fn join(blocks: &[&Vec<u8>]) -> Vec<u8> {
    let mut writer = armor::Writer::new(Vec::new(), armor::Kind::Signature).unwrap();
    for block in blocks {
        for packet in PacketPile::from_bytes(block.as_slice()).unwrap().children() {
            assert!(matches!(packet, Packet::Signature(_)));
            packet.serialize(&mut writer).unwrap();
        }
    }
    writer.finalize().unwrap()
}

#[test]
fn an_inline_signed_message_is_not_a_cleartext_document() {
    let gnupg = Gnupg::new();
    let key = gnupg.make_key(MADE, "alice@example.org", "ed25519", "never");
    let path = gnupg.write("file", TEXT);
    let message = gnupg.gpg(TODAY, &["--armor", "--output", "-", "--sign", path.to_str().unwrap()]);
    let refusal = verify(&message, &gnupg.export(TODAY, &key), TODAY).unwrap_err();
    assert_eq!(refusal, VerifyError::Unsigned);
}

#[test]
fn an_rsa_key_too_large_to_check_is_called_so() {
    let modulus = [0xff; 640];
    let key = Key4::<_, PrimaryRole>::import_public_rsa(&[1, 0, 1], &modulus, None).unwrap();
    let public = Packet::from(Key::from(key)).to_vec().unwrap();
    let refused = SequoiaVerifier::default().read_keys(&public).unwrap_err();
    let KeyError::Unusable { reason, .. } = refused else { panic!("{refused}") };
    assert_eq!(reason, "its RSA modulus of 5120 bits is larger than the 4096 that debpress can check");
}

#[test]
fn secret_keys_that_a_scheduled_job_cannot_use_are_named() {
    let gnupg = Gnupg::new();
    let key = gnupg.make_key(MADE, "alice@example.org", "ed25519", "never");
    let signer = |secret: &[u8]| SequoiaSigner::from_armoured_secret(secret);
    let Err(public) = signer(&gnupg.export(TODAY, &key)) else { panic!("a signer from a public key") };
    assert!(
        matches!(&public, SignError::NoSigningKey { fingerprint, .. } if *fingerprint == key),
        "{public}"
    );

    gnupg.revoke(TODAY, &key);
    let revoked = signer(&gnupg.gpg(TODAY, &["--export-secret-keys", &key])).unwrap();
    let refused = revoked.clear_sign(TEXT, TODAY).unwrap_err();
    assert!(matches!(&refused, SignError::KeyRevoked { fingerprint } if *fingerprint == key), "{refused}");

    let passphrase = ["--passphrase", "sesame"];
    let user_id = "locked@example.org";
    gnupg.gpg(
        MADE,
        &[&passphrase[..], &["--quick-generate-key", user_id, "ed25519", "sign", "never"]].concat(),
    );
    let locked = gnupg.gpg(MADE, &[&passphrase[..], &["--export-secret-keys", user_id]].concat());
    let Err(refused) = signer(&locked) else { panic!("a signer without its passphrase") };
    assert!(matches!(refused, SignError::KeyLocked { .. }), "{refused}");
}

#[test]
fn the_keyring_of_debian_loads() {
    let bytes = std::fs::read("/usr/share/keyrings/debian-keyring.gpg").unwrap();
    let policy = VerifyPolicy { accept_sha1_certificates: true, ..VerifyPolicy::default() };
    let ring = SequoiaVerifier::new(policy).read_keyring(&bytes).unwrap();
    // 895 of 905 in the keyring of 2022.12.24; without SHA-1, 803.
    assert!(ring.keys.len() > 500, "{} usable", ring.keys.len());
    assert!(ring.skipped.len() < 30, "{:#?}", ring.skipped);
    assert!(ring.skipped.iter().all(|key| !key.key.is_empty() && !key.reason.is_empty()));
    assert!(ring.keys.iter().any(|key| key.user_ids.iter().any(|id| id.ends_with("@debian.org>"))));
}
