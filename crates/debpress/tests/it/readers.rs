//! Readers while a publisher is at work: whatever Release they have read, everything that it names is there by its hash.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use debfmt::builder::DebBuilder;
use debfmt::clearsign;
use debfmt::compress::Compression;
use debfmt::digest::Sha256;
use debfmt::limits::Limits;
use debfmt::release::Release;

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::site::TestSite;

/// How often the archive is published while it is read.
const PUBLICATIONS: u32 = 30;

/// What a reader does again and again, until the publisher has ended.
struct Reader<'a> {
    archive: PathBuf,
    ended: &'a AtomicBool,
    /// Files that were read and are as their Release says.
    right: AtomicUsize,
}

impl Reader<'_> {
    fn read(&self) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        while !self.ended.load(Ordering::Relaxed) {
            let release = self.release();
            seen.insert(release.date.to_string());
            for file in &release.files {
                self.file(&release, &file.path, &file.checksums.sha256);
            }
        }
        seen
    }

    fn release(&self) -> Release {
        let bytes = std::fs::read(self.archive.join("dists/stable/InRelease")).unwrap();
        let document = clearsign::split(&bytes, &Limits::index()).unwrap();
        Release::parse(document.payload(), &Limits::index()).unwrap()
    }

    /// Looks at what a Release names; the texts of indexes are listed, and only their packed forms are there.
    fn file(&self, release: &Release, path: &str, sha256: &Sha256) {
        let (plain, form) = Compression::of_name(path);
        if form == Compression::None && release.files.iter().any(|it| it.path == format!("{plain}.gz")) {
            return;
        }
        let (directory, _) = path.rsplit_once('/').unwrap();
        let by_hash = self.archive.join("dists/stable").join(directory).join("by-hash/SHA256");
        let bytes = std::fs::read(by_hash.join(sha256.to_string()));
        let bytes = bytes.unwrap_or_else(|error| panic!("{path} of {}: {error}", release.date));
        assert_eq!(Sha256::of(&bytes), *sha256, "{path} of {}", release.date);
        if form == Compression::Gzip && plain.ends_with("/Packages") {
            self.packages(&bytes);
        }
        self.right.fetch_add(1, Ordering::Relaxed);
    }

    fn packages(&self, bytes: &[u8]) {
        let mut text = String::new();
        let mut decoder = debfmt::compress::decoder(Compression::Gzip, bytes, &Limits::index()).unwrap();
        std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("Filename: ")) {
            assert!(self.archive.join(line).is_file(), "{line}");
        }
    }
}

/// Updates again and again; returns how often.
fn update(key: &Path, server: &HttpServer, ended: &AtomicBool) -> usize {
    let apt = Apt::new("amd64");
    apt.source(&server.uri(), "stable", &apt.signed_by(key));
    let mut times = 0;
    while !ended.load(Ordering::Relaxed) {
        apt.update();
        times += 1;
    }
    times
}

/// Grows, changes, shrinks and goes back to what it was.
fn publish(site: &TestSite) {
    for number in 0..PUBLICATIONS {
        let version = (number / 3 + 1).to_string();
        match number % 3 {
            0 => site.add("stable", &[DebBuilder::new("hello", &version, "amd64").build()]),
            1 => site.add("stable", &[DebBuilder::new(&format!("more-{number}"), "1", "all").build()]),
            _ => {
                let gone = format!("more-{}", number - 1);
                let command = ["remove", &gone, "--suite", "stable", "--reason", "a story"];
                site.run(&command).ok();
            }
        }
        site.advance(60);
        site.run(&["publish-distro", "--allow", "removal"]).ok();
    }
}

#[test]
fn whatever_release_a_client_has_read_all_that_it_names_is_there() {
    let site = TestSite::new(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "0", "amd64").build()]);
    site.publish();
    let server = HttpServer::serve(&site.archive());
    let (ended, key) = (AtomicBool::new(false), site.public_key());
    let reader = || Reader { archive: site.archive(), ended: &ended, right: AtomicUsize::new(0) };
    let (one, two) = (reader(), reader());
    std::thread::scope(|scope| {
        let reading = [scope.spawn(|| one.read()), scope.spawn(|| two.read())];
        let updating = scope.spawn(|| update(&key, &server, &ended));
        // Those who read end also when this panics.
        let published = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| publish(&site)));
        ended.store(true, Ordering::Relaxed);
        published.unwrap();
        let seen: BTreeSet<String> = reading.into_iter().flat_map(|it| it.join().unwrap()).collect();
        assert!(seen.len() > 5, "they must have met different Releases: {seen:?}");
        assert!(updating.join().unwrap() > 3);
    });
    assert!(one.right.load(Ordering::Relaxed) + two.right.load(Ordering::Relaxed) > 1000);
}
