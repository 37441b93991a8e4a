//! The path below incoming chooses archive and suite.

use debfmt::builder::{BuiltFile, BuiltSource, ChangesBuilder, SourceBuilder};
use debfmt::names::{DistributionName, SuiteName};
use debpress::upload::{UploadError, UploadReport, UploadSettings};

use super::on_both;
use super::runs::Faulty;
use super::world::{AT_ONCE, World, deb, hello, settings, source};

/// `hello` with this version for this suite, signed by alice.
fn hello_for(world: &World, version: &str, distribution: &str) -> [BuiltFile; 2] {
    let deb = deb("hello", version);
    let text = ChangesBuilder::new("hello", version, distribution).file(&deb).build();
    [world.alice.signed(&text), deb]
}

fn put(world: &World, path: &str, files: &[BuiltFile]) {
    for file in files {
        world.put(&format!("incoming/{path}/{}", file.name), &file.bytes);
    }
}

fn run_with(world: &World, settings: &UploadSettings) -> UploadReport {
    world.run_by(world.incoming().as_ref(), settings)
}

/// The codes of the only upload, which is refused, and its first message.
#[track_caller]
fn refusal(report: &UploadReport) -> (Vec<&str>, &str) {
    assert_eq!((report.accepted.len(), report.failed.len(), report.rejected.len()), (0, 0, 1), "{report:?}");
    let reasons = &report.rejected[0].reasons;
    (reasons.iter().map(|reason| reason.code).collect(), &reasons[0].message)
}

#[test]
fn a_path_selects_archive_and_suite_in_both_ways_of_delivery() {
    on_both(|world| {
        world.add_archive("~ann/debian/tools");
        world.add_distribution("ubuntu", "jammy");
        // Loose files and directories in target directories; directories that an upload server made.
        for (number, (path, distribution)) in [
            ("debian", "noble"),
            ("debian/noble-proposed", "noble"),
            ("debian/up", "noble-backports"),
            ("ubuntu/jammy/up", "jammy-updates"),
            ("~ann/debian/tools", "noble"),
            ("~ann/debian/tools/noble", "noble-proposed"),
            ("upload-1/debian", "noble"),
            ("upload-2/~ann/debian/tools", "noble"),
            ("upload-3/ubuntu/jammy-proposed", "jammy"),
        ]
        .into_iter()
        .enumerate()
        {
            put(world, path, &hello_for(world, &format!("1.{number}"), distribution));
        }
        let report = world.run();
        assert_eq!((report.rejected, report.failed), (vec![], vec![]));
        let mut queue = world.queue_of_suites();
        queue.sort_by_key(|line| line.rsplit_once(' ').map(|(_, version)| version.to_owned()));
        assert_eq!(
            queue,
            [
                "debian noble hello 1.0",
                "debian noble-proposed hello 1.1",
                "debian noble-backports hello 1.2",
                "ubuntu jammy hello 1.3",
                "~ann/debian/tools noble hello 1.4",
                "~ann/debian/tools noble hello 1.5",
                "debian noble hello 1.6",
                "~ann/debian/tools noble hello 1.7",
                "ubuntu jammy-proposed hello 1.8",
            ]
        );
        assert!(
            report.accepted.iter().any(|upload| upload.name == "~ann/debian/tools/hello_1.4_amd64.changes")
        );
    });
}

#[test]
fn the_longest_archive_wins() {
    on_both(|world| {
        // Without it the path would be one of debian, and no suite of it.
        world.add_archive("debian/partner");
        put(world, "debian/partner", &hello_for(world, "1.0", "noble"));
        put(world, "debian/partner/noble-proposed", &hello_for(world, "1.1", "noble"));
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (2, vec![]));
        let mut queue = world.queue_of_suites();
        queue.sort();
        assert_eq!(queue, ["debian/partner noble hello 1.0", "debian/partner noble-proposed hello 1.1"]);
    });
}

