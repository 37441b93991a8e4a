//! What every signer and verifier must do: each story runs on the real adapter and on its twin in memory.

use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner, MemoryVerifier};
use debpress::adapters::openpgp::{KeySpec, SequoiaSigner, SequoiaVerifier, apply_revocation};
use debpress::model::time::Timestamp;
use debpress::ports::signer::{SignError, Signer};
use debpress::ports::verifier::{JudgeAt, KeyError, Verifier, VerifyError, VerifyPolicy};
use proptest::prelude::*;

const DAY: i64 = 86_400;
/// 2026-06-01T00:00:00Z, when every key of these stories is made.
const MADE: Timestamp = Timestamp(1_780_272_000);
/// The next day, when things are signed and judged.
const TODAY: Timestamp = Timestamp(MADE.0 + DAY);
const TEXT: &[u8] = b"Origin: Example\nSuite: noble\n- a line with a dash\nFrom here\n\nthe end\n";

/// A key in all its forms.
struct Key {
    secret: Vec<u8>,
    public: Vec<u8>,
    revoked: Vec<u8>,
    fingerprint: String,
}

type SignerResult = Result<Box<dyn Signer>, SignError>;

/// One implementation of both ports.
struct Kit {
    key: fn(&str, Option<u32>) -> Key,
    signer: fn(&[&[u8]]) -> SignerResult,
    verifier: fn(VerifyPolicy) -> Box<dyn Verifier>,
}

const SEQUOIA: Kit = Kit {
    key: |user_id, validity| {
        let spec = KeySpec::new(user_id, MADE);
        let key = validity.map_or(spec.clone(), |seconds| spec.valid_for(seconds)).generate().unwrap();
        let revoked = apply_revocation(&key.public, &key.revocation).unwrap();
        Key { secret: key.secret, public: key.public, revoked, fingerprint: key.fingerprint }
    },
    signer: |secrets| Ok(Box::new(SequoiaSigner::from_armoured_secrets(secrets)?)),
    verifier: |policy| Box::new(SequoiaVerifier::new(policy)),
};

const MEMORY: Kit = Kit {
    key: |user_id, validity| {
        let key = MemoryKey::new(user_id, MADE);
        let key = validity.map_or(key.clone(), |seconds| key.valid_for(seconds.into()));
        Key {
            secret: key.secret(),
            public: key.public(),
            revoked: key.clone().revoked().public(),
            fingerprint: key.fingerprint().to_owned(),
        }
    },
    signer: |secrets| Ok(Box::new(MemorySigner::from_secrets(secrets)?)),
    verifier: |policy| Box::new(MemoryVerifier::new(policy)),
};

impl Kit {
    fn alice(&self) -> Key {
        (self.key)("Alice <alice@example.org>", None)
    }

    fn signer(&self, secrets: &[&[u8]]) -> Box<dyn Signer> {
        (self.signer)(secrets).unwrap()
    }

    fn strict(&self) -> Box<dyn Verifier> {
        (self.verifier)(VerifyPolicy::default())
    }

    /// `TEXT` as signed in place by this key today.
    fn signed(&self, key: &Key) -> Vec<u8> {
        self.signer(&[&key.secret]).clear_sign(TEXT, TODAY).unwrap()
    }

    /// The refusal of a document that only `key` may have signed.
    #[track_caller]
    fn refusal(&self, document: &[u8], key: &Key) -> VerifyError {
        self.strict().verify_clearsigned(document, &[&key.public], TODAY).unwrap_err()
    }
}

