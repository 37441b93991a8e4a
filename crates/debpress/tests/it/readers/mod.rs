//! Readers while a publisher is at work: whatever Release they have read, everything that it names is there, by its hash for
//! as long as Releases are kept, and in the directory that they have opened until it has been published twice.
//!
//! Nobody sleeps and nobody is timed. [`pace`] keeps the publisher from overtaking a reader by more publications than are
//! promised to it, so that whatever a reader misses is a fault; within that they run as they will.

mod apts;
mod mirror;
mod pace;
mod publisher;
mod reader;
mod source;
mod stories;

use std::thread::ScopedJoinHandle;

use self::pace::Pace;
use self::publisher::Publisher;
use self::reader::{Met, Names};
use self::source::{Files, Http, Opened, Source};
use crate::support::http::HttpServer;
use crate::support::long;

/// What is published and read.
const SUITES: [&str; 2] = ["stable", "stable-backports"];

/// A Release stays whole by hash while so many more are published after it (`by_hash_keep`).
const SPAN: u32 = 8;

/// How often something is published while it is read.
fn publications() -> u32 {
    if long() { 300 } else { 30 }
}

/// How often each reader reads, at least.
fn reads() -> u32 {
    publications() / 10
}

/// Reads both suites again and again.
fn read(pace: &Pace, who: pace::Reader, span: u32, names: Names, mut source: impl Source) -> (u32, Met) {
    let mut met = Met::default();
    let times = pace.read(who, span, || {
        SUITES.iter().for_each(|suite| met.suite(&mut source, suite, names));
    });
    (times, met)
}

/// Figures for docs/safety.md: seen with `--nocapture`.
#[expect(clippy::print_stderr, reason = "figures for whoever asks for them")]
fn say(line: &str) {
    eprintln!("{line}");
}

fn tell(who: &str, (times, met): &(u32, Met)) {
    let Met { right, packages, releases, misfits, tries } = met;
    let (releases, misfits) = (releases.len(), misfits.len());
    say(&format!(
        "{who}: {times} reads, {right} indexes and {packages} packages of {releases} Releases, {misfits} misfits, \
         at most {tries} in a row"
    ));
}

/// Whoever promised something to these has kept it.
fn assert_whole(who: &str, read: &(u32, Met)) {
    tell(who, read);
    let (times, met) = read;
    assert!(met.misfits.is_empty(), "{who}");
    assert!(*times >= reads() && met.packages > 0 && met.releases.len() > 2, "{who}");
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[test]
fn whatever_a_reader_has_begun_with_all_that_it_names_is_there() {
    let mut publisher = Publisher::new();
    let archive = publisher.site.archive();
    let server = HttpServer::serve(&archive);
    let pace = Pace::default();
    let [files, http, opened, plain_files, plain_http] = [(); 5].map(|()| pace.reader(reads()));
    std::thread::scope(|scope| {
        let pace = &pace;
        let (archive, server) = (&archive, &server);
        let from = || Files(archive.clone());
        let by_hash = [
            scope.spawn(move || read(pace, files, SPAN, Names::ByHash, from())),
            scope.spawn(move || read(pace, http, SPAN, Names::ByHash, Http::to(server))),
        ];
        let opened = scope.spawn(move || read(pace, opened, 1, Names::Plain, Opened::of(archive)));
        let plain = [
            scope.spawn(move || read(pace, plain_files, SPAN, Names::Plain, from())),
            scope.spawn(move || read(pace, plain_http, SPAN, Names::Plain, Http::to(server))),
        ];
        pace.publish(publications(), |number| publisher.publish(number));
        for (who, thread) in ["by hash, files", "by hash, http"].into_iter().zip(by_hash) {
            assert_whole(who, &joined(thread));
        }
        assert_whole("by plain names in an open directory", &joined(opened));
        for (who, thread) in ["by plain names, files", "by plain names, http"].into_iter().zip(plain) {
            let read = joined(thread);
            tell(who, &read);
            // What does not fit is whole all the same: it is of the Release before or after.
            assert!(read.1.misfits.iter().all(|sha256| publisher.indexes.contains(sha256)), "{who}");
            assert!(read.0 >= reads() && read.1.right > 0, "{who}");
        }
    });
    assert!(publisher.returned > 3, "indexes must come back: {}", publisher.returned);
}

#[test]
fn apt_beside_a_publisher_is_right_or_says_that_it_is_not() {
    let mut publisher = Publisher::new();
    let (archive, key) = (publisher.site.archive(), publisher.site.public_key());
    let server = HttpServer::serve(&archive);
    let pace = Pace::default();
    let uris = [format!("file:{}", archive.display()), server.uri()];
    let readers = uris.each_ref().map(|_| [pace.reader(reads()), pace.reader(reads())]);
    std::thread::scope(|scope| {
        let (pace, key) = (&pace, &key);
        let started = uris.iter().zip(readers).map(|(uri, [by_hash, plain])| {
            let asking = scope.spawn(move || apts::by_hash(&apts::client(uri, key, ""), (pace, by_hash)));
            let no = "Acquire::By-Hash \"no\";";
            (uri, asking, scope.spawn(move || apts::plain(&apts::client(uri, key, no), (pace, plain))))
        });
        let started: Vec<_> = started.collect();
        pace.publish(publications(), |number| publisher.publish(number));
        for (uri, by_hash, plain) in started {
            let (times, apts::Updates { times: plain, refused, said }) = (joined(by_hash), joined(plain));
            say(&format!(
                "apt, {uri}: {times} updates by hash; {plain} by plain names, {refused} refused {said:?}"
            ));
            assert!(times >= reads() && plain >= reads(), "{uri}");
        }
    });
}

#[test]
fn mirrors_that_copy_suite_by_suite_and_then_the_pool_are_always_whole() {
    let mut publisher = Publisher::new();
    let archive = publisher.site.archive();
    let pace = Pace::default();
    let (suites, all) = (pace.reader(reads()), pace.reader(reads()));
    std::thread::scope(|scope| {
        let (pace, archive) = (&pace, &archive);
        let suites = scope.spawn(move || mirror::Mirror::of(archive).suites((pace, suites)));
        let all = scope.spawn(move || mirror::Mirror::of(archive).all_at_once((pace, all)));
        pace.publish(publications(), |number| publisher.publish(number));
        assert_whole("mirror of each suite", &joined(suites));
        let (times, mixed, vanished) = joined(all);
        say(&format!("mirror of all at once: {times} times, {mixed} mixed, {vanished} vanished"));
        assert!(times >= reads());
    });
}
