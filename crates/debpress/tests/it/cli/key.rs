//! Signing keys as an administrator sees them: signing fails safe (promise 7), and which key signs what.

use debfmt::builder::DebBuilder;
use debpress::adapters::openpgp::generate;
use debpress::model::time::Timestamp;

use super::everything_below;
use crate::support::site::TestSite;

#[test]
fn a_configured_key_that_is_gone_stops_the_publication() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let before = everything_below(&site.archive());
    site.add("stable", &[DebBuilder::new("hello", "1.1", "amd64").build()]);
    let key = site.root().join("keys/signing.asc");
    std::fs::rename(&key, site.scratch().join("away")).unwrap();
    let said = site.run(&["publish-distro"]).ends(1);
    assert_eq!(
        said.stderr,
        format!(
            "error: the signing key {} is configured in debpress.toml and is not there: put it back, or remove the line to publish unsigned\n",
            key.display()
        )
    );
    assert_eq!(everything_below(&site.archive()), before);
    std::fs::write(&key, "no key at all").unwrap();
    site.run(&["publish-distro"]).ends(1);
    assert_eq!(everything_below(&site.archive()), before);
    std::fs::rename(site.scratch().join("away"), &key).unwrap();
    assert!(site.publish().stdout.contains("1 published, 1 superseded"));
}

#[test]
fn without_a_key_the_archive_is_unsigned_and_says_so() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    assert!(site.publish().stdout.contains("signed by openpgp key "));
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap().replace("\nkey = ", "\n# key = ");
    std::fs::write(&path, text).unwrap();
    site.advance(60);
    let said = site.run(&["publish-distro", "-C"]).ok();
    assert!(said.stdout.contains(", unsigned\n"), "{}", said.stdout);
    assert!(said.stderr.starts_with("warning: no signing key is configured"), "{}", said.stderr);
    for stale in ["InRelease", "Release.gpg"] {
        assert!(!site.archive().join("dists/stable").join(stale).exists(), "{stale}");
    }
    // A warning is more than talk, and less than an error.
    assert_eq!(site.run(&["publish-distro", "-C", "-q"]).ok().stderr, "");
}

#[test]
fn a_signature_that_users_could_not_check_is_not_published() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    let before = everything_below(&site.archive());
    site.add("stable", &[DebBuilder::new("hello", "1.1", "amd64").build()]);
    let given = std::fs::read(site.public_key()).unwrap();
    let other = generate("Another archive", Timestamp(site.now())).unwrap();
    std::fs::write(site.public_key(), other.public).unwrap();
    let said = site.run(&["publish-distro"]).ends(1);
    assert!(said.stderr.contains("keys/archive-key.asc does not hold it"), "{}", said.stderr);
    let dists = |all: Vec<(String, Vec<u8>)>| -> Vec<_> {
        all.into_iter().filter(|(path, _)| path.contains("/dists/")).collect()
    };
    assert_eq!(dists(everything_below(&site.archive())), dists(before));
    std::fs::write(site.public_key(), given).unwrap();
    site.publish();
}

#[test]
fn an_archive_is_given_its_own_key_and_the_default_again() {
    let site = TestSite::new(&["amd64"]);
    let key = generate("Partner", Timestamp(site.now())).unwrap();
    site.run(&["archive", "create", "debian/partner"]).ok();
    let assign = |words: &[&str]| site.run(&[&["key", "assign", "debian/partner"], words].concat());
    let said = assign(&["keys/partner.asc"]).ends(1).stderr;
    assert!(said.contains("the signing key keys/partner.asc is not there"), "{said}");
    std::fs::write(site.root().join("keys/partner.asc"), &key.secret).unwrap();
    let said = assign(&["keys/partner.asc"]).ok();
    assert_eq!(said.stderr, "debian/partner is signed with keys/partner.asc from its next publication on\n");
    let hello = [DebBuilder::new("hello", "1.0", "amd64").build()];
    let paths = site.write(&hello);
    site.run(&["add", "--suite", "stable", "--archive", "debian/partner", paths[0].to_str().unwrap()]).ok();
    let publish = ["publish-distro", "--archive", "debian/partner", "-C"];
    assert!(site.run(&publish).ok().stdout.contains(&key.fingerprint));
    let shown = site.root().join("archives/debian-partner/debian-partner.asc");
    assert!(std::fs::read_to_string(shown).unwrap().contains("BEGIN PGP PUBLIC KEY BLOCK"));
    assert_eq!(site.run(&["check"]).ok().stdout, "");
    assign(&["--default"]).ok();
    site.advance(60);
    assert!(!site.run(&publish).ok().stdout.contains(&key.fingerprint));
    for wrong in [&["../x"][..], &[], &["keys/a.asc", "--default"]] {
        assign(wrong).ends(2);
    }
}
