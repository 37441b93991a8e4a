//! Architectures of a series that are disabled, and come back.

use debfmt::builder::DebBuilder;

use super::people::{fails, ok};
use crate::support::site::TestSite;

/// A published site with hello for amd64 and armel, and data for all.
fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64", "armel"]);
    let built = ["amd64", "armel"].map(|architecture| DebBuilder::new("hello", "1.0", architecture).build());
    site.add("stable", &built);
    site.add("stable", &[DebBuilder::new("data", "1.0", "all").build()]);
    site.publish();
    site
}

fn release(site: &TestSite) -> String {
    String::from_utf8(site.read("dists/stable/Release")).unwrap()
}

#[test]
fn a_disabled_architecture_leaves_the_indexes_and_comes_back() {
    let site = site();
    let armel = site.archive().join("pool/main/h/hello/hello_1.0_armel.deb");
    let index = site.archive().join("dists/stable/main/binary-armel/Packages.gz");
    assert!(release(&site).contains("\nArchitectures: all amd64 armel\n"));
    let said = ok(&site, "series set stable --disable-arch armel");
    assert!(said.stdout.contains("; disabled: armel"), "{}", said.stdout);
    // It is meant: nothing has to be allowed.
    site.publish();
    assert!(release(&site).contains("\nArchitectures: all amd64\n"), "{}", release(&site));
    assert!(!index.exists(), "no index of it is left");
    ok(&site, "check");
    // A newer version for another architecture takes nothing from it, and death row finds nothing of it.
    site.add("stable", &[DebBuilder::new("hello", "2.0", "amd64").build()]);
    site.publish();
    site.advance(3 * 86_400);
    ok(&site, "process-death-row");
    assert!(armel.is_file(), "the pool keeps it");
    assert!(!site.archive().join("pool/main/h/hello/hello_1.0_amd64.deb").exists());
    ok(&site, "check");
    ok(&site, "series set stable --enable-arch armel");
    site.publish();
    assert!(release(&site).contains("\nArchitectures: all amd64 armel\n"));
    assert!(index.is_file());
    assert!(ok(&site, "ls hello").stdout.contains("armel"));
    ok(&site, "check");
}

#[test]
fn nothing_is_taken_for_a_disabled_architecture_but_all_is() {
    let site = site();
    ok(&site, "series set stable --disable-arch armel");
    let paths = site.write(&[DebBuilder::new("hello", "2.0", "armel").build()]);
    let said = site.run(&["add", "--suite", "stable", paths[0].to_str().unwrap()]).ends(1);
    let said = said.stderr.split_once("made/").unwrap().1;
    insta::assert_snapshot!(said, @"hello_2.0_armel.deb: architecture.disabled hello_2.0_armel.deb: armel is disabled in stable");
    site.add("stable", &[DebBuilder::new("data", "2.0", "all").build()]);
}

#[test]
fn an_architecture_that_is_new_is_enabled_and_one_always_stays() {
    let site = site();
    ok(&site, "series set stable --enable-arch riscv64 --component main,extra");
    site.publish();
    assert!(release(&site).contains("\nArchitectures: all amd64 armel riscv64\nComponents: main extra\n"));
    for (wrong, answer) in [
        (
            "--disable-arch mips",
            "`mips` cannot be enabled or disabled in stable; its architectures are amd64, armel, riscv64",
        ),
        ("--disable-arch amd64,armel,riscv64", "stable would have no architecture left"),
        ("--enable-arch all", "`all` cannot be enabled"),
        ("--component extra", "component main cannot leave stable"),
        ("--component main,main", "`main` is named twice"),
    ] {
        let said = fails(&site, &format!("series set stable {wrong}"));
        assert!(said.stderr.contains(answer), "{wrong}: {}", said.stderr);
    }
}
