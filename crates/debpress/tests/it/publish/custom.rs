//! Custom uploads on their way to clients.

use std::collections::BTreeSet;

use debfmt::builder::{BuiltFile, TarWriter};
use debfmt::compress::Compression;
use debfmt::limits::Limits;
use debfmt::names::SuiteName;
use debpress::model::custom::CustomType;
use debpress::model::key::{SuiteFile, TreeKey};

use super::world::{ROOT, World, decompressed, on_both};
use crate::support::custom::{gzip, installer, tarball, xz};

const INSTALLER: &str = "main/installer-amd64";

fn key(directory: &str, path: &str) -> TreeKey {
    let file = SuiteFile::Custom(directory.parse().unwrap(), path.parse().unwrap());
    TreeKey::Live(SuiteName::parse("stable").unwrap(), file)
}

/// The text of a custom file that clients see.
fn text(w: &World, directory: &str, path: &str) -> Option<String> {
    let bytes = w.tree.inner.read(ROOT, &key(directory, path)).unwrap()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where a link leads that clients see.
fn link(w: &World, directory: &str, path: &str) -> Option<String> {
    w.tree.inner.link_target(ROOT, &key(directory, path)).unwrap()
}

/// The custom files that clients see.
fn seen(w: &World) -> String {
    let custom = ["/installer-", "/dist-upgrader-", "/i18n/", "/uefi/", "/signed/"];
    let files = w.files();
    let lines = files.lines().filter(|line| custom.iter().any(|name| line.contains(name)));
    lines.collect::<Vec<_>>().join("\n")
}

/// The versions of the installer that clients see, and which is current.
fn versions(w: &World) -> String {
    let prefix = format!("dists/stable/{INSTALLER}/");
    let files = w.files();
    let mut versions: Vec<&str> =
        files.lines().filter_map(|line| line.strip_prefix(&prefix)?.split_once('/')).map(|it| it.0).collect();
    versions.dedup();
    let current = link(w, INSTALLER, "current").unwrap_or_else(|| "-".into());
    format!("{} current {current}", versions.join(" "))
}

#[test]
fn an_installer_appears_with_the_next_publication() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let report = w.upload("stable", CustomType::DebianInstaller, &installer("20230607"));
        assert_eq!((report.done[0].publications, report.done[0].custom), (0, 1), "{report:?}");
        assert_eq!(seen(&w), "", "nothing is unpacked where clients see it");
        let report = w.publish_later();
        assert_eq!((report.suites[0].custom, report.suites[0].published), (1, 0));
        insta::allow_duplicates! {
        insta::assert_snapshot!(seen(&w), @r"
        dists/stable/main/installer-amd64/20230607/SHA256SUMS
        dists/stable/main/installer-amd64/20230607/SHA256SUMS.gpg
        dists/stable/main/installer-amd64/20230607/images/MANIFEST
        dists/stable/main/installer-amd64/20230607/images/latest
        dists/stable/main/installer-amd64/20230607/images/netboot/mini.iso
        dists/stable/main/installer-amd64/current
        ");
        let sums = text(&w, INSTALLER, "20230607/SHA256SUMS").unwrap();
        insta::assert_snapshot!(sums, @r"
        d00d2417bd11a66704720cfe5d463ed0c1ca6b34bfdf7fa1b49804596670096e  ./images/MANIFEST
        7023580ff3c4a53cfaa8238e751c7cfbbc3a5da019bd9bea2f576c0aba974ef2  ./images/netboot/mini.iso
        ");
        }
        assert_eq!(link(&w, INSTALLER, "current").as_deref(), Some("20230607"));
        assert_eq!(link(&w, INSTALLER, "20230607/images/latest").as_deref(), Some("netboot/mini.iso"));
        let image = text(&w, INSTALLER, "20230607/images/netboot/mini.iso");
        assert_eq!(image.as_deref(), Some("20230607"));
        // It stays when something else is published.
        w.add("stable", "hello", "2.0", "amd64");
        assert_eq!(w.publish_later().suites[0].custom, 0);
        assert_eq!(versions(&w), "20230607 current 20230607");
        assert_eq!(w.publish_later().unchanged, 1);
    });
}

