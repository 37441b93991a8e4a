//! A publication that is looked at before it is made: `publish-distro --distsroot`.

use std::path::{Path, PathBuf};

use debfmt::builder::DebBuilder;
use debfmt::digest::Sha256;

use crate::support::apt::Apt;
use crate::support::site::TestSite;

fn add(site: &TestSite, name: &str, version: &str) {
    site.add("stable", &[DebBuilder::new(name, version, "amd64").build()]);
}

/// A site that shows two packages, one of which has a newer version that waits.
fn site() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    add(&site, "hello", "1.0");
    add(&site, "other", "1.0");
    site.publish();
    add(&site, "hello", "2.0");
    site.advance(60);
    site
}

fn aside(site: &TestSite) -> PathBuf {
    site.scratch().join("look")
}

/// What an apt sees of hello and other in the archive below a directory.
fn versions(site: &TestSite, archive: &Path) -> (Apt, String) {
    let apt = Apt::new("amd64");
    let signed_by = format!("Signed-By: {}", site.public_key().display());
    apt.source(&format!("file:{}", archive.display()), "stable", &signed_by);
    apt.update();
    let planned = apt.get(&["install", "--simulate", "hello", "other"]);
    let lines = planned.lines().filter_map(|line| line.strip_prefix("Inst "));
    let words = lines.filter_map(|line| Some(line.split_once(" debian:")?.0.to_owned()));
    let mut found: Vec<String> = words.collect();
    found.sort();
    let text = found.join(", ");
    (apt, text)
}

#[test]
fn apt_installs_from_a_publication_that_nobody_else_sees() {
    let site = site();
    let before = site.read("dists/stable/InRelease");
    let look = aside(&site);
    let said = site.run(&["publish-distro", "-R", look.to_str().unwrap()]).ok();
    assert!(said.stdout.contains("stable of debian: 1 published, 1 superseded"), "{}", said.stdout);
    assert!(said.stderr.contains("nothing was published"), "{}", said.stderr);
    let (apt, seen) = versions(&site, &look.join("archives/debian"));
    assert_eq!(seen, "hello (2.0, other (1.0");
    apt.get(&["download", "hello", "other"]);
    let hello = DebBuilder::new("hello", "2.0", "amd64").build();
    let downloaded = std::fs::read(apt.work().join("hello_2.0_amd64.deb")).unwrap();
    assert_eq!(Sha256::of(&downloaded), Sha256::of(&hello.bytes));

    // Nobody else has seen anything, and no record says that it happened.
    assert_eq!(site.read("dists/stable/InRelease"), before);
    assert!(!site.archive().join("pool/main/h/hello/hello_2.0_amd64.deb").exists());
    assert_eq!(versions(&site, &site.archive()).1, "hello (1.0, other (1.0");
    assert!(!site.run(&["runs", "--json"]).ok().stdout.contains("look"));
    site.run(&["check"]).ok();

    // What is published then is what was looked at.
    let looked = std::fs::read(look.join("archives/debian/dists/stable/Release")).unwrap();
    let said = site.publish();
    assert!(said.stdout.contains("1 published, 1 superseded"), "{}", said.stdout);
    assert_eq!(site.read("dists/stable/Release"), looked);
    // Once more into the same directory, with something new.
    add(&site, "third", "1.0");
    site.run(&["publish-distro", "-R", look.to_str().unwrap()]).ok();
    assert_eq!(versions(&site, &look.join("archives/debian")).1, "hello (2.0, other (1.0");
}

#[test]
fn hooks_do_not_run_and_what_looks_like_a_mistake_is_told() {
    let site = site();
    let hook = site.root().join("distro-parts/debian/publish-distro.d/10-fails");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 3\n").unwrap();
    std::fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let look = aside(&site);
    site.run(&["publish-distro", "-R", look.to_str().unwrap()]).ok();
    std::fs::remove_file(hook).unwrap();
    site.run(&["archive", "set", "debian", "--label", "Another"]).ok();
    let said = site.run(&["publish-distro", "-R", look.to_str().unwrap()]).ends(1);
    assert!(said.stderr.contains("label"), "{}", said.stderr);
    site.run(&["publish-distro", "-R", look.to_str().unwrap(), "--allow", "label"]).ok();
}

#[test]
fn it_is_for_main_archives_and_never_inside_the_site() {
    let site = site();
    let look = aside(&site);
    let look = look.to_str().unwrap();
    let said = site.run(&["publish-distro", "--ppa", "-R", look]).ends(2);
    assert!(said.stderr.contains("cannot be used with"), "{}", said.stderr);
    site.run(&["archive", "create", "~ann/debian/tools"]).ok();
    let said = site.run(&["publish-distro", "--archive", "~ann/debian/tools", "-R", look]).ends(1);
    assert!(said.stderr.contains("--distsroot is for primary and partner archives"), "{}", said.stderr);
    assert!(!Path::new(look).exists());
    let inside = site.root().join("look/deep");
    std::os::unix::fs::symlink(site.root(), site.scratch().join("link")).unwrap();
    let linked = site.scratch().join("link/look");
    for wrong in
        [&inside, &linked, &site.root(), &site.scratch().to_path_buf(), &site.root().join("look/../x")]
    {
        let said = site.run(&["publish-distro", "-R", wrong.to_str().unwrap()]).ends(1);
        assert!(
            said.stderr.contains("lie one in the other")
                || said.stderr.contains("goes up")
                || said.stderr.contains("No such file"),
            "{wrong:?} {}",
            said.stderr
        );
    }
    assert!(!site.root().join("look").exists());
}

#[test]
fn clients_of_another_site_see_nothing_of_it() {
    let (site, other) = (site(), site());
    let before = other.read("dists/stable/InRelease");
    for wrong in [other.root().to_path_buf(), other.root().join("archives")] {
        let said = site.run(&["publish-distro", "-R", wrong.to_str().unwrap()]).ends(1);
        assert!(said.stderr.contains("belongs to the site in"), "{}", said.stderr);
    }
    assert_eq!(other.read("dists/stable/InRelease"), before);
}
