//! Patches of indexes in the hands of the real apt.

use debfmt::builder::{DebBuilder, SourceBuilder};
use debfmt::digest::Sha256;
use debfmt::limits::Limits;
use debfmt::pdiff::DiffIndex;

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::newest::with_either_apt;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, tool};

const PACKAGES: &str = "dists/stable/main/binary-amd64/Packages";

/// A site with enough packages that a patch is worth it, a web server before it, and a client that has seen it.
struct Story {
    site: TestSite,
    server: HttpServer,
    version: u32,
}

impl Story {
    fn new(pdiffs: &str) -> Self {
        let site = TestSite::new(&["amd64"]);
        site.run(&["series", "set", "stable", "--option", pdiffs]).ok();
        let package = |number: u32| {
            DebBuilder::new(&format!("package-{number:02}"), "1", "amd64").depends("libc6 (>= 2.36)").build()
        };
        site.add("stable", &(0..40).map(package).collect::<Vec<_>>());
        site.add_source("stable", &SourceBuilder::new("hello", "1.0").build());
        site.publish();
        let server = HttpServer::serve(&site.archive());
        Self { site, server, version: 1 }
    }

    /// Publishes newer versions of a package and of a source, an hour later.
    fn publish(&mut self) {
        self.version += 1;
        let version = self.version.to_string();
        let name = format!("package-{:02}", self.version % 40);
        self.site.add("stable", &[DebBuilder::new(&name, &version, "amd64").build()]);
        self.site.add_source("stable", &SourceBuilder::new("hello", &version).build());
        self.publish_later();
    }

    fn publish_later(&self) {
        self.site.advance(3600);
        self.site.publish();
    }

    /// A client that has the indexes as they are now.
    fn client(&self) -> Apt {
        self.reading(Apt::new("amd64"))
    }

    /// The same with a given apt.
    fn reading(&self, apt: Apt) -> Apt {
        apt.source(&self.server.uri(), "stable", &apt.signed_by(&self.site.public_key()));
        self.update(&apt);
        apt
    }

    /// Updates a client, which must end with the right lists and say nothing of trouble; returns what it asked for, of
    /// the packages: `Index`, `patch`, `whole`, each with the answer's status.
    fn update(&self, apt: &Apt) -> String {
        self.server.take_asked();
        apt.update();
        let asked = self.server.take_asked();
        for index in [PACKAGES, "dists/stable/main/source/Sources"] {
            let packed = self.site.archive().join(format!("{index}.xz"));
            let text = Ran::of(tool("xzcat", self.site.scratch()).arg(packed)).ok().stdout;
            let end = index.trim_start_matches("dists/stable/").replace('/', "_");
            assert_eq!(
                std::fs::read_to_string(apt.list(&format!("stable_{end}"))).unwrap(),
                text,
                "{asked:#?}"
            );
        }
        let lists = self.list().map(|text| format!("/{}", Sha256::of(&text)));
        let kind = |line: &String| {
            let (status, path) = line.split_once(" /").unwrap();
            let below = path.strip_prefix("dists/stable/main/binary-amd64/")?;
            let is_list = lists.as_ref().is_some_and(|hash| below.ends_with(hash));
            // apt asks for patches by their names: they are unlike those of any other.
            let what = match below.strip_prefix("Packages.diff/") {
                Some(_) if is_list => "Index",
                Some(name) if name.starts_with("T-") => "patch",
                Some(other) => panic!("{other}"),
                None => "whole",
            };
            Some(format!("{status} {what}"))
        };
        asked.iter().filter_map(kind).collect::<Vec<_>>().join(", ")
    }

    fn list(&self) -> Option<Vec<u8>> {
        std::fs::read(self.site.archive().join(format!("{PACKAGES}.diff/Index"))).ok()
    }
}