#[test]
fn a_path_that_names_nothing_is_refused_with_the_line_that_dput_needs() {
    on_both(|world| {
        world.add_archive("~ann/debian/tools");
        for (path, code, parts) in [
            (
                "up/ubuntu",
                "target.unknown-distribution",
                ["there are debian; ", "`incoming = incoming/debian`"],
            ),
            (
                "up/~ann/ubuntu/x",
                "target.unknown-distribution",
                ["\"ubuntu\"", "`incoming = incoming/~ann/debian/NAME`"],
            ),
            (
                "~ann/debian/tolls",
                "target.unknown-archive",
                ["there are ~ann/debian/tools; ", "/~ann/debian/tools`"],
            ),
            ("up/~bob/debian", "target.unknown-archive", ["\"~bob/debian\"", "`incoming = incoming/debian`"]),
            (
                "up/debian/jammy",
                "target.unknown-suite",
                ["its series are noble, each also with -security", "debian/SUITE"],
            ),
            ("debian/up/noble/x", "target.unknown-suite", ["\"debian/noble/x\"", "debian/SUITE"]),
            (
                "up/~ann/debian/tools/noble-lts",
                "target.unknown-suite",
                ["of ~ann/debian/tools", "~ann/debian/tools/SUITE"],
            ),
        ] {
            put(world, path, &hello_for(world, "1.0", "noble"));
            let report = world.run();
            let (codes, message) = refusal(&report);
            assert_eq!(codes, [code], "{path}");
            // Also where it is wrong, a target directory of a personal archive is nobody's upload.
            let is_loose = path.starts_with('~');
            assert_eq!(report.rejected[0].name.ends_with("/hello_1.0_amd64.changes"), is_loose, "{report:?}");
            assert!(parts.iter().all(|part| message.contains(part)), "{path}: {message}");
        }
    });
}

#[test]
fn a_wrong_path_is_told_with_everything_else() {
    on_both(|world| {
        let wrong = deb("hello", "2.0");
        let text = ChangesBuilder::new("hello", "1.0", "jammy").file(&wrong).build();
        put(world, "up/nowhere", &[world.alice.signed(&text), wrong]);
        let report = world.run();
        assert_eq!(refusal(&report).0, ["target.unknown-distribution", "deb.version-mismatch"]);
    });
}

#[test]
fn without_a_path_it_is_the_distribution_that_is_named_or_the_only_one() {
    on_both(|world| {
        world.add_distribution("ubuntu", "jammy");
        world.send("one", &hello_for(world, "1.0", "jammy"));
        let report = world.run();
        let (codes, message) = refusal(&report);
        assert_eq!(codes, ["target.missing"]);
        assert!(
            message.contains("there are debian, ubuntu; ")
                && message.contains("`incoming = incoming/debian`")
        );

        let ubuntu = Some(DistributionName::parse("ubuntu").unwrap());
        world.send("two", &hello_for(world, "1.1", "jammy"));
        let named = UploadSettings { distribution: ubuntu, ..settings(AT_ONCE) };
        assert_eq!(run_with(world, &named).accepted.len(), 1);
        assert_eq!(world.queue_of_suites(), ["ubuntu jammy hello 1.1"]);
    });
}

#[test]
fn the_administrator_comes_before_the_path_and_the_path_before_the_changes() {
    on_both(|world| {
        let forced = |suite: &str| UploadSettings {
            suite: Some(SuiteName::parse(suite).unwrap()),
            ..settings(AT_ONCE)
        };
        put(world, "debian/noble-proposed", &hello_for(world, "1.0", "noble"));
        run_with(world, &forced("noble-backports"));
        // What the .changes says does not matter then.
        put(world, "debian/noble-proposed", &hello_for(world, "1.1", "UNRELEASED"));
        run_with(world, &forced("noble-proposed"));
        put(world, "debian/noble-proposed", &hello_for(world, "1.2", "noble"));
        run_with(world, &settings(AT_ONCE));
        assert_eq!(
            world.queue_of_suites(),
            [
                "debian noble-backports hello 1.0",
                "debian noble-proposed hello 1.1",
                "debian noble-proposed hello 1.2"
            ]
        );
    });
}

#[test]
fn a_suite_of_the_administrator_that_no_distribution_has_refuses_nobody() {
    let world = World::memory();
    world.send("up", &hello_for(&world, "1.0", "noble"));
    let suite = Some(SuiteName::parse("nobel").unwrap());
    let error = world.try_run(&UploadSettings { suite, ..settings(AT_ONCE) }).unwrap_err();
    assert!(matches!(error, UploadError::Suite { .. }));
    assert_eq!(world.tree().len(), 2);
    assert!(world.tree().iter().all(|path| path.starts_with("incoming/up/")));

    let suite = Some(SuiteName::parse("jammy").unwrap());
    world.add_distribution("ubuntu", "jammy");
    put(&world, "debian", &hello_for(&world, "1.1", "noble"));
    let report = run_with(&world, &UploadSettings { suite, ..settings(AT_ONCE) });
    let told: Vec<&str> = report.rejected.iter().map(|upload| upload.reasons[0].code).collect();
    assert_eq!(told, ["suite.unknown", "target.missing"]);
    assert!(report.rejected[0].reasons[0].message.starts_with("--series says jammy, "));
}

