//! Signing through the real gpg: what it makes is believed by gpgv, by debpress and by apt, and what keeps it from
//! signing is said.

use std::sync::Arc;
use std::time::Duration;

use debfmt::builder::DebBuilder;
use debpress::adapters::gpg::GpgSigner;
use debpress::adapters::openpgp::{JointSigner, KeySpec, SequoiaSigner, SequoiaVerifier};
use debpress::model::signing::Fingerprint;
use debpress::model::time::Timestamp;
use debpress::ports::signer::{SignError, Signer};
use debpress::ports::verifier::Verifier;

use crate::support::apt::Apt;
use crate::support::gnupg::Gnupg;
use crate::support::http::HttpServer;
use crate::support::site::TestSite;

const DAY: i64 = 86_400;
const MADE: Timestamp = Timestamp(1_780_272_000);
const TODAY: Timestamp = Timestamp(MADE.0 + DAY);
const TEXT: &[u8] = b"Origin: Example\nSuite: noble\n- dash\nblanks  \nFrom here\n\nthe end\n";

fn open(gnupg: &Gnupg, key: &str) -> Result<GpgSigner, SignError> {
    GpgSigner::open(Some(gnupg.home().to_owned()), &[Fingerprint::parse(key).unwrap()])
}

#[track_caller]
fn believed_by_all(gnupg: &Gnupg, signer: &dyn Signer, keys: usize) {
    let public = signer.public_keys().unwrap();
    let (clear, detached) =
        (signer.clear_sign(TEXT, TODAY).unwrap(), signer.detach_sign(TEXT, TODAY).unwrap());
    let fingerprints = signer.fingerprints();
    assert_eq!(fingerprints.len(), keys);
    let verifier = SequoiaVerifier::default();
    for key in verifier.read_keys(&public).unwrap() {
        let one = verifier.verify_clearsigned(&clear, &[&key.armoured], TODAY).unwrap();
        let other = verifier.verify_detached(TEXT, &detached, &[&key.armoured], TODAY).unwrap();
        assert!(fingerprints.contains(&one.fingerprint) && one.fingerprint == other.fingerprint);
        assert_eq!((one.signed_at, other.signed_at), (TODAY, TODAY), "the time that it was told");
    }
    let keyring = gnupg.keyring(&public);
    gnupg.write("InRelease", &clear);
    gnupg.write("Release.gpg", &detached);
    gnupg.write("Release", TEXT);
    for arguments in [&["--output", "-", "InRelease"][..], &["Release.gpg", "Release"]] {
        let output = gnupg.gpgv(&keyring, arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert_eq!(said.matches("Good signature").count(), keys, "{said}");
    }
}

#[test]
fn what_gpg_signs_is_believed_alone_and_together_with_a_key_in_a_file() {
    let gnupg = Gnupg::new();
    let held = gnupg.make_key(MADE, "Held <held@example.org>", "ed25519", "never");
    let signer = open(&gnupg, &held).unwrap();
    assert_eq!((signer.name(), signer.fingerprints()), (&*format!("gpg key {held}"), vec![held.clone()]));
    believed_by_all(&gnupg, &signer, 1);
    let key = KeySpec::new("In a file <file@example.org>", MADE).generate().unwrap();
    let file = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    let both = JointSigner::of(vec![Arc::new(file), Arc::new(signer)]).unwrap();
    believed_by_all(&gnupg, both.as_ref(), 2);
    // What verifiers would read otherwise is not signed in place by gpg either.
    assert!(matches!(both.clear_sign(b"a\r\nb\n", TODAY), Err(SignError::UnsignableText { line: 1 })));
}

#[test]
fn what_keeps_gpg_from_signing_is_said() {
    let gnupg = Gnupg::new();
    let nowhere = GpgSigner::open(Some("/nonexistent".into()), &[]).err().unwrap();
    assert!(matches!(nowhere, SignError::NotSetUp { reason } if reason == "/nonexistent is not there"));
    let unknown = open(&gnupg, &"A".repeat(40)).err().unwrap();
    assert!(
        matches!(unknown, SignError::NoSigningKey { reason, .. } if reason.starts_with("gpg does not know it"))
    );

    let short = gnupg.make_key(MADE, "Short <short@example.org>", "ed25519", "2d");
    let signer = open(&gnupg, &short).unwrap();
    assert!(signer.detach_sign(TEXT, TODAY).is_ok());
    let late = signer.detach_sign(TEXT, TODAY.plus(2 * DAY)).unwrap_err();
    assert!(matches!(late, SignError::KeyExpired { .. }), "{late}");

    let elsewhere = Gnupg::new();
    let public = elsewhere.write("public.asc", &gnupg.export(MADE, &short));
    elsewhere.gpg(TODAY, &["--import", public.to_str().unwrap()]);
    let none = open(&elsewhere, &short).unwrap().clear_sign(TEXT, TODAY).unwrap_err();
    assert!(
        matches!(&none, SignError::NoSigningKey { reason, .. } if reason.starts_with("gpg has no secret key")),
        "{none:?}"
    );

    let hasty = open(&gnupg, &short).unwrap().with_timeout(Duration::ZERO);
    let slow = std::error::Error::source(&hasty.detach_sign(TEXT, TODAY).unwrap_err()).unwrap().to_string();
    assert_eq!(slow, "it did not end within 0 seconds");
}

#[test]
fn gpg_never_waits_for_somebody_to_type_a_passphrase() {
    let gnupg = Gnupg::new();
    let clock = MADE.to_string().replace(['-', ':', 'Z'], "") + "!";
    let make =
        ["--batch", "--pinentry-mode=loopback", "--passphrase", "secret", "--faked-system-time", &clock];
    let make = [&make[..], &["--quick-generate-key", "Locked", "ed25519", "sign", "never"]].concat();
    assert!(gnupg.run("gpg", &make).status.success());
    let listing = String::from_utf8(gnupg.gpg(MADE, &["--with-colons", "--list-keys"])).unwrap();
    let key = listing.lines().find(|line| line.starts_with("fpr:")).unwrap().split(':').nth(9).unwrap();
    gnupg.run("gpgconf", &["--kill", "all"]);
    let error = open(&gnupg, key).unwrap().detach_sign(TEXT, TODAY).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.starts_with("it asks for a passphrase or PIN"), "{cause}");
}

