//! What options of a series add to a suite is looked at as the rest is.

use debfmt::builder::DebBuilder;
use debfmt::deb::DebKind;

use super::damages::edit;
use super::{checked, codes, path, problems};
use crate::publish::world::{World, on_both};

const UDEBS: &str = "main/debian-installer/binary-amd64/Packages.gz";

/// A suite with everything that options can add.
fn published(w: &mut World) {
    let udeb = DebBuilder::new("hello-udeb", "1.0", "amd64").kind(DebKind::Udeb).source("hello");
    w.add_built(
        ("stable", "main"),
        &DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/a", "").file("usr/bin/b", ""),
    );
    w.add_built(("stable", "main"), &udeb);
    w.set(&["hashes=md5,sha1,sha512", "valid_for=7d", "long_descriptions=no"]);
    w.set(&["i18n_index=yes", "release_stubs=yes", "contents=both"]);
    w.publish();
    w.add("stable", "other", "1.0", "amd64");
    w.publish_later();
}

#[test]
fn a_suite_with_every_option_is_sound() {
    on_both(|mut w| {
        published(&mut w);
        assert_eq!(problems(&checked(&w, true)), "");
        for change in ["by_hash=publish", "by_hash=no", "compressors=none,xz"] {
            w.set(&[change]);
            w.publish_later();
            assert_eq!(problems(&checked(&w, true)), "", "{change}");
        }
    });
}

#[test]
fn what_options_add_can_be_damaged_too() {
    let lost = |below: &str| {
        let mut w = World::on_disk();
        published(&mut w);
        std::fs::remove_file(path(&w, below)).unwrap();
        codes(&checked(&w, false)).join(" ")
    };
    assert_eq!(lost("pool/main/h/hello/hello-udeb_1.0_amd64.udeb"), "pool.missing");
    let more =
        ["main/i18n/Translation-en.gz", "main/i18n/Index", "contrib/source/Release", "Contents-all.gz"];
    for index in more.into_iter().chain([UDEBS, "main/Contents-udeb-amd64.gz"]) {
        assert_eq!(lost(&format!("dists/stable/{index}")), "index.missing", "{index}");
    }
    let edited = |path: &str, from: &str, to: &str| {
        let mut w = World::on_disk();
        published(&mut w);
        edit(&w, path, |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        codes(&checked(&w, false)).join(" ")
    };
    let contents = "main/Contents-amd64.gz";
    assert_eq!(edited(contents, "usr/bin/b", "opt/b"), "index.malformed release.differs");
    assert_eq!(edited(contents, "/hello", ""), "index.malformed release.differs");
    assert_eq!(edited(UDEBS, "hello-udeb_1.0", "hello-udeb_2.0"), "index.pool-file release.differs");
}