#[test]
fn what_was_signed_for_one_distribution_is_not_taken_into_another() {
    on_both(|world| {
        world.add_distribution("ubuntu", "jammy");
        // A path does not make noble a suite of ubuntu.
        let files = hello_for(world, "1.0", "noble");
        put(world, "ubuntu/jammy", &files);
        let report = world.run();
        assert_eq!(refusal(&report).0, ["suite.unknown"]);

        // Both have a suite of that name: it is taken where it comes first, and nowhere else.
        world.add_distribution("mint", "noble");
        put(world, "debian", &files);
        assert_eq!(world.run().accepted.len(), 1);
        put(world, "mint", &files);
        let report = world.run();
        let (codes, message) = refusal(&report);
        assert_eq!(codes, ["changes.seen-elsewhere"]);
        assert!(message.contains("taken into debian before"), "{message}");
        // Two archives of one distribution may both have it.
        world.add_archive("~ann/debian/tools");
        put(world, "~ann/debian/tools", &files);
        assert_eq!(world.run().accepted.len(), 1);
        put(world, "~ann/debian/tools", &files);
        assert_eq!(refusal(&world.run()).0, ["changes.seen"]);
    });
}

#[test]
fn an_upload_keeps_its_target_when_the_run_dies() {
    on_both(|world| {
        world.add_archive("~ann/debian/tools");
        put(world, "~ann/debian/tools/noble", &hello_for(world, "1.0", "noble"));
        let (unsigned, deb) = hello("1.1");
        put(world, "debian/up", &[unsigned, deb]);
        world.run_on(&Faulty::DiesBeforeTheMove(world.incoming()), AT_ONCE);
        let report = world.run();
        assert_eq!((report.accepted.len(), report.accepted[0].status), (1, None), "{report:?}");
        assert_eq!(report.rejected[0].name, "debian/up");
        assert_eq!(world.queue_of_suites(), ["~ann/debian/tools noble hello 1.0"]);
        assert!(world.tree().contains(&"accepted/hello_1.0_amd64/hello_1.0_amd64.deb".to_owned()));
    });
}

/// `hello` in this version, whose orig tarball has this text in it; with the tarball, or without.
fn revision(world: &World, version: &str, text: &str, with_orig: bool) -> Vec<BuiltFile> {
    let builder = SourceBuilder::new("hello", version).binary("hello", "any").file("README", text);
    signed(world, version, builder.build(), with_orig)
}

fn signed(world: &World, version: &str, mut built: BuiltSource, with_orig: bool) -> Vec<BuiltFile> {
    built.dsc = world.alice.signed(&built.dsc);
    built.files.retain(|file| with_orig || !file.name.contains(".orig."));
    let changes = ChangesBuilder::new("hello", version, "noble").source_files(&built).build();
    [vec![world.alice.signed(&changes), built.dsc], built.files].concat()
}

#[test]
fn a_personal_archive_borrows_upstream_tarballs_of_its_distribution() {
    on_both(|world| {
        world.add_archive("~ann/debian/tools");
        put(world, "debian", &source(&world.alice, "hello", "1.0-1"));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);

        put(world, "~ann/debian/tools", &revision(world, "1.0-2", "1.0-1", false));
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (1, vec![]));
        // Its packaging is its own, also of a version that the distribution has.
        let patched = SourceBuilder::new("hello", "1.0-1").binary("hello", "any").file("README", "1.0-1");
        let patched = patched.file("debian/NEWS", "patched").build();
        put(world, "~ann/debian/tools", &signed(world, "1.0-1", patched, false));
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (1, vec![]));
        // Another tarball of that name would be two different sources of one version.
        put(world, "~ann/debian/tools", &revision(world, "1.0-3", "another", true));
        assert_eq!(refusal(&world.run()).0, ["archive.file-conflict"]);
        // The other way round nothing is lent.
        world.add_archive("~bob/debian/games");
        put(world, "~bob/debian/games", &revision(world, "2.0-1", "two", true));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);
        put(world, "debian", &revision(world, "2.0-2", "two", false));
        assert_eq!(refusal(&world.run()).0, ["file.missing", "upload.incomplete"]);
    });
}

#[test]
fn the_tarball_of_the_personal_archive_itself_comes_first() {
    on_both(|world| {
        world.add_archive("~ann/debian/tools");
        put(world, "~ann/debian/tools", &revision(world, "1.0-1", "mine", true));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);
        put(world, "debian", &revision(world, "1.0-2", "theirs", true));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);
        put(world, "~ann/debian/tools", &revision(world, "1.0-3", "mine", false));
        assert_eq!(world.run().accepted.len(), 1);
        put(world, "~ann/debian/tools", &revision(world, "1.0-4", "theirs", true));
        assert_eq!(refusal(&world.run()).0, ["archive.file-conflict"]);
    });
}
