//! `key list`, `generate`, `export` and `doctor`: keys as administrators look after them.

use debfmt::builder::DebBuilder;
use debpress::adapters::openpgp::{KeySpec, SequoiaVerifier, generate};
use debpress::model::time::Timestamp;
use debpress::ports::verifier::Verifier;

use super::people::{fails, ok};
use crate::support::gnupg::Gnupg;
use crate::support::site::TestSite;

const DAY: i64 = 86_400;

/// What a command printed, with the fingerprints that differ from run to run shown as letters.
fn shown(site: &TestSite, text: &str) -> String {
    let text = text.replace(&site.root().display().to_string(), "/site");
    let word = |word: &str| {
        let bare = word.trim_matches(|c| "();".contains(c));
        match bare.len() == 40 && bare.chars().all(|c| c.is_ascii_hexdigit()) {
            true => word.replace(bare, "FINGERPRINT"),
            false => word.to_owned(),
        }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ").trim_end().to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn add(site: &TestSite, archive: &str, version: &str) {
    let paths = site.write(&[DebBuilder::new("hello", version, "amd64").build()]);
    site.run(&["add", "--suite", "stable", "--archive", archive, paths[0].to_str().unwrap()]).ok();
}

fn codes(site: &TestSite, more: &str) -> Vec<String> {
    let said = site.run(&[&["key", "doctor", "--json"][..], &words(more)].concat()).said().stdout;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let finding = |it: &serde_json::Value| format!("{} {}", text(&it["level"]), text(&it["code"]));
    said["findings"].as_array().unwrap().iter().map(finding).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

#[test]
fn every_key_is_listed_with_what_it_signs() {
    let site = TestSite::new(&["amd64"]);
    ok(&site, "archive create ~ann/debian/tools");
    ok(&site, "archive create debian/debug");
    add(&site, "~ann/debian/tools", "1.0");
    ok(&site, "publish-distro --ppa");
    let made = ok(&site, "key generate --archive debian/debug --expires 90d");
    assert_eq!(made.stderr, "it signs from the next publication on\n");
    ok(&site, "key generate");
    let listed = ok(&site, "key list").stdout;
    insta::assert_snapshot!(shown(&site, &listed), @r"
    KEY                             SIGNS              KIND     MADE        EXPIRES     STATE  FINGERPRINT
    keys/signing.asc                the site           ed25519  2024-01-02  never       good   FINGERPRINT
    keys/archives/debian-debug.asc  debian/debug       ed25519  2024-01-02  2024-04-01  good   FINGERPRINT
    keys/ppa-owner/ann.asc          ~ann/debian/tools  ed25519  2024-01-02  never       good   FINGERPRINT
    keys/signing-2.asc              nothing            ed25519  2024-01-02  never       good   FINGERPRINT
    ");
    let json: serde_json::Value = serde_json::from_str(&ok(&site, "key list --json").stdout).unwrap();
    assert_eq!(json[0]["used_by"][0], "the site");
    assert_eq!((&json[0]["algorithm"], &json[0]["expires"]), (&"ed25519".into(), &serde_json::Value::Null));
}

#[test]
fn a_new_key_signs_at_once_only_what_nobody_has_seen() {
    let site = TestSite::new(&["amd64"]);
    add(&site, "debian", "1.0");
    site.publish();
    let said = ok(&site, "key generate --archive debian").stderr;
    assert_eq!(
        said,
        "it signs nothing yet; when users are to know it: debpress key assign debian keys/archives/debian.asc\n"
    );
    ok(&site, "key assign debian keys/archives/debian.asc");
    let said = ok(&site, "key generate --archive debian").stderr;
    assert!(
        said.contains("key assign debian keys/archives/debian.asc keys/archives/debian-2.asc"),
        "the old one goes on: {said}"
    );
    let said = ok(&site, "key generate --name Next").stderr;
    assert!(said.contains("add \"keys/signing-2.asc\" to `key` below [signing]"), "{said}");
    for wrong in ["key generate --expires 0d", "key generate --expires 1h", "key generate --expires 999y"] {
        site.run(&words(wrong)).ends(2);
    }
    fails(&site, "key generate --archive debian/lost");
}

#[test]
fn public_keys_are_exported_with_and_without_armour() {
    let site = TestSite::new(&["amd64"]);
    let given = std::fs::read_to_string(site.public_key()).unwrap();
    let exported = ok(&site, "key export").stdout;
    let verifier = SequoiaVerifier::default();
    let keys = |bytes: &[u8]| verifier.read_keys(bytes).unwrap();
    assert_eq!(keys(exported.as_bytes()), keys(given.as_bytes()));
    let file = site.scratch().join("debian.gpg");
    ok(&site, &format!("key export --binary {}", file.display()));
    let binary = std::fs::read(&file).unwrap();
    assert!(keys(&binary) == keys(given.as_bytes()) && binary[0] != b'-');
    // What older programs are given.
    let gnupg = Gnupg::new();
    add(&site, "debian", "1.0");
    site.publish();
    let release = site.archive().join("dists/stable/InRelease");
    assert!(gnupg.gpgv(&file, &[release.to_str().unwrap()]).status.success());

    ok(&site, "archive create ~ann/debian/tools");
    let said = fails(&site, "key export --archive ~ann/debian/tools").stderr;
    assert!(said.contains("~ann/debian/tools has no signing key yet"), "{said}");
    add(&site, "~ann/debian/tools", "1.0");
    ok(&site, "publish-distro --ppa");
    let shown = site.root().join("ppa/ann/tools/debian/ann-tools.asc");
    let exported = ok(&site, "key export --archive ~ann/debian/tools").stdout;
    assert_eq!(keys(exported.as_bytes()), keys(&std::fs::read(shown).unwrap()));
    fails(&TestSite::unsigned(&["amd64"]), "key export");
}

#[test]
fn a_healthy_site_needs_no_doctor_and_a_sick_one_hears_all() {
    let site = TestSite::new(&["amd64"]);
    let said = ok(&site, "key doctor");
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", "1 keys looked at, 0 findings\n"));
    let secret = site.root().join("keys/signing.asc");
    std::process::Command::new("chmod").args(["644", secret.to_str().unwrap()]).status().unwrap();
    let other = generate("Other", Timestamp(site.now())).unwrap();
    std::fs::write(site.public_key(), other.public).unwrap();
    let said = fails(&site, "key doctor").stdout;
    insta::assert_snapshot!(shown(&site, &said), @r"
    error: key.readable: keys/signing.asc: others may read it; chmod 600 /site/keys/signing.asc
    error: key.differs: keys/signing.asc: keys/archive-key.asc does not hold it (FINGERPRINT); run `debpress key export /site/keys/archive-key.asc`, and give the file to users
    ");
    std::fs::remove_file(site.public_key()).unwrap();
    std::process::Command::new("chmod").args(["600", secret.to_str().unwrap()]).status().unwrap();
    assert_eq!(codes(&site, ""), ["note key.no-public"]);
    ok(&site, "key doctor");
    std::fs::remove_file(&secret).unwrap();
    assert_eq!(codes(&site, ""), ["error key.unusable"]);
}

#[test]
fn the_end_of_a_key_is_told_before_it_comes() {
    let site = TestSite::new(&["amd64"]);
    let key = KeySpec::new("Archive", Timestamp(site.now()));
    let key = key.valid_for(u32::try_from(90 * DAY).unwrap()).generate().unwrap();
    std::fs::write(site.root().join("keys/signing.asc"), &key.secret).unwrap();
    ok(&site, &format!("key export {}", site.public_key().display()));
    assert_eq!(codes(&site, ""), [""; 0]);
    assert_eq!(codes(&site, "--valid-for 91d"), ["error key.valid-until"]);
    for (days, expected) in [(30, "note"), (30, "warning"), (23, "error"), (6, "error")] {
        site.advance(days * DAY);
        assert_eq!(codes(&site, ""), [format!("{expected} key.expires")], "{days}");
    }
    site.advance(DAY);
    assert_eq!(codes(&site, ""), ["error key.expired"]);
    fails(&site, "key doctor");
    add(&site, "debian", "1.0");
    fails(&site, "publish-distro");
}

#[test]
fn weak_keys_that_gpg_made_are_told() {
    let site = TestSite::new(&["amd64"]);
    let gnupg = Gnupg::new();
    let then = Timestamp(site.now() - 60);
    let use_key = |key: &str| {
        let secret = gnupg.gpg(then, &["--armor", "--export-secret-keys", key]);
        std::fs::write(site.root().join("keys/signing.asc"), secret).unwrap();
        std::fs::write(site.public_key(), gnupg.export(then, key)).unwrap();
        codes(&site, "")
    };
    assert_eq!(use_key(&gnupg.make_key(then, "Rsa", "rsa2048", "never")), ["warning key.weak"]);
    assert_eq!(use_key(&gnupg.make_key(then, "Large", "rsa3072", "never")), [""; 0]);
    let lost = gnupg.make_key(then, "Lost", "ed25519", "never");
    gnupg.revoke(then, &lost);
    assert_eq!(use_key(&lost), ["error key.revoked"]);
    gnupg.write("gpg.conf", b"cert-digest-algo SHA1\n");
    assert_eq!(use_key(&gnupg.make_key(then, "Old", "ed25519", "never")), ["error key.sha1"]);
}

#[test]
fn what_is_left_of_a_lost_key_is_kept() {
    let site = TestSite::new(&["amd64"]);
    let path = |name: &str| site.root().join("keys").join(name);
    let read = |name: &str| std::fs::read(path(name)).unwrap();
    ok(&site, "key generate --archive debian");
    let revocation = read("archives/debian.revocation");
    std::fs::remove_file(path("archives/debian.asc")).unwrap();
    let made = ok(&site, "key generate --archive debian").stdout;
    assert!(made.contains("keys/archives/debian-2.asc"), "{made}");
    assert!(!path("archives/debian.asc").exists());
    assert_eq!(read("archives/debian.revocation"), revocation);

    ok(&site, "archive create ~ann/debian/tools");
    add(&site, "~ann/debian/tools", "1.0");
    ok(&site, "publish-distro --ppa");
    let revocation = read("ppa-owner/ann.revocation");
    std::fs::remove_file(path("ppa-owner/ann.asc")).unwrap();
    ok(&site, "key assign ~ann/debian/tools --default");
    add(&site, "~ann/debian/tools", "2.0");
    let said = fails(&site, "publish-distro --ppa");
    assert!(said.stderr.contains("put the key back from a backup"), "{}", said.stderr);
    assert!(!path("ppa-owner/ann.asc").exists());
    assert_eq!(read("ppa-owner/ann.revocation"), revocation);
}

#[test]
fn a_secret_key_is_not_written_over() {
    let site = TestSite::new(&["amd64"]);
    let path = site.root().join("keys/signing.asc");
    let secret = std::fs::read(&path).unwrap();
    let said = site.run(&["key", "export", path.to_str().unwrap()]).fails();
    assert!(said.stderr.contains("is a secret key, and is not written over"), "{}", said.stderr);
    assert_eq!(std::fs::read(&path).unwrap(), secret);
}

#[test]
fn keys_that_are_assigned_sign_with_the_next_run_although_no_package_has_changed() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let before = site.read("dists/stable/InRelease");
    ok(&site, "key generate --archive debian");
    ok(&site, "key assign debian keys/archives/debian.asc");
    site.publish();
    assert!(site.read("dists/stable/InRelease") != before, "the suite is signed anew");
    ok(&site, "check");
    site.advance(60);
    let again = site.read("dists/stable/InRelease");
    site.publish();
    assert!(site.read("dists/stable/InRelease") == again, "once");
}