#[test]
fn the_fourth_version_takes_the_place_of_the_oldest() {
    on_both(|mut w| {
        for version in ["9", "10", "8"] {
            w.upload("stable", CustomType::DebianInstaller, &installer(version));
            w.publish_later();
        }
        assert_eq!(versions(&w), "10 8 9 current 10");
        let report = w.upload("stable", CustomType::DebianInstaller, &installer("11"));
        assert_eq!(report.failed, []);
        assert_eq!(versions(&w), "10 8 9 current 10", "until it is published");
        w.publish_later();
        assert_eq!(versions(&w), "10 11 9 current 11");
        // Older than all that is there, and still what somebody has just uploaded.
        w.upload("stable", CustomType::DebianInstaller, &installer("7"));
        w.publish_later();
        assert_eq!(versions(&w), "10 11 7 9 current 11");
        w.upload("stable", CustomType::DebianInstaller, &installer("12"));
        w.publish_later();
        assert_eq!(versions(&w), "10 11 12 current 12");
    });
}

#[test]
fn a_version_that_is_there_is_never_replaced() {
    on_both(|w| {
        w.upload("stable", CustomType::DebianInstaller, &installer("1"));
        w.publish();
        let other = BuiltFile { name: "other_1_amd64.tar.gz".into(), ..installer("1") };
        let report = w.upload("stable", CustomType::DebianInstaller, &other);
        assert_eq!(report.done, []);
        let error = &report.failed[0].error;
        assert!(error.contains("has main/installer-amd64/1 already"), "{error}");
        assert_eq!(w.process_accepted().failed.len(), 1, "it stays accepted");
        assert_eq!(w.publish().unchanged, 1);
        assert_eq!(w.upload("testing", CustomType::DebianInstaller, &installer("1")).done.len(), 1);
    });
}