/// Makes the site sign with a key that gpg holds.
fn signs_with(site: &TestSite, gnupg: &Gnupg, key: &str, more: &str) {
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let home = gnupg.home().display();
    let wanted = format!("[signing]\ngpg = [\"{key}\"]\ngnupghome = \"{home}\"\n{more}");
    let text = text.replace("optional = false\n", "").replace("[signing]\n", &wanted);
    std::fs::write(path, text).unwrap();
}

#[test]
fn apt_reads_what_gpg_has_signed() {
    let (site, gnupg) = (TestSite::unsigned(&["amd64"]), Gnupg::new());
    let key = gnupg.make_key(Timestamp(site.now() - 60), "Archive <a@example.org>", "rsa3072", "never");
    signs_with(&site, &gnupg, &key, "");
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    assert!(site.publish().stdout.contains(&format!("signed by gpg key {key}")));
    let server = HttpServer::serve(&site.archive());
    let apt = Apt::new("amd64");
    let public = gnupg.write("archive.asc", &gnupg.export(Timestamp(site.now()), &key));
    apt.source(&server.uri(), "stable", &format!("Signed-By: {}", public.display()));
    apt.update();
    apt.get(&["install", "--download-only", "hello"]);
}

#[test]
fn where_gpg_is_not_set_up_nothing_is_switched_unless_that_is_allowed() {
    let (site, gnupg) = (TestSite::unsigned(&["amd64"]), Gnupg::new());
    let key = gnupg.make_key(Timestamp(site.now() - 60), "Archive <a@example.org>", "ed25519", "never");
    signs_with(&site, &gnupg, &key, "");
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let before = site.read("dists/stable/InRelease");
    site.advance(60);
    site.add("stable", &[DebBuilder::new("hello", "1.1", "amd64").build()]);
    // A machine without gpg, once with and once without the program that watches over it.
    let bin = site.scratch().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let publish = || {
        let mut program = site.program();
        program.env("PATH", &bin).arg("--site").arg(site.root()).arg("publish-distro");
        crate::support::tool::Ran::of(&mut program)
    };
    for watched in [false, true] {
        if watched {
            std::os::unix::fs::symlink("/usr/bin/setpriv", bin.join("setpriv")).unwrap();
        }
        let said = publish().ends(1).stderr;
        assert!(said.contains("gpg cannot be used: the program gpg is not installed"), "{said}");
    }
    assert_eq!(site.read("dists/stable/InRelease"), before);
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text.replace("[signing]\n", "[signing]\noptional = true\n")).unwrap();
    let said = publish().ok();
    assert!(said.stdout.contains(", unsigned\n"), "{}", said.stdout);
    let warning = "warning: gpg should sign and cannot (the program gpg is not installed): Release files are published unsigned";
    assert!(said.stderr.starts_with(warning), "{}", said.stderr);
    for stale in ["InRelease", "Release.gpg"] {
        assert!(!site.archive().join("dists/stable").join(stale).exists(), "{stale}");
    }
}