/// Runs each story on both implementations.
macro_rules! contract {
    ($($story:ident),* $(,)?) => {
        mod sequoia { $(#[test] fn $story() { super::$story(&super::SEQUOIA); })* }
        mod memory { $(#[test] fn $story() { super::$story(&super::MEMORY); })* }
    };
}

contract![
    a_text_signed_in_place_is_read_back_whole,
    a_detached_signature_fits_its_own_text_only,
    several_keys_sign_together_and_each_is_enough,
    a_key_refuses_to_sign_outside_its_life,
    a_carriage_return_is_not_signed_in_place,
    only_a_secret_key_makes_a_signer,
    the_public_keys_of_a_signer_are_what_a_verifier_reads,
    certificates_are_described,
    secret_keys_are_refused_as_certificates,
    a_document_without_a_signature_is_refused,
    text_outside_the_signed_part_is_refused,
    a_changed_document_is_refused,
    a_text_has_one_form_whatever_its_line_ends,
    a_cut_document_is_refused,
    an_unknown_key_is_named,
    an_expired_key_is_refused_now_but_not_for_its_own_time,
    a_revoked_key_is_refused,
    clocks_may_differ_a_little,
    any_text_survives_signing,
];

fn a_text_signed_in_place_is_read_back_whole(kit: &Kit) {
    let alice = kit.alice();
    let document = kit.signed(&alice);
    let verified = kit.strict().verify_clearsigned(&document, &[&alice.public], TODAY).unwrap();
    assert_eq!(String::from_utf8_lossy(&verified.payload), String::from_utf8_lossy(TEXT));
    assert_eq!(verified.fingerprint, alice.fingerprint);
    assert_eq!(verified.signed_at, TODAY);
    // Readers without OpenPGP see the same lines, apart from the escaped dash.
    let shown = String::from_utf8(document).unwrap();
    assert!(
        shown.contains(
            "\n\nOrigin: Example\nSuite: noble\n- - a line with a dash\nFrom here\n\nthe end\n-----"
        )
    );
}

fn a_detached_signature_fits_its_own_text_only(kit: &Kit) {
    let alice = kit.alice();
    let signature = kit.signer(&[&alice.secret]).detach_sign(TEXT, TODAY).unwrap();
    assert!(signature.starts_with(b"-----BEGIN PGP SIGNATURE-----\n"));
    let verified = kit.strict().verify_detached(TEXT, &signature, &[&alice.public], TODAY).unwrap();
    assert_eq!(verified.payload, TEXT);
    assert_eq!((verified.fingerprint.as_str(), verified.signed_at), (alice.fingerprint.as_str(), TODAY));
    let bad = kit.strict().verify_detached(b"other", &signature, &[&alice.public], TODAY).unwrap_err();
    assert_eq!(bad, VerifyError::BadSignature { fingerprint: Some(alice.fingerprint.clone()) });
    for nothing in [&b""[..], b"\n \n"] {
        let missing = kit.strict().verify_detached(TEXT, nothing, &[&alice.public], TODAY).unwrap_err();
        assert_eq!(missing.code(), "signature.missing");
    }
    let garbage = kit.strict().verify_detached(TEXT, b"garbage", &[&alice.public], TODAY).unwrap_err();
    assert_eq!(garbage.code(), "signature.malformed");
}

fn several_keys_sign_together_and_each_is_enough(kit: &Kit) {
    let (old, new) = ((kit.key)("Old", None), (kit.key)("New", None));
    let signer = kit.signer(&[&old.secret, &new.secret]);
    assert_eq!(signer.fingerprints(), [old.fingerprint.clone(), new.fingerprint.clone()]);
    assert!(signer.name().contains(&old.fingerprint) && signer.name().contains(&new.fingerprint));
    let (document, signature) =
        (signer.clear_sign(TEXT, TODAY).unwrap(), signer.detach_sign(TEXT, TODAY).unwrap());
    for key in [&old, &new] {
        let clear = kit.strict().verify_clearsigned(&document, &[&key.public], TODAY).unwrap();
        let detached = kit.strict().verify_detached(TEXT, &signature, &[&key.public], TODAY).unwrap();
        assert_eq!((&clear.fingerprint, &detached.fingerprint), (&key.fingerprint, &key.fingerprint));
    }
}

fn a_key_refuses_to_sign_outside_its_life(kit: &Kit) {
    let key = (kit.key)("Short", Some(3600));
    let signer = kit.signer(&[&key.secret]);
    let early = signer.detach_sign(TEXT, Timestamp(MADE.0 - 1)).unwrap_err();
    assert!(matches!(early, SignError::KeyNotYetValid { created, .. } if created == MADE), "{early}");
    assert!(signer.detach_sign(TEXT, MADE).is_ok());
    assert!(signer.detach_sign(TEXT, Timestamp(MADE.0 + 3599)).is_ok());
    let end = Timestamp(MADE.0 + 3600);
    let late = signer.clear_sign(TEXT, end).unwrap_err();
    assert!(matches!(&late, SignError::KeyExpired { expired, .. } if *expired == end), "{late}");
    assert!(late.to_string().contains(&key.fingerprint));
    // Half a signature is none: one dead key stops all.
    let both = kit.signer(&[&kit.alice().secret, &key.secret]);
    assert!(both.clear_sign(TEXT, end).is_err());
}

fn a_carriage_return_is_not_signed_in_place(kit: &Kit) {
    let signer = kit.signer(&[&kit.alice().secret]);
    let refused = signer.clear_sign(b"one\ntwo\r\nthree\n", TODAY).unwrap_err();
    assert!(matches!(refused, SignError::UnsignableText { line: 2 }), "{refused}");
    assert!(signer.detach_sign(b"one\ntwo\r\nthree\n", TODAY).is_ok());
}

fn only_a_secret_key_makes_a_signer(kit: &Kit) {
    for bytes in [&b""[..], b"garbage"] {
        let Err(error) = (kit.signer)(&[bytes]) else { panic!("a signer of nothing") };
        assert!(matches!(error, SignError::UnreadableKey { .. }), "{error}");
    }
}

fn the_public_keys_of_a_signer_are_what_a_verifier_reads(kit: &Kit) {
    let (old, new) = ((kit.key)("Old", None), (kit.key)("New", None));
    let ring = kit.signer(&[&old.secret, &new.secret]).public_keys().unwrap();
    let keys = kit.strict().read_keys(&ring).unwrap();
    let read: Vec<String> = keys.iter().map(|key| key.fingerprint.clone()).collect();
    assert_eq!(read, [old.fingerprint.clone(), new.fingerprint.clone()]);
    // A whole ring serves as one entry of `keys`.
    let document = kit.signed(&new);
    let verified = kit.strict().verify_clearsigned(&document, &[&ring], TODAY).unwrap();
    assert_eq!(verified.fingerprint, new.fingerprint);
}

fn certificates_are_described(kit: &Kit) {
    let key = (kit.key)("Alice <alice@example.org>", Some(3600));
    let [public] = <[_; 1]>::try_from(kit.strict().read_keys(&key.public).unwrap()).unwrap();
    assert_eq!(public.fingerprint, key.fingerprint);
    assert_eq!(public.user_ids, ["Alice <alice@example.org>"]);
    assert_eq!(
        (public.created, public.expires, public.revoked),
        (MADE, Some(Timestamp(MADE.0 + 3600)), false)
    );
    // What is stored reads back as the same key.
    assert_eq!(kit.strict().read_keys(&public.armoured).unwrap(), [public]);
    let revoked = kit.strict().read_keys(&key.revoked).unwrap();
    assert!(revoked.iter().all(|key| key.revoked));
    let unlimited = kit.strict().read_keys(&kit.alice().public).unwrap();
    assert_eq!(unlimited.iter().map(|key| key.expires).collect::<Vec<_>>(), [None]);
}

fn secret_keys_are_refused_as_certificates(kit: &Kit) {
    let alice = kit.alice();
    let refused = kit.strict().read_keys(&alice.secret).unwrap_err();
    assert_eq!(refused, KeyError::Secret { key: alice.fingerprint });
    assert_eq!(kit.strict().read_keys(b" \n").unwrap_err(), KeyError::NoKeys);
    let garbage = kit.strict().read_keys(b"not a key at all").unwrap_err();
    assert!(matches!(garbage, KeyError::Malformed { .. }), "{garbage}");
}

fn a_document_without_a_signature_is_refused(kit: &Kit) {
    for document in [&b""[..], b"\n\n", TEXT] {
        assert_eq!(kit.refusal(document, &kit.alice()), VerifyError::Unsigned);
    }
}

fn text_outside_the_signed_part_is_refused(kit: &Kit) {
    let alice = kit.alice();
    let document = String::from_utf8(kit.signed(&alice)).unwrap();
    let after = document.lines().count() + 2;
    let forged = [
        (format!("Suite: evil\n{document}"), 1),
        (format!("\n\n Suite: evil\n{document}"), 3),
        (format!("{document}\nSuite: evil\n"), after),
        (format!("{document}\n{document}"), after),
        (document.replacen("\nHash: SHA512\n", "\nHash: SHA512\nSuite: evil\n", 1), 3),
    ];
    for (text, line) in forged {
        assert_eq!(kit.refusal(text.as_bytes(), &alice), VerifyError::TextOutside { line }, "{text}");
    }
    // Blank lines mean nothing and survive many mail programs.
    let padded = format!("\n{document}\n \n");
    assert!(kit.strict().verify_clearsigned(padded.as_bytes(), &[&alice.public], TODAY).is_ok());
}

fn a_changed_document_is_refused(kit: &Kit) {
    let alice = kit.alice();
    let document = String::from_utf8(kit.signed(&alice)).unwrap();
    let changes =
        [("noble", "nobly"), ("\nthe end\n", "\nthe end\nmore\n"), ("the end\n", ""), ("From", "from")];
    for (old, new) in changes {
        let changed = document.replacen(old, new, 1);
        let expected = VerifyError::BadSignature { fingerprint: Some(alice.fingerprint.clone()) };
        assert_eq!(kit.refusal(changed.as_bytes(), &alice), expected, "{old} -> {new}");
    }
}

/// A signature covers no line ends, so that without this anybody could make many texts out of one that somebody has signed:
/// other hashes, or with a CR for a LF other fields.
fn a_text_has_one_form_whatever_its_line_ends(kit: &Kit) {
    let alice = kit.alice();
    let document = String::from_utf8(kit.signed(&alice)).unwrap();
    for end in ["\r\n", " \n", " \t \r\n"] {
        let other = document.replacen("Origin: Example\n", &format!("Origin: Example{end}"), 1);
        let verified = kit.strict().verify_clearsigned(other.as_bytes(), &[&alice.public], TODAY).unwrap();
        assert_eq!(verified.payload, TEXT, "{end:?}");
    }
    for end in ["\r", "\r\r\n", "\r \n"] {
        let other = document.replacen("Origin: Example\n", &format!("Origin: Example{end}"), 1);
        let refusal = kit.refusal(other.as_bytes(), &alice);
        assert!(
            matches!(&refusal, VerifyError::Malformed { reason } if reason.contains("line 4 ")),
            "{end:?}: {refusal:?}"
        );
    }
}

fn a_cut_document_is_refused(kit: &Kit) {
    let alice = kit.alice();
    let document = kit.signed(&alice);
    // Without its last line end the document is still whole.
    for length in (0..document.len() - 1).step_by(7) {
        let refusal = kit.refusal(&document[..length], &alice);
        assert!(
            ["signature.missing", "signature.malformed"].contains(&refusal.code()),
            "{length}: {refusal:?}"
        );
    }
}

fn an_unknown_key_is_named(kit: &Kit) {
    let (alice, eve) = (kit.alice(), (kit.key)("Eve", None));
    let refusal = kit.refusal(&kit.signed(&eve), &alice);
    assert_eq!(refusal, VerifyError::UnknownKey { key: eve.fingerprint.clone() });
    let nobody = kit.strict().verify_clearsigned(&kit.signed(&eve), &[], TODAY).unwrap_err();
    assert_eq!(nobody.code(), "signature.unknown-key");
}

fn an_expired_key_is_refused_now_but_not_for_its_own_time(kit: &Kit) {
    let key = (kit.key)("Short", Some(u32::try_from(2 * DAY).unwrap()));
    let document = kit.signed(&key);
    let (expired, later) = (Timestamp(MADE.0 + 2 * DAY), Timestamp(MADE.0 + 30 * DAY));
    assert!(kit.strict().verify_clearsigned(&document, &[&key.public], TODAY).is_ok());
    let refusal = kit.strict().verify_clearsigned(&document, &[&key.public], later).unwrap_err();
    assert_eq!(refusal, VerifyError::Expired { fingerprint: key.fingerprint.clone(), expired });
    let lenient = (kit.verifier)(VerifyPolicy { judge: JudgeAt::SignatureTime, ..VerifyPolicy::default() });
    let verified = lenient.verify_clearsigned(&document, &[&key.public], later).unwrap();
    assert_eq!(verified.signed_at, TODAY);
}

fn a_revoked_key_is_refused(kit: &Kit) {
    let alice = kit.alice();
    let document = kit.signed(&alice);
    // The owner gave no harmless reason, so even old signatures are worth nothing.
    for judge in [JudgeAt::Now, JudgeAt::SignatureTime] {
        let verifier = (kit.verifier)(VerifyPolicy { judge, ..VerifyPolicy::default() });
        let refusal = verifier.verify_clearsigned(&document, &[&alice.revoked], TODAY).unwrap_err();
        assert_eq!(refusal, VerifyError::Revoked { fingerprint: alice.fingerprint.clone() });
    }
}

fn clocks_may_differ_a_little(kit: &Kit) {
    let alice = kit.alice();
    let document = kit.signed(&alice);
    let judged =
        |early: i64| kit.strict().verify_clearsigned(&document, &[&alice.public], Timestamp(TODAY.0 - early));
    assert!(judged(300).is_ok());
    let refusal = judged(301).unwrap_err();
    let fingerprint = alice.fingerprint.clone();
    assert_eq!(
        refusal,
        VerifyError::NotYetValid { fingerprint, what: "the signature", made: TODAY, matches: true }
    );
}

fn any_text_survives_signing(kit: &Kit) {
    let alice = kit.alice();
    let (signer, verifier) = (kit.signer(&[&alice.secret]), kit.strict());
    let line = prop_oneof!["[ -~\t]{0,40}", "-{1,6}[A-Z ]{0,30}", "[\\PC]{0,20}", Just(String::new())];
    let text = prop::collection::vec(line, 1..12).prop_map(|lines| lines.join("\n") + "\n");
    proptest!(ProptestConfig::with_cases(64), |(text in text)| {
        let document = signer.clear_sign(text.as_bytes(), TODAY).unwrap();
        let verified = verifier.verify_clearsigned(&document, &[&alice.public], TODAY);
        let payload = String::from_utf8(verified.unwrap().payload).unwrap();
        // Blanks at line ends are not signed (RFC 9580 section 7.2).
        let expected: String = text.lines().map(|line| line.trim_end_matches([' ', '\t']).to_owned() + "\n").collect();
        prop_assert_eq!(payload, expected);
    });
}