#[test]
fn the_upgrade_tool_is_signed_file_by_file() {
    on_both(|w| {
        let tar = TarWriter::new().file("1/noble.tar.gz", b"tool").file("1/noble.tar.gz.gpg", b"theirs");
        let tar = tar.file("2/noble.tar.gz", b"newer").file("2/notes", b"n").symlink("current", "1");
        let file = tarball("dist-upgrader_1_all.tar.gz", tar);
        w.upload("stable", CustomType::DistUpgrader, &file);
        w.publish();
        insta::allow_duplicates! {
        insta::assert_snapshot!(seen(&w), @r"
        dists/stable/main/dist-upgrader-all/1/SHA256SUMS
        dists/stable/main/dist-upgrader-all/1/SHA256SUMS.gpg
        dists/stable/main/dist-upgrader-all/1/noble.tar.gz
        dists/stable/main/dist-upgrader-all/1/noble.tar.gz.gpg
        dists/stable/main/dist-upgrader-all/2/SHA256SUMS
        dists/stable/main/dist-upgrader-all/2/SHA256SUMS.gpg
        dists/stable/main/dist-upgrader-all/2/noble.tar.gz
        dists/stable/main/dist-upgrader-all/2/noble.tar.gz.gpg
        dists/stable/main/dist-upgrader-all/2/notes
        dists/stable/main/dist-upgrader-all/current
        ");
        }
        let directory = "main/dist-upgrader-all";
        assert_eq!(link(&w, directory, "current").as_deref(), Some("2"));
        let signer = w.keys.site.as_deref().unwrap();
        let signature = signer.detach_sign(b"tool", w.now).unwrap();
        let signature = String::from_utf8_lossy(&signature).into_owned();
        assert_eq!(text(&w, directory, "1/noble.tar.gz.gpg"), Some(signature));
        assert!(
            w.objects.size(&debfmt::digest::Sha256::of(b"theirs")).unwrap().is_some(),
            "not written through"
        );
    });
}

#[test]
fn without_a_key_nothing_is_signed() {
    on_both(|mut w| {
        w.keys.site = None;
        let tar = TarWriter::new().file("1/noble.tar.gz", b"tool").file("1/noble.tar.gz.gpg", b"theirs");
        w.upload("stable", CustomType::DistUpgrader, &tarball("tool_1_all.tar.gz", tar));
        w.upload("stable", CustomType::DebianInstaller, &installer("1"));
        w.publish();
        assert!(text(&w, INSTALLER, "1/SHA256SUMS").is_some());
        assert!(!w.files().contains(".gpg"), "{}", w.files());
    });
}

#[test]
fn boot_code_is_published_as_it_is_and_a_warning_says_so() {
    on_both(|w| {
        let tar = TarWriter::new().file("6.8/vmlinuz.efi", b"MZ").file("6.8/SHA256SUMS", b"theirs");
        let file = tarball("linux_6.8_amd64.tar.gz", tar);
        let report = w.upload("stable", CustomType::Signing, &file);
        assert!(report.done[0].warnings[0].contains("no keys for boot code"), "{report:?}");
        w.publish();
        let sums = text(&w, "main/signed/linux-amd64", "6.8/SHA256SUMS").unwrap();
        assert!(sums.ends_with("  ./vmlinuz.efi\n") && sums.lines().count() == 1, "{sums}");
        let tar = TarWriter::new().file("6.8/grub.efi", b"MZ");
        w.upload("stable", CustomType::Uefi, &tarball("grub2_6.8_amd64.tar.gz", tar));
        w.publish();
        assert_eq!(text(&w, "main/uefi/grub2-amd64", "6.8/grub.efi").as_deref(), Some("MZ"));
    });
}

/// Descriptions of `hello`.
fn description(text: &str) -> Vec<u8> {
    format!("Package: hello\nDescription-md5: 0123\nDescription-de: {text}\n").into_bytes()
}

#[test]
fn descriptions_replace_those_of_their_language_and_release_lists_them() {
    on_both(|mut w| {
        let first = TarWriter::new().file("i18n/Translation-de.gz", &gzip(&description("alt")));
        let first = first.file("i18n/Translation-fr", &description("vieux"));
        w.upload("stable", CustomType::DdtpTarball, &tarball("t_main_1.tar.gz", first));
        w.publish();
        assert_eq!(translations(&w), "de.gz: alt, fr: vieux");
        let old = by_hash(&w);
        assert_eq!(old.len(), 2);
        let second = TarWriter::new().file("i18n/Translation-de.xz", &xz(&description("neu")));
        let second = second.file("Translation-es", &description("nuevo"));
        w.upload("stable", CustomType::DdtpTarball, &tarball("t_main_2.tar.gz", second));
        w.publish_later();
        assert_eq!(translations(&w), "de.xz: neu, es: nuevo, fr: vieux");
        // Clients that have the earlier Release still find what it lists.
        let new = by_hash(&w);
        assert!(old.is_subset(&new) && new.len() == 4, "{new:?}");
        assert_eq!(link(&w, "main/i18n", "current"), None);
        w.settings.by_hash_retention = 0;
        w.publish_later();
        assert_eq!(w.publish_later().unchanged, 1);
    });
}

/// The translations that Release lists, each with its text; their sums must be right.
fn translations(w: &World) -> String {
    let release = debfmt::release::Release::parse(w.text("stable", "Release").as_bytes(), &Limits::index());
    let release = release.unwrap();
    let sha256 = |bytes: &[u8]| debfmt::digest::Sha256::of(bytes);
    let mut told = Vec::new();
    for file in release.files.iter().filter(|file| file.path.contains("/i18n/")) {
        let name = file.path.trim_start_matches("main/i18n/");
        let Some(bytes) = w.tree.inner.read(ROOT, &key("main/i18n", name)).unwrap() else { continue };
        assert_eq!(sha256(&bytes), file.checksums.sha256);
        let text = decompressed(name, &bytes);
        let (plain, _) = Compression::of_name(&file.path);
        let listed = release.file(plain).unwrap();
        assert_eq!(listed.checksums.sha256, sha256(text.as_bytes()), "{plain}");
        let text = text.rsplit(": ").next().unwrap().trim_end().to_owned();
        told.push(format!("{}: {text}", name.trim_start_matches("Translation-")));
    }
    told.join(", ")
}

/// The by-hash names of translations.
fn by_hash(w: &World) -> BTreeSet<String> {
    let files = w.tree.inner.list(ROOT, "dists/stable/main/i18n/by-hash").unwrap();
    files.into_iter().map(|(path, _)| path).collect()
}

#[test]
fn what_is_only_kept_changes_no_suite() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let file = BuiltFile { name: "build.json".into(), bytes: b"{}".to_vec() };
        let report = w.upload("stable", CustomType::MetaData, &file);
        assert_eq!((report.done.len(), report.done[0].custom), (1, 0));
        assert_eq!(w.publish().unchanged, 1);
        let detail = w.records.queue_detail(report.done[0].item).unwrap().unwrap();
        assert_eq!(detail.custom[0].file.name.as_str(), "build.json");
    });
}

