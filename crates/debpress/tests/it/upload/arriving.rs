//! Uploads whose sender is still writing, and files that lie side by side.

use debfmt::builder::{BuiltFile, ChangesBuilder, SourceBuilder};
use debpress::upload::UploadReport;

use super::on_both;
use super::runs::Faulty;
use super::world::{AT_ONCE, SETTLE, TODAY, World, hello, settings};

fn put_loose(world: &World, file: &BuiltFile) {
    world.put(&format!("incoming/{}", file.name), &file.bytes);
}

fn codes(report: &UploadReport) -> Vec<(&str, &str)> {
    let rejected = report.rejected.iter();
    rejected.flat_map(|one| one.reasons.iter().map(|reason| (one.name.as_str(), reason.code))).collect()
}

#[test]
fn a_loose_changes_that_nobody_known_has_signed_carries_nothing_off() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        put_loose(world, &deb);
        put_loose(world, &BuiltFile { name: "evil_1.0_amd64.changes".into(), bytes: text.bytes.clone() });
        let stolen =
            BuiltFile { name: "worse_1.0_amd64.changes".into(), bytes: world.mallory.sign(&text.bytes) };
        put_loose(world, &stolen);
        let report = world.run();
        let expected = [
            ("evil_1.0_amd64.changes", "signature.missing"),
            ("worse_1.0_amd64.changes", "signature.unknown-key"),
        ];
        assert_eq!(codes(&report), expected);
        // Then its owner's .changes arrives, and all is there.
        put_loose(world, &world.alice.signed(&text));
        assert_eq!(world.run().accepted.len(), 1);
    });
}

#[test]
fn a_loose_changes_does_not_carry_off_another_one() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        let other = world.alice.signed(&text);
        let greedy = ChangesBuilder::new("greedy", "1.0", "noble").file(&other).build();
        put_loose(world, &world.bob.signed(&greedy));
        put_loose(world, &other);
        put_loose(world, &deb);
        let report = world.run();
        assert_eq!(report.accepted.len(), 1, "{report:?}");
        assert_eq!(report.rejected[0].name, "greedy_1.0_source.changes");
    });
}

#[test]
fn a_file_that_is_larger_than_listed_is_not_complete() {
    let world = World::memory();
    world.memory_site().set_changed(TODAY.plus(-1));
    let (text, mut deb) = hello("1.0");
    deb.bytes.push(b'x');
    world.send("up", &[world.alice.signed(&text), deb.clone()]);
    assert_eq!(world.run_on(world.incoming().as_ref(), SETTLE).waiting, ["up"]);
    deb.bytes.pop();
    world.send("up", &[deb]);
    assert_eq!(world.run_on(world.incoming().as_ref(), SETTLE).accepted.len(), 1);
}

#[test]
fn a_loose_upload_waits_for_the_package_that_is_still_arriving() {
    let world = World::memory();
    world.memory_site().set_changed(TODAY.plus(-SETTLE));
    let (text, deb) = hello("1.0");
    put_loose(&world, &world.alice.signed(&text));
    put_loose(&world, &BuiltFile { name: deb.name.clone(), bytes: deb.bytes[..100].to_vec() });
    let writing = |at| Faulty::StillWriting(world.incoming(), at);
    let report = world.run_on(&writing(TODAY.plus(-1)), SETTLE);
    assert_eq!((report.waiting.len(), report.rejected), (1, vec![]));
    put_loose(&world, &deb);
    assert_eq!(world.run_on(&writing(TODAY), SETTLE).accepted.len(), 1, "what is complete waits for nothing");
}

#[test]
fn a_loose_upload_whose_package_stopped_arriving_is_refused_in_the_end() {
    let world = World::memory();
    world.memory_site().set_changed(TODAY.plus(-2 * SETTLE));
    let (text, deb) = hello("1.0");
    put_loose(&world, &world.alice.signed(&text));
    put_loose(&world, &BuiltFile { name: deb.name, bytes: deb.bytes[..100].to_vec() });
    let report = world.run_on(&Faulty::StillWriting(world.incoming(), TODAY.plus(-SETTLE)), SETTLE);
    assert_eq!(report.rejected[0].reasons[0].code, "file.size-mismatch");
}

#[test]
fn what_its_sender_has_not_handed_over_yet_is_left_alone() {
    let world = World::memory();
    world.memory_site().set_changed(TODAY.plus(-1));
    let (text, deb) = hello("1.0");
    put_loose(&world, &world.alice.signed(&text));
    put_loose(&world, &deb);
    let report = world.run_on(&Faulty::Denied(world.incoming()), SETTLE);
    assert_eq!((report.waiting.len(), report.rejected, report.failed), (1, vec![], vec![]));
    // One that never is needs a person.
    world.memory_site().set_changed(TODAY.plus(-SETTLE));
    let report = world.run_on(&Faulty::Denied(world.incoming()), SETTLE);
    assert_eq!((report.waiting.len(), report.failed.len()), (0, 1));
}

#[test]
fn a_directory_waits_while_the_next_upload_in_it_has_begun() {
    let world = World::memory();
    world.memory_site().set_changed(TODAY.plus(-1));
    let (text, deb) = hello("1.0");
    let next = BuiltFile { name: "world_1.0.orig.tar.xz".into(), bytes: b"the beginning".to_vec() };
    world.send("up", &[world.alice.signed(&text), deb, next]);
    assert_eq!(world.run_on(world.incoming().as_ref(), SETTLE).waiting, ["up"]);
    world.memory_site().set_changed(TODAY.plus(-SETTLE));
    assert_eq!(world.run_on(world.incoming().as_ref(), SETTLE).accepted.len(), 1, "it never came");
}

#[test]
fn loose_uploads_that_share_a_file_get_it_both() {
    on_both(|world| {
        // Two revisions, each sent with the orig tarball, which lies there once.
        for revision in ["1.0-1", "1.0-2", "1.0-3"] {
            let mut built = SourceBuilder::new("hello", revision).binary("hello", "any").build();
            built.dsc = world.alice.signed(&built.dsc);
            let text = ChangesBuilder::new("hello", revision, "noble").source_files(&built).build();
            for file in [vec![world.alice.signed(&text), built.dsc], built.files].concat() {
                world.put(&format!("incoming/debian/{}", file.name), &file.bytes);
            }
        }
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (3, vec![]));
        let origs: Vec<String> = world.tree().into_iter().filter(|path| path.contains(".orig.")).collect();
        let expected = ["1", "2", "3"]
            .map(|revision| format!("accepted/hello_1.0-{revision}_source/hello_1.0.orig.tar.xz"));
        assert_eq!(origs, expected);
    });
}

#[test]
fn an_upload_that_lists_too_many_files_is_refused() {
    on_both(|world| {
        let (text, deb) = hello("1.0");
        world.send("up", &[world.alice.signed(&text), deb]);
        let report = world.run_by(
            world.incoming().as_ref(),
            &debpress::upload::UploadSettings { listed_bytes: 10, ..settings(AT_ONCE) },
        );
        assert_eq!(codes(&report), [("up", "upload.too-many-files")]);
    });
}
