//! Sites on which a command has much to do.

use std::os::unix::fs::PermissionsExt;

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::adapters::openpgp::SequoiaSigner;
use debpress::ports::signer::Signer;

use crate::cli::people::{THEN, uploader};
use crate::support::long;
use crate::support::site::TestSite;
use crate::support::site_copy::{SiteCopy, Start};

/// A site, a command, and what must be so afterwards.
pub(super) struct Story {
    site: TestSite,
    pub(super) command: Vec<String>,
    /// Looks at a copy when all is done.
    pub(super) end: fn(&SiteCopy),
    pub(super) hooks: bool,
}

fn package(name: &str, version: &str) -> BuiltFile {
    DebBuilder::new(name, version, "amd64").build()
}

fn words(command: &[&str]) -> Vec<String> {
    command.iter().map(|&word| word.to_owned()).collect()
}

/// The site with everything that a publication can do: packages that enter, give way, move and go, patches and lists.
fn rich() -> TestSite {
    let site = TestSite::with_components("main,contrib");
    for option in ["pdiffs=3", "contents=both", "long_descriptions=no"] {
        site.run(&["series", "set", "stable", "--option", option]).ok();
    }
    site.add("stable", &[package("hello", "1"), package("moves", "1"), package("goes", "1")]);
    site.add_source("stable", &SourceBuilder::new("hello", "1").build());
    site.publish();
    site.advance(3600);
    site.add("stable", &[package("hello", "2"), package("enters", "1")]);
    site.add_source("stable", &SourceBuilder::new("hello", "2").build());
    site.run(&["override", "moves", "--suite", "stable", "--component", "contrib"]).ok();
    site.run(&["remove", "goes", "--suite", "stable", "--reason", "a story"]).ok();
    site.advance(3600);
    site
}

const PUBLISH: [&str; 3] = ["publish-distro", "--allow", "removal"];

pub(super) fn publication() -> Story {
    Story { site: rich(), command: words(&PUBLISH), end: |_| (), hooks: false }
}

/// After the publication, when death row has work to do.
pub(super) fn death_row() -> Story {
    let site = rich();
    site.run(&PUBLISH).ok();
    site.advance(2 * 86_400);
    Story { site, command: words(&["process-death-row"]), end: |_| (), hooks: false }
}

pub(super) fn import() -> Story {
    let site = rich();
    let path = site.write(&[package("imported", "1")]).remove(0);
    let command = words(&["add", "--suite", "stable", path.to_str().unwrap()]);
    Story { site, command, end: |_| (), hooks: false }
}

/// A site with a package of which somebody has uploaded a newer version.
fn uploaded() -> TestSite {
    let site = TestSite::with_components("main,contrib");
    site.add("stable", &[package("hello", "1")]);
    site.publish();
    let key = uploader(&site, "ann");
    site.run(&["permission", "grant", "ann"]).ok();
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    for (name, version) in [("hello", "2"), ("fresh", "1")] {
        let package = package(name, version);
        let changes = ChangesBuilder::new(name, version, "stable").file(&package).build();
        let directory = site.root().join("incoming").join(name);
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join(&package.name), &package.bytes).unwrap();
        let signed = signer.clear_sign(&changes.bytes, THEN).unwrap();
        std::fs::write(directory.join(&changes.name), signed).unwrap();
    }
    site.advance(3600);
    site
}

fn hello_is_published(copy: &SiteCopy) {
    let listed = copy.run(&["ls", "hello"]).ok().stdout;
    assert!(listed.contains(" 2 "), "{listed}");
}

pub(super) fn upload() -> Story {
    let end = |copy: &SiteCopy| {
        let queue = copy.run(&["queue", "list"]).ok().stdout;
        assert_eq!((queue.matches("hello").count(), queue.matches("fresh").count()), (1, 1), "{queue}");
        copy.run(&["publish-ftpmaster"]).ok();
        hello_is_published(copy);
    };
    Story { site: uploaded(), command: words(&["process-upload"]), end, hooks: false }
}

/// A new package that somebody accepts.
pub(super) fn decision() -> Story {
    let site = uploaded();
    site.run(&["process-upload"]).ok();
    let queue = site.run(&["queue", "list", "--status", "new"]).ok().stdout;
    let line = queue.lines().find(|line| line.contains("fresh")).unwrap();
    let command = words(&["queue", "accept", line.split_whitespace().next().unwrap()]);
    let end = |copy: &SiteCopy| {
        copy.run(&["publish-ftpmaster"]).ok();
        let listed = copy.run(&["ls", "fresh"]).ok().stdout;
        assert!(listed.contains(" 1 ") && !listed.contains("pending"), "{listed}");
    };
    Story { site, command, end, hooks: false }
}

/// The accepted queue and its publication, with hooks before and after.
pub(super) fn ftpmaster() -> Story {
    let site = uploaded();
    site.run(&["process-upload"]).ok();
    for hook in ["publish-distro.d/10-note", "finalize.d/10-note"] {
        let path = site.root().join("distro-parts/debian").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "#!/bin/sh\necho \"$0\" >> notes\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    Story { site, command: words(&["publish-ftpmaster"]), end: hello_is_published, hooks: true }
}

/// A personal archive that goes.
pub(super) fn deletion() -> Story {
    let site = TestSite::new(&["amd64"]);
    uploader(&site, "ann");
    site.add("stable", &[package("stays", "1")]);
    site.publish();
    site.run(&["archive", "create", "~ann/debian/tools"]).ok();
    for name in ["one", "two"] {
        let path = site.write(&[package(name, "1")]).remove(0);
        let to = ["add", "--suite", "stable", "--archive", "~ann/debian/tools", path.to_str().unwrap()];
        site.run(&to).ok();
        site.run(&["publish-distro", "--ppa"]).ok();
        site.advance(3600);
    }
    let command = words(&["archive", "delete", "~ann/debian/tools", "--reason", "a story", "--yes"]);
    let end = |copy: &SiteCopy| {
        assert!(!copy.site().join("ppa/ann/tools").exists());
        let listed = copy.run(&["archive", "list"]).ok().stdout;
        assert!(listed.contains("~ann/debian/tools-deleted "), "{listed}");
    };
    Story { site, command, end, hooks: false }
}

impl Story {
    pub(super) fn command(&self) -> Vec<&str> {
        self.command.iter().map(String::as_str).collect()
    }

    pub(super) fn start(&self) -> Start {
        Start { root: self.site.root(), now: self.site.now() }
    }
}

/// What clients see.
pub(super) type Seen = (String, Vec<Vec<u8>>);

/// Whether a command says that its work is done already.
pub(super) fn is_over(said: &str) -> bool {
    said.contains("is deleted, and takes nothing")
        || said.contains("there is no archive")
        || said.contains("is accepted and cannot become")
}

/// Says how many points there were, in the long form.
#[expect(clippy::print_stderr, reason = "figures for docs/safety.md")]
pub(super) fn enough(what: &str, points: usize, least: usize) {
    if long() {
        eprintln!("{what}: {points} points");
    }
    assert!(points >= least, "{what}: {points} points only");
}