#[test]
fn apt_fetches_one_patch_and_not_the_index_however_far_behind_it_is() {
    with_either_apt(|make| {
        let mut story = Story::new("pdiffs=3");
        let clients: Vec<Apt> = (0..5)
            .map(|_| {
                let client = story.reading(make(""));
                story.publish();
                client
            })
            .collect();
        let asked: Vec<String> = clients.iter().map(|client| story.update(client)).collect();
        // The list tells the first two that no patch leads from what they have, and they fetch the index.
        let [far, also, near, nearer, last] = &asked[..] else { panic!("{asked:?}") };
        assert_eq!([far, also], ["200 Index, 200 whole"; 2]);
        assert_eq!([near, nearer, last], ["200 Index, 200 patch"; 3]);
        assert_eq!(story.update(&clients[0]), "", "nothing new");
        // Those that were brought here by patches go on by patches.
        story.publish();
        assert!(clients.iter().all(|client| story.update(client) == "200 Index, 200 patch"));
        let madison = clients[2].run("apt-cache", &["madison", "package-07"]).ok().stdout;
        assert!(madison.contains(" 7 "), "{madison}");
    });
}

#[test]
fn apt_takes_a_patch_of_sources_too() {
    let mut story = Story::new("pdiffs=3");
    // More sources, so that the patch of one is smaller than all.
    for number in 0..20 {
        story.site.add_source("stable", &SourceBuilder::new(&format!("source-{number}"), "1.0").build());
    }
    story.publish();
    let client = story.client();
    story.publish();
    client.update();
    let asked = story.server.take_asked();
    let below =
        |directory: &str| asked.iter().filter(|line| line.contains(&format!("/source/{directory}"))).count();
    assert_eq!(
        (below("Sources.diff/by-hash/"), below("Sources.diff/T-"), below("by-hash/")),
        (1, 1, 0),
        "{asked:#?}"
    );
}

#[test]
fn apt_is_right_after_a_rollback() {
    let mut story = Story::new("pdiffs=3");
    story.publish();
    let set = |change: &str| story.site.run(&["series", "set", "stable", "--option", change]).ok();
    let at_first = story.client();
    set("long_descriptions=no");
    story.publish_later();
    let at_the_mistake = story.client();
    set("long_descriptions=yes");
    story.publish_later();
    assert_eq!(story.update(&at_the_mistake), "200 Index, 200 patch");
    assert_eq!(story.update(&at_first), "", "it has that text already");
    story.publish();
    assert_eq!(story.update(&at_first), "200 Index, 200 patch");
    assert_eq!(story.update(&at_the_mistake), "200 Index, 200 patch");
}

#[test]
fn apt_falls_back_to_the_index_when_a_patch_is_damaged_or_gone() {
    with_either_apt(|make| {
        let mut story = Story::new("pdiffs=3");
        let clients = [story.reading(make("")), story.reading(make(""))];
        story.publish();
        let list = DiffIndex::parse(&story.list().unwrap(), &Limits::index()).unwrap();
        let directory = story.site.archive().join(format!("{PACKAGES}.diff"));
        let plain = directory.join(format!("{}.gz", list.patches[0].name));
        let mut bad = std::fs::read(&plain).unwrap();
        bad[12] ^= 1;
        std::fs::write(&plain, &bad).unwrap();
        assert_eq!(story.update(&clients[0]), "200 Index, 200 patch, 200 whole");
        std::fs::remove_file(&plain).unwrap();
        assert_eq!(story.update(&clients[1]), "200 Index, 404 patch, 200 whole");
    });
}

#[test]
fn apt_that_read_the_list_just_before_a_publication_finds_its_patch() {
    let mut story = Story::new("pdiffs=3");
    let client = story.client();
    story.publish();
    // What clients see of now: InRelease is old, and everything else comes from what is published later.
    let early = story.site.read("dists/stable/InRelease");
    story.publish();
    let seen = story.site.scratch().join("seen");
    std::fs::create_dir_all(seen.join("dists/stable")).unwrap();
    std::fs::write(seen.join("dists/stable/InRelease"), early).unwrap();
    std::os::unix::fs::symlink(
        story.site.archive().join("dists/stable/main"),
        seen.join("dists/stable/main"),
    )
    .unwrap();
    // The client knows the archive by one address: the server changes what it serves.
    story.server.serve_instead(&seen);
    client.update();
    let asked = story.server.take_asked();
    let patches = asked.iter().filter(|line| line.starts_with("200 ") && line.contains("Packages.diff/"));
    assert_eq!(patches.count(), 2, "{asked:#?}");
    assert!(asked.iter().all(|line| line.starts_with("200 ")), "{asked:#?}");
}
