//! Custom files, sound and damaged.

use debfmt::builder::TarWriter;
use debpress::model::custom::CustomType;

use super::damages::{Damage, live, remove, replace, symlink};
use super::{checked, codes, problems, published};
use crate::publish::world::{World, on_both};
use crate::support::custom::{gzip, installer, tarball};

pub(super) const DAMAGES: &[Damage] = &[
    ("an image is gone", |w| remove(&at(w, "1/images/MANIFEST")), false, &["custom.missing"]),
    ("a link is gone", |w| remove(&at(w, "1/images/latest")), false, &["custom.missing"]),
    ("nothing is current", |w| remove(&at(w, "current")), false, &["custom.missing"]),
    ("an old version is current", |w| turn(w, "current", "1"), false, &["custom.content"]),
    (
        "an image is cut short",
        |w| replace(&at(w, "1/images/MANIFEST"), |b| b.truncate(2)),
        false,
        &["custom.size"],
    ),
    ("an image is a link", |w| turn(w, "1/images/MANIFEST", "netboot"), false, &["custom.size"]),
    (
        "an image is another one",
        |w| replace(&at(w, "1/images/MANIFEST"), |b| b[0] ^= 1),
        true,
        &["custom.content"],
    ),
    ("the sums are gone", |w| remove(&at(w, "1/SHA256SUMS")), false, &["custom.missing"]),
    (
        "the sums are others",
        |w| replace(&at(w, "1/SHA256SUMS"), |b| b[0] ^= 1),
        false,
        &["custom.content", "signature.bad"],
    ),
    ("the sums are not signed", |w| remove(&at(w, "1/SHA256SUMS.gpg")), false, &["signature.missing"]),
    ("the tool is not signed", |w| remove(&tool(w, "1/noble.tar.gz.gpg")), false, &["signature.missing"]),
    (
        "the tool is signed by others",
        |w| replace(&tool(w, "1/noble.tar.gz.gpg"), |b| b.reverse()),
        false,
        &["signature.bad"],
    ),
    ("a translation is gone", |w| remove(&translation(w)), false, &["index.missing"]),
    ("a translation is another one", |w| replace(&translation(w), |b| b[20] ^= 1), false, &["index.hash"]),
];

/// Publishes two versions of the installer, and the upgrade tool.
fn custom(w: &mut World) {
    w.upload("stable", CustomType::DebianInstaller, &installer("1"));
    w.upload("stable", CustomType::DebianInstaller, &installer("2"));
    let tar = TarWriter::new().file("1/noble.tar.gz", b"tool");
    w.upload("stable", CustomType::DistUpgrader, &tarball("tool_1_all.tar.gz", tar));
    let text = b"Package: hello\nDescription-md5: 0123\nDescription-de: Hallo\n";
    let tar = TarWriter::new().file("Translation-de.gz", &gzip(text));
    w.upload("stable", CustomType::DdtpTarball, &tarball("t_main_1.tar.gz", tar));
    w.publish_later();
}

/// A file of the installer, once it is published.
fn at(w: &mut World, path: &str) -> std::path::PathBuf {
    custom(w);
    live(w, &format!("main/installer-amd64/{path}"))
}

fn tool(w: &mut World, path: &str) -> std::path::PathBuf {
    custom(w);
    live(w, &format!("main/dist-upgrader-all/{path}"))
}

fn translation(w: &mut World) -> std::path::PathBuf {
    custom(w);
    live(w, "main/i18n/Translation-de.gz")
}

/// Makes a link of a file of the installer.
fn turn(w: &mut World, path: &str, target: &str) {
    let path = at(w, path);
    remove(&path);
    symlink(target, &path);
}

fn sound(w: &World) -> u64 {
    let report = checked(w, true);
    assert_eq!(codes(&report), [""; 0], "{}", problems(&report));
    report.custom_files
}

#[test]
fn custom_files_are_known_at_every_step() {
    on_both(|w| {
        let mut w = published(w);
        assert_eq!(sound(&w), 0);
        for (version, seen) in [("3", 5), ("4", 9), ("5", 13), ("6", 13)] {
            w.upload("stable", CustomType::DebianInstaller, &installer(version));
            sound(&w);
            w.publish_later();
            assert_eq!(sound(&w), seen, "version {version}");
        }
        custom(&mut w);
        sound(&w);
    });
}
