//! Real packages, really signed, sent with dput and dput-ng into the directories of a site.

mod maintainer;

use std::process::Stdio;

use debfmt::builder::{ChangesBuilder, DebBuilder};
use debpress::adapters::openpgp::{SequoiaSigner, generate};
use debpress::adapters::sqlite::SqliteRecords;
use debpress::model::archive::NewArchive;
use debpress::ports::db::SiteRecords;
use debpress::ports::signer::Signer;

use self::maintainer::{Maintainer, Sender, THEN};
use crate::support::mirror::native_architecture;
use crate::support::site::TestSite;

/// A site that knows the maintainer, with a personal archive and target directories for its senders.
fn site_of(maintainer: &Maintainer) -> TestSite {
    let site = TestSite::unsigned(&[&native_architecture()]);
    site.run(&["uploader", "add", "ann", maintainer.public_key().to_str().unwrap()]).ok();
    let records = SqliteRecords::open(&site.root().join("debpress.db")).unwrap();
    let archive = NewArchive {
        reference: "~ann/debian/tools".parse().unwrap(),
        origin: "tools".into(),
        label: "tools".into(),
        size_limit: None,
        private: false,
    };
    records.create_archive(&archive).unwrap();
    for directory in ["debian/stable-proposed", "~ann/debian/tools"] {
        std::fs::create_dir_all(site.root().join("incoming").join(directory)).unwrap();
    }
    site
}

/// Everything below incoming but the target directories.
fn left_in_incoming(site: &TestSite) -> Vec<String> {
    let mut found = Vec::new();
    let mut directories = vec![site.root().join("incoming")];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { directories.push(path) } else { found.push(path.display().to_string()) }
        }
    }
    found
}

#[test]
fn dput_and_dput_ng_deliver_into_target_directories() {
    let maintainer = Maintainer::new();
    let site = site_of(&maintainer);
    let incoming = site.root().join("incoming");
    let hello = maintainer.build("hello", "1.0-1", &[]);
    let world = maintainer.build("world", "1.0-1", &["--build=source"]);
    let tool = maintainer.build("tool", "2.0-1", &["--build=source"]);
    maintainer.send(Sender::Dput, &incoming.join("debian"), &hello).ok();
    maintainer.send(Sender::DputNg, &incoming.join("debian/stable-proposed"), &world).ok();
    maintainer.send(Sender::DputNg, &incoming.join("~ann/debian/tools"), &tool).ok();

    let said = site.run(&["process-upload"]).ok();
    assert_eq!(
        said.stdout,
        "hello 1.0-1 by ann: filed as new, queue item 1\n\
         world 1.0-1 by ann: filed as new, queue item 2\n\
         tool 2.0-1 by ann: filed as accepted, queue item 3\n",
        "{}",
        said.stderr
    );
    let listed = site.run(&["queue", "list"]).ok().stdout;
    for part in ["stable of debian ", "stable-proposed of debian", "stable of ~ann/debian/tools"] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    assert_eq!(left_in_incoming(&site), [""; 0]);
    assert!(incoming.join("~ann/debian/tools").is_dir());

    site.run(&["queue", "accept", "1", "2"]).ok();
    site.run(&["process-accepted"]).ok();
    site.publish();
    let pool = format!("pool/main/h/hello/hello_1.0-1_{}.deb", native_architecture());
    assert!(site.archive().join(pool).is_file());
}