#[test]
fn a_file_that_was_damaged_in_the_store_stays_accepted() {
    on_both(|w| {
        let mut cut = installer("1");
        cut.bytes.truncate(cut.bytes.len() - 20);
        let report = w.upload("stable", CustomType::DebianInstaller, &cut);
        assert!(report.failed[0].error.contains("was sound when it was uploaded"), "{report:?}");
        assert_eq!(w.records.custom_publications(w.suite("stable")).unwrap(), []);
    });
}

/// A published installer, and one that replaces it beside a new package.
fn changed(make: impl Fn() -> World) -> World {
    let mut w = make();
    w.add("stable", "hello", "1.0", "amd64");
    for version in ["1", "2", "3"] {
        w.upload("stable", CustomType::DebianInstaller, &installer(version));
    }
    w.publish();
    w.add("stable", "hello", "2.0", "amd64");
    w.upload("stable", CustomType::DebianInstaller, &installer("4"));
    w.now = w.now.plus(3600);
    w
}

/// What clients see; it must hang together, from Release down to the images.
fn state(w: &World) -> String {
    assert!(w.assert_consistent("stable"));
    let current = link(w, INSTALLER, "current").unwrap();
    let sums = text(w, INSTALLER, &format!("{current}/SHA256SUMS")).unwrap();
    let release = debfmt::release::Release::parse(w.text("stable", "Release").as_bytes(), &Limits::index());
    let listed = release.unwrap().file(&format!("{INSTALLER}/{current}/SHA256SUMS")).unwrap().clone();
    assert_eq!(listed.checksums.sha256, debfmt::digest::Sha256::of(sums.as_bytes()));
    for line in sums.lines() {
        let (sha256, path) = line.split_once("  ./").unwrap();
        let there = text(w, INSTALLER, &format!("{current}/{path}")).unwrap();
        assert_eq!(debfmt::digest::Sha256::of(there.as_bytes()).to_string(), sha256);
    }
    format!("{}{}", w.text("stable", "Release"), versions(w))
}

fn every_point(make: impl Fn() -> World) -> i64 {
    let w = changed(&make);
    let old = state(&w);
    assert!(old.ends_with("1 2 3 current 3"), "{old}");
    w.publish();
    let new = state(&w);
    assert!(new.ends_with("2 3 4 current 4"), "{new}");
    for n in 0.. {
        let w = changed(&make);
        w.tree.fail_after(n);
        let result = w.try_publish(&w.select());
        w.tree.mend();
        if result.is_ok() {
            return n;
        }
        let seen = state(&w);
        assert!(seen == old || seen == new, "operation {n}: {seen}");
        // What is accepted meanwhile is not taken for what was being published.
        w.upload("stable", CustomType::DebianInstaller, &installer("5"));
        w.publish();
        assert_eq!(w.records.custom_publications(w.suite("stable")).unwrap().len(), 3, "operation {n}");
        assert_eq!(versions(&w), "3 4 5 current 5", "operation {n}");
        assert!(!w.files().contains(".staged"), "operation {n}");
        assert_eq!(w.publish().unchanged, 1, "operation {n}");
    }
    unreachable!("some number of operations is enough")
}

#[test]
fn a_failure_at_any_operation_leaves_old_or_new_on_twins() {
    assert!(every_point(World::in_memory) > 40);
}

#[test]
fn a_failure_at_any_operation_leaves_old_or_new_on_disk() {
    assert!(every_point(World::on_disk) > 40);
}
