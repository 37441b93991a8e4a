//! Archives as administrators make and change them.

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

#[test]
fn a_personal_archive_is_made_with_the_place_for_its_uploads() {
    let site = TestSite::unsigned(&["amd64"]);
    uploader(&site, "ann");
    let said = ok(&site, "archive create ~ann/debian/tools --size-limit 8GiB");
    let root = site.root().display().to_string();
    insta::assert_snapshot!(said.stdout.replace(&root, "/site"), @r"
    archive ~ann/debian/tools (ppa)
      takes     uploads
      size      0 bytes of 8 GiB
      origin    PPA-ann-tools
      label     tools of ann
      series    stable
      clients   /site/ppa/ann/tools/debian
      incoming  /site/incoming/~ann/debian/tools

    for ~/.dput.cf:

    [ann-debian-tools]
    # On this machine; from others: method = sftp, and fqdn = the name of this machine.
    method = local
    incoming = /site/incoming/~ann/debian/tools
    allow_unsigned_uploads = 0
    ");
    assert!(site.root().join("incoming/~ann/debian/tools").is_dir());
    assert_eq!(said.stderr, "");
    ok(&site, "permission check ann hello --archive ~ann/debian/tools");
    let said = fails(&site, "archive create ~ann/debian/tools");
    assert!(said.stderr.contains("the archive `~ann/debian/tools` exists already"), "{}", said.stderr);
}

#[test]
fn an_archive_for_nobody_is_made_with_a_warning() {
    let site = TestSite::unsigned(&["amd64"]);
    let said = ok(&site, "archive create ~eve/debian/tools");
    assert!(said.stderr.starts_with("warning: there is no uploader and no team `eve`"), "{}", said.stderr);
    let said = fails(&site, "archive create ~eve/ubuntu/tools");
    assert!(said.stderr.contains("there is no distribution `ubuntu`"), "{}", said.stderr);
}

#[test]
fn what_an_archive_takes_is_changed_and_shown() {
    let site = TestSite::unsigned(&["amd64"]);
    ok(&site, "archive create debian/partner --origin Acme --label Partner");
    ok(&site, "archive set debian/partner --disable --size-limit 500MB --obsolete-uploads yes");
    site.add("stable", &[debfmt::builder::DebBuilder::new("hello", "1.0", "amd64").build()]);
    let listed = ok(&site, "archive list --json").stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let (primary, partner) = (&listed[0], &listed[1]);
    assert_eq!((&primary["archive"], &primary["enabled"]), (&"debian".into(), &true.into()));
    assert!(primary["size"].as_u64().unwrap() > 500, "the package counts: {primary}");
    assert_eq!((&partner["origin"], &partner["label"]), (&"Acme".into(), &"Partner".into()));
    assert_eq!((&partner["enabled"], &partner["obsolete_uploads"]), (&false.into(), &true.into()));
    assert_eq!(partner["size_limit"], 500_000_000);

    ok(&site, "archive set debian/partner --enable --size-limit none");
    let shown = ok(&site, "archive list").stdout;
    assert!(shown.contains("debian/partner  partner  yes            0 bytes"), "{shown}");
    assert!(
        ok(&site, "archive show").stdout.contains("/incoming\n"),
        "the primary archive's is incoming itself"
    );
    for wrong in [
        "archive set debian/partner",
        "archive set debian --size-limit 8gib",
        "archive set debian --enable --disable",
    ] {
        site.run(&wrong.split(' ').collect::<Vec<_>>()).ends(2);
    }
    fails(&site, "archive set debian/lost --enable");
}