#[test]
fn a_later_revision_comes_without_its_orig_tarball() {
    let maintainer = Maintainer::new();
    let site = site_of(&maintainer);
    let incoming = site.root().join("incoming");
    let first = maintainer.build("hello", "1.0-1", &["--build=source"]);
    maintainer.send(Sender::Dput, &incoming.join("debian"), &first).ok();
    site.run(&["process-upload"]).ok();
    site.run(&["queue", "accept", "1"]).ok();
    site.run(&["process-accepted"]).ok();

    // The same tarball serves the archive itself and the personal archive beside it.
    for (revision, target) in [("1.0-2", "debian"), ("1.0-3", "~ann/debian/tools")] {
        let changes = maintainer.build("hello", revision, &["--build=source", "-sd"]);
        maintainer.send(Sender::Dput, &incoming.join(target), &changes).ok();
        assert!(!left_in_incoming(&site).iter().any(|path| path.contains(".orig.")));
        let said = site.run(&["process-upload"]).ok();
        assert!(
            said.stdout.starts_with(&format!("hello {revision} by ann: filed as accepted")),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn several_senders_at_once_while_uploads_are_processed() {
    let maintainer = Maintainer::new();
    let site = site_of(&maintainer);
    let incoming = site.root().join("incoming/debian");
    let uploads: Vec<String> =
        ["one", "two", "three", "four"].iter().map(|name| maintainer.build(name, "1.0-1", &[])).collect();
    let mut said = std::thread::scope(|scope| {
        let senders: Vec<_> = uploads
            .iter()
            .map(|changes| scope.spawn(|| maintainer.send(Sender::Dput, &incoming, changes).ok()))
            .collect();
        let mut said = Vec::new();
        while !senders.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            said.push(site.run(&["process-upload"]).ok());
        }
        senders.into_iter().for_each(|sender| drop(sender.join().unwrap()));
        said
    });
    said.push(site.run(&["process-upload"]).ok());
    let mut filed: Vec<&str> = said.iter().flat_map(|said| said.stdout.lines()).collect();
    filed.sort_unstable_by_key(|line| line.split(' ').next());
    assert!(!said.iter().any(|said| said.stderr.contains("rejected")), "{said:?}");
    let names: Vec<&str> = filed.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ["four", "one", "three", "two"], "{said:?}");
    assert_eq!(left_in_incoming(&site), [""; 0]);
}

#[test]
fn programs_that_share_an_incoming_file_each_upload_once() {
    let site = TestSite::unsigned(&["amd64"]);
    let key = generate("Ann <ann@example.org>", THEN).unwrap();
    let public = site.scratch().join("ann.asc");
    std::fs::write(&public, &key.public).unwrap();
    site.run(&["uploader", "add", "ann", public.to_str().unwrap()]).ok();
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    for number in 0..24 {
        let package = DebBuilder::new(&format!("tool{number}"), "1.0", "amd64").build();
        let changes = ChangesBuilder::new(&format!("tool{number}"), "1.0", "stable").file(&package).build();
        // Loose beside each other, in directories, and in directories beside what lies loose.
        let directory = match number % 3 {
            0 => "incoming/debian".to_owned(),
            1 => format!("incoming/up{number}"),
            _ => format!("incoming/debian/up{number}"),
        };
        let directory = site.root().join(directory);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(&package.name), &package.bytes).unwrap();
        std::fs::write(directory.join(&changes.name), signer.clear_sign(&changes.bytes, THEN).unwrap())
            .unwrap();
    }
    let start = || {
        let mut command = site.program();
        command.arg("process-upload").arg(site.root()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let programs: Vec<_> = (0..4).map(|_| start()).collect();
    let mut filed = Vec::new();
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        filed.extend(said.lines().map(|line| line.split(' ').next().unwrap().to_owned()));
    }
    filed.sort();
    let mut expected: Vec<String> = (0..24).map(|number| format!("tool{number}")).collect();
    expected.sort();
    assert_eq!(filed, expected);
    assert_eq!(left_in_incoming(&site), [""; 0]);
    assert_eq!(site.run(&["queue", "list"]).ok().stdout.lines().count(), 25);
    assert_eq!(std::fs::read_dir(site.root().join("accepted")).unwrap().count(), 24);
}

#[test]
fn dput_says_itself_when_there_is_no_such_directory() {
    let maintainer = Maintainer::new();
    let site = site_of(&maintainer);
    let changes = maintainer.build("hello", "1.0-1", &["--build=source"]);
    let mistyped = site.root().join("incoming/debain");
    maintainer.send(Sender::Dput, &mistyped, &changes).fails();
    // Somebody makes the directory, and then debpress says it: a directory is an upload without a path, so the path
    // that is missing shows only inside.
    std::fs::create_dir_all(mistyped.join("debain")).unwrap();
    maintainer.send(Sender::Dput, &mistyped.join("debain"), &changes).ok();
    let said = site.run(&["process-upload"]).ok();
    assert!(said.stderr.contains("target.unknown-distribution"), "{}", said.stderr);
    assert!(said.stderr.contains("`incoming = incoming/debian`"), "{}", said.stderr);
}
