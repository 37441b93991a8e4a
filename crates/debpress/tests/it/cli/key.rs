//! Signing fails safe (promise 7), as an administrator sees it.

use debfmt::builder::DebBuilder;

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
