//! Runs that change nothing, that keep what they have filed, and that look at one upload only.

use debfmt::builder::BuiltFile;
use debpress::model::queue::QueueStatus;
use debpress::upload::{UploadError, UploadReport, UploadSettings};

use super::on_both;
use super::runs::Faulty;
use super::world::{AT_ONCE, World, changes, deb, hello, revision_without_orig, settings, source};

fn keep() -> UploadSettings {
    UploadSettings { keep: true, ..settings(AT_ONCE) }
}

fn only(name: &str) -> UploadSettings {
    UploadSettings { only: Some(name.to_owned()), ..settings(AT_ONCE) }
}

fn put(world: &World, path: &str, files: &[BuiltFile]) {
    for file in files {
        world.put(&format!("incoming/{path}{}", file.name), &file.bytes);
    }
}

/// A good source package in a directory, a good loose package, and one that nobody has signed.
fn three_uploads(world: &World) {
    world.send("source", &source(&world.alice, "world", "1.0-1"));
    let (text, deb_1) = hello("1.0");
    put(world, "debian/", &[world.alice.signed(&text), deb_1]);
    let tool = deb("tool", "1.0");
    put(world, "debian/noble/bad/", &[changes("tool", "1.0", &[&tool]), tool]);
}

#[test]
fn a_rehearsal_judges_everything_and_changes_nothing() {
    on_both(|world| {
        three_uploads(world);
        let before = world.tree();
        let report = world.rehearse(&settings(AT_ONCE));
        let passed: Vec<_> = report.passed.iter().map(|one| (one.name.as_str(), one.status)).collect();
        let expected = [("debian/hello_1.0_amd64.changes", QueueStatus::New), ("source", QueueStatus::New)];
        assert_eq!(passed, expected, "{report:?}");
        assert_eq!((report.accepted, report.failed), (vec![], vec![]));
        let rejected = &report.rejected[0];
        assert_eq!(
            (rejected.name.as_str(), rejected.moved_to.as_str()),
            ("debian/noble/bad", "incoming/debian/noble/bad")
        );
        assert_eq!(rejected.reasons[0].code, "signature.missing");
        assert_eq!((world.tree(), world.queue(), world.objects.count()), (before, vec![], 0));

        // Then the same for good.
        assert_eq!(world.run().accepted.len(), 2);
        // What was taken would be a replay.
        let (text, deb) = hello("1.0");
        world.send("again", &[world.alice.signed(&text), deb]);
        assert_eq!(world.rehearse(&settings(AT_ONCE)).rejected[0].reasons[0].code, "changes.seen");
    });
}

#[test]
fn a_rehearsal_knows_the_files_that_the_archive_has() {
    on_both(|world| {
        world.send("one", &source(&world.alice, "hello", "1.0-1"));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);
        world.send("two", &revision_without_orig(&world.alice));
        let report = world.rehearse(&settings(AT_ONCE));
        assert_eq!((report.passed.len(), report.rejected), (1, vec![]));
    });
}

#[test]
fn what_is_kept_stays_and_is_filed_once() {
    on_both(|world| {
        three_uploads(world);
        let before = world.tree();
        let report = world.run_by(world.incoming().as_ref(), &keep());
        assert_eq!((report.accepted.len(), report.rejected.len()), (2, 1), "{report:?}");
        assert_eq!(world.tree(), before);
        assert_eq!(world.queue().len(), 2);

        let report = world.run_by(world.incoming().as_ref(), &keep());
        let told: Vec<_> = report.accepted.iter().map(|one| one.status).collect();
        assert_eq!((told, report.rejected.len()), (vec![None, None], 1));
        assert_eq!(world.queue().len(), 2);

        // A run that keeps nothing clears them away, as what they are by now.
        let report = world.run();
        let codes: Vec<_> = report.rejected.iter().map(|one| one.reasons[0].code).collect();
        assert_eq!(codes, ["changes.seen", "signature.missing", "changes.seen"]);
        assert_eq!(world.queue().len(), 2);
    });
}

#[test]
fn one_upload_is_chosen_by_its_name_or_its_path() {
    on_both(|world| {
        let upload = |version: &str| {
            let (text, deb) = hello(version);
            [world.alice.signed(&text), deb]
        };
        put(world, "up/", &upload("1.0"));
        put(world, "debian/up/", &upload("1.1"));
        put(world, "debian/other/", &upload("1.2"));
        put(world, "", &upload("1.3"));
        let run = |settings: &UploadSettings| {
            let report = world.run_by(world.incoming().as_ref(), settings);
            report.accepted.iter().map(|one| one.version.clone()).collect::<Vec<_>>()
        };
        assert_eq!(run(&only("debian/other")), ["1.2"]);
        assert_eq!(run(&only("hello_1.3_amd64.changes")), ["1.3"]);
        assert_eq!(run(&only("up")), ["1.1", "1.0"]);
        let error = world.try_run(&only("up")).unwrap_err();
        assert!(matches!(error, UploadError::NoUpload { .. }));
    });
}

#[test]
fn who_looks_at_one_upload_does_not_finish_the_work_of_dead_runs() {
    on_both(|world| {
        let (text, first) = hello("1.0");
        world.send("first", &[world.alice.signed(&text), first]);
        world.run_on(&Faulty::DiesBeforeTheMove(world.incoming()), AT_ONCE);
        let (text, second) = hello("1.1");
        world.send("second", &[world.alice.signed(&text), second]);
        let report = world.run_by(world.incoming().as_ref(), &only("second"));
        assert_eq!(report.accepted.len(), 1);
        assert_eq!(world.rehearse(&settings(AT_ONCE)).accepted, []);
        assert_eq!(world.run().accepted[0].name, "first");
    });
}

#[test]
fn of_a_directory_that_was_refused_in_part_the_report_says_what_was_filed() {
    on_both(|world| {
        let (good, deb_1) = hello("1.0");
        let tool = deb("tool", "1.0");
        let bad = changes("tool", "1.0", &[&tool]);
        world.send("up", &[world.alice.signed(&good), deb_1, bad, tool]);
        let report = world.run();
        let told: serde_json::Value =
            serde_json::from_slice(&world.bytes("rejected/up/reasons.json")).unwrap();
        let filed =
            serde_json::json!([{ "changes": "hello_1.0_amd64.changes", "item": report.accepted[0].item }]);
        assert_eq!(told["filed"], filed);
        assert_eq!(report.warnings, []);
    });
}

#[test]
fn files_that_no_changes_names_are_told() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        world.send("up", &[world.alice.signed(&text), deb]);
        put(world, "up/", &[BuiltFile { name: "notes.txt".into(), bytes: b"for later".to_vec() }]);
        world.put("incoming/up/more/hello.deb", b"");
        let report = world.run();
        assert_eq!(report.accepted.len(), 1);
        let told = &report.warnings[0];
        assert_eq!(told.name, "up");
        assert_eq!(told.message, "no .changes names notes.txt, more/hello.deb; nothing was done with it");
        assert!(world.tree().contains(&"accepted/up/notes.txt".to_owned()));
    });
}

#[test]
fn names_that_a_sender_chose_do_nothing_to_a_terminal() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        world.send("up\u{1b}[2J", &[world.alice.signed(&text), deb]);
        world.put("incoming/up\u{1b}[2J/no\u{7}tes", b"");
        let shown = |report: UploadReport| format!("{:?}", (report.passed, report.accepted, report.warnings));
        for told in [shown(world.rehearse(&settings(AT_ONCE))), shown(world.run())] {
            assert!(told.contains("up\u{fffd}[2J") && told.contains("no\u{fffd}tes"), "{told}");
        }
    });
}
