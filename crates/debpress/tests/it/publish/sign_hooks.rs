//! Programs that sign in place of the keys that debpress knows.

use debpress::adapters::memory::openpgp::{MemoryKey, MemorySigner};
use debpress::model::custom::CustomType;
use debpress::ports::hooks::SignMode;
use debpress::ports::signer::Signer;
use debpress::publish::PublishError;

use super::world::{START, World, on_both};

fn hardware() -> MemoryKey {
    MemoryKey::new("Hardware <hsm@example.org>", START)
}

/// A hook that signs with a key of its own, in the ways that are asked for.
fn signing(w: &World, modes: &'static [SignMode]) {
    let signer = MemorySigner::new(vec![hardware()]);
    w.hooks.sign_with(move |request| {
        let at = START;
        modes.contains(&request.mode).then(|| match request.mode {
            SignMode::Clear => signer.clear_sign(request.text, at).unwrap(),
            SignMode::Detached => signer.detach_sign(request.text, at).unwrap(),
        })
    });
}

const BOTH: &[SignMode] = &[SignMode::Clear, SignMode::Detached];

/// A world whose users know the key of the hook.
fn known(w: &mut World) {
    w.keys.given = Some(MemorySigner::new(vec![hardware()]).public_keys().unwrap());
    w.add("stable", "hello", "1.0", "amd64");
}

fn refused(w: &World) -> String {
    let error = w.try_publish(&w.select()).unwrap_err();
    assert!(matches!(error, PublishError::Sign { .. } | PublishError::Hook { .. }), "{error}");
    assert!(!w.files().contains("dists"), "nothing is seen: {}", w.files());
    let source = std::error::Error::source(&error).unwrap();
    source.to_string()
}

#[test]
fn what_hooks_sign_is_published_and_no_key_of_debpress_signs() {
    on_both(|mut w| {
        known(&mut w);
        signing(&w, BOTH);
        let report = w.publish();
        assert_eq!(report.suites[0].signed_by.as_deref(), Some("sign.d"));
        assert_eq!(report.warnings, [""; 0]);
        let text = w.text("stable", "Release");
        let clear = MemorySigner::new(vec![hardware()]).clear_sign(text.as_bytes(), START).unwrap();
        assert_eq!(w.text("stable", "InRelease").as_bytes(), clear);
        assert!(w.files().contains("dists/stable/Release.gpg"));
        assert_eq!(w.publish().unchanged, 1);
    });
}

#[test]
fn one_signature_is_enough() {
    on_both(|mut w| {
        known(&mut w);
        signing(&w, &[SignMode::Detached]);
        w.publish();
        assert!(w.files().contains("dists/stable/Release.gpg") && !w.files().contains("InRelease"));
        w.add("stable", "hello", "2.0", "amd64");
        w.publish_later();
        assert!(w.files().contains("dists/stable/Release.gpg") && !w.files().contains(".staged"));
    });
}

#[test]
fn where_hooks_leave_nothing_the_keys_sign_and_without_any_that_is_said() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        signing(&w, &[]);
        let report = w.publish();
        assert!(report.suites[0].signed_by.as_ref().unwrap().contains("key"), "{report:?}");
        w.keys.site = None;
        w.add("stable", "hello", "2.0", "amd64");
        let report = w.publish_later();
        assert_eq!(report.suites[0].signed_by, None);
        assert!(report.warnings[0].contains("published unsigned"), "{report:?}");
        assert!(!w.files().contains("InRelease"));
    });
}

#[test]
fn a_signature_that_users_would_not_believe_is_not_published() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        signing(&w, BOTH);
        assert!(refused(&w).contains("users with keys/archive-key.asc do not believe InRelease"));
    });
}

#[test]
fn a_signature_of_another_text_is_not_published() {
    on_both(|mut w| {
        known(&mut w);
        let signer = MemorySigner::new(vec![hardware()]);
        w.hooks.sign_with(move |request| {
            let other = [b"Extra: here\n", request.text].concat();
            (request.mode == SignMode::Clear).then(|| signer.clear_sign(&other, START).unwrap())
        });
        assert!(refused(&w).contains("sign.d has signed another text"));
        // Nobody needs a certificate to see that.
        w.keys.site = None;
        w.keys.given = None;
        assert!(refused(&w).contains("sign.d has signed another text"));
        w.hooks.sign_with(|_| Some(Vec::new()));
        assert!(refused(&w).contains("sign.d has left an empty signature of InRelease"));
        w.hooks.fail(Some("sign.d"));
        assert!(refused(&w).contains("sign.d/10-fails ended with status 1"));
    });
}

#[test]
fn without_a_known_key_it_is_published_and_that_is_said() {
    on_both(|mut w| {
        w.keys.site = None;
        w.add("stable", "hello", "1.0", "amd64");
        signing(&w, BOTH);
        let warnings = w.publish().warnings;
        assert!(warnings[0].contains("nobody has checked that users believe it"), "{warnings:?}");
        assert!(w.files().contains("InRelease"));
    });
}

#[test]
fn custom_files_are_signed_by_hooks_too() {
    on_both(|mut w| {
        known(&mut w);
        w.keys.site = None;
        signing(&w, BOTH);
        let tar = crate::support::custom::installer("20230607");
        w.upload("stable", CustomType::DebianInstaller, &tar);
        w.publish();
        assert!(w.files().contains("SHA256SUMS.gpg"), "{}", w.files());
    });
}
