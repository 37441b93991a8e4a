//! Packages for the installer and debug symbols: each kind has indexes of its own.

use debfmt::builder::DebBuilder;
use debfmt::deb::DebKind;

use super::world::{World, on_both};

fn udeb(name: &str, version: &str, architecture: &str) -> DebBuilder {
    DebBuilder::new(name, version, architecture).kind(DebKind::Udeb).section("debian-installer")
}

/// The Packages indexes of a component of stable, each with what it lists.
fn indexes(w: &World, component: &str) -> String {
    let prefix = format!("dists/stable/{component}/");
    let files = w.files();
    let mut told = Vec::new();
    for path in
        files.lines().filter_map(|line| line.strip_prefix(&prefix)).filter(|it| it.contains("Packages"))
    {
        told.push(format!(
            "{path}: {}",
            w.index("stable", &format!("{component}/{path}")).replace('\n', ", ")
        ));
    }
    told.join("\n")
}

#[test]
fn packages_for_the_installer_and_debug_symbols_have_indexes_of_their_own() {
    on_both(|w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.add_built(("stable", "main"), &udeb("hello-udeb", "1.0", "amd64").source("hello"));
        w.add_built(("stable", "main"), &udeb("texts-udeb", "1.0", "all"));
        let symbols = DebBuilder::new("hello-dbgsym", "1.0", "amd64").kind(DebKind::Ddeb).source("hello");
        w.add_built(("stable", "main"), &symbols);
        w.publish();
        insta::allow_duplicates! {
        insta::assert_snapshot!(indexes(&w, "main"), @r"
        binary-all/Packages.gz: 
        binary-amd64/Packages.gz: hello 1.0 amd64
        binary-arm64/Packages.gz: 
        debian-installer/binary-all/Packages.gz: texts-udeb 1.0 all
        debian-installer/binary-amd64/Packages.gz: hello-udeb 1.0 amd64, texts-udeb 1.0 all
        debian-installer/binary-arm64/Packages.gz: texts-udeb 1.0 all
        debug/binary-all/Packages.gz: 
        debug/binary-amd64/Packages.gz: hello-dbgsym 1.0 amd64
        debug/binary-arm64/Packages.gz: 
        ");
        }
        assert!(indexes(&w, "contrib").contains("debug/binary-amd64/Packages.gz: "), "empty ones too");
        let text = w.text("stable", "main/debian-installer/binary-amd64/Packages.gz");
        assert!(text.contains("Filename: pool/main/h/hello/hello-udeb_1.0_amd64.udeb\n"), "{text}");
        assert!(text.contains("Section: debian-installer\n"), "{text}");
        assert!(w.release("stable").file("main/debug/binary-amd64/Packages").is_some());
        assert!(w.assert_consistent("stable"));
    });
}

#[test]
fn a_suite_without_such_packages_has_their_indexes_only_when_it_is_told_to() {
    on_both(|mut w| {
        w.add("stable", "hello", "1.0", "amd64");
        w.publish();
        let special = |w: &World| {
            let has = |name| indexes(w, "main").contains(name);
            (has("debian-installer/"), has("debug/"))
        };
        assert_eq!(special(&w), (false, false));
        w.set(&["udebs=yes"]);
        w.publish_later();
        assert_eq!(special(&w), (true, false));
        w.set(&["udebs=", "ddebs=no"]);
        w.add_built(("stable", "main"), &udeb("hello-udeb", "1.0", "amd64"));
        w.add_built(("stable", "main"), &DebBuilder::new("hello-dbgsym", "1", "amd64").kind(DebKind::Ddeb));
        w.publish_later();
        assert_eq!(special(&w), (true, false));
        let clients_of_the_earlier_release = w.tree.inner.list(super::world::ROOT, "dists/stable").unwrap();
        assert!(!clients_of_the_earlier_release.is_empty() && w.assert_consistent("stable"));
        w.set(&["udebs=no"]);
        w.publish_later();
        assert_eq!(special(&w), (false, false));
        let files = w.tree.inner.list(super::world::ROOT, "dists/stable/main/debian-installer").unwrap();
        assert!(files.iter().any(|(path, _)| path.contains("by-hash")), "clients may still ask: {files:?}");
        w.now = w.now.plus(2 * 86_400);
        w.set(&["udebs=no"]);
        w.publish_later();
        w.now = w.now.plus(2 * 86_400);
        w.set(&["udebs=no"]);
        w.publish();
        assert!(
            w.tree.inner.list(super::world::ROOT, "dists/stable/main/debian-installer").unwrap().is_empty()
        );
    });
}
