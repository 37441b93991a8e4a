//! Uploads that are believed.

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debfmt::digest::Sha256;
use debpress::adapters::fs::objects::FsObjects;
use debpress::adapters::openpgp::SequoiaVerifier;
use debpress::model::queue::QueueStatus;

use debpress::ports::objects::Objects;

use super::on_both;
use super::world::{SETTLE, TODAY, changes, deb, hello, revision_without_orig, run_with, source};

#[test]
fn a_name_that_the_archive_never_had_waits_as_new() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        world.send("up", &[world.alice.signed(&changes), deb.clone()]);
        let report = world.run();
        assert_eq!((report.rejected, report.failed), (vec![], vec![]));
        let filed = &report.accepted[0];
        assert_eq!((filed.name.as_str(), filed.uploader.as_str()), ("up", "alice"));
        assert_eq!(filed.status, Some(QueueStatus::New));
        assert_eq!(world.queue(), ["new hello 1.0"]);
        assert_eq!(world.tree(), ["accepted/up/hello_1.0_amd64.changes", "accepted/up/hello_1.0_amd64.deb"]);
        assert!(world.objects.has(&deb.bytes));
        let detail = world.records.queue_detail(filed.item).unwrap().unwrap();
        assert_eq!(detail.changes_text.as_bytes(), changes.bytes);
        let package = &detail.packages[0];
        assert_eq!((package.component.as_str(), package.section.as_str()), ("main", "utils"));
    });
}

#[test]
fn a_new_version_of_a_known_name_is_accepted_where_the_archive_has_it() {
    on_both(|world| {
        let first = DebBuilder::new("hello", "1.0", "amd64").section("extra/games").build();
        world.send("one", &[world.alice.signed(&changes("hello", "1.0", &[&first])), first]);
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);

        let (second, deb) = hello("1.1");
        world.send("two", &[world.alice.signed(&second), deb]);
        let report = world.run();
        assert_eq!(report.accepted[0].status, Some(QueueStatus::Accepted), "{report:?}");
        let detail = world.records.queue_detail(report.accepted[0].item).unwrap().unwrap();
        let package = &detail.packages[0];
        assert_eq!((package.component.as_str(), package.section.as_str()), ("extra", "games"));
        assert!(!package.new);
    });
}

#[test]
fn a_source_package_is_taken_with_all_its_files() {
    on_both(|world| {
        let files = source(&world.alice, "hello", "1.0-1");
        world.send("up", &files);
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (1, vec![]));
        let detail = world.records.queue_detail(report.accepted[0].item).unwrap().unwrap();
        let mut stored: Vec<_> = detail.packages[0].files.iter().map(|(name, _)| name.as_str()).collect();
        stored.sort_unstable();
        let mut sent: Vec<_> = files[1..].iter().map(|file| file.name.as_str()).collect();
        sent.sort_unstable();
        assert_eq!(stored, sent);
        assert!(files[1..].iter().all(|file| world.objects.has(&file.bytes)));
    });
}

#[test]
fn files_go_into_the_real_content_store() {
    let world = super::World::real();
    let files = source(&world.alice, "hello", "1.0-1");
    world.send("up", &files);
    let objects = FsObjects::new(world.path().join("objects"));
    let verifier = SequoiaVerifier::default();
    let report = run_with(world.records.as_ref(), &objects, world.incoming().as_ref(), &verifier);
    assert_eq!((report.accepted.len(), report.rejected, report.failed), (1, vec![], vec![]));
    for file in &files[1..] {
        let size = objects.size(&Sha256::of(&file.bytes)).unwrap();
        assert_eq!(size, Some(file.bytes.len() as u64), "{}", file.name);
    }
}

#[test]
fn an_orig_tarball_that_the_archive_has_need_not_come_again() {
    on_both(|world| {
        world.send("one", &source(&world.alice, "hello", "1.0-1"));
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);

        world.send("two", &revision_without_orig(&world.alice));
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (1, vec![]));
    });
}

#[test]
fn loose_files_are_an_upload_too() {
    on_both(|world| {
        let (changes, deb) = hello("1.0");
        let signed = world.alice.signed(&changes);
        for BuiltFile { name, bytes } in [&signed, &deb] {
            world.put(&format!("incoming/{name}"), bytes);
        }
        world.put("incoming/other.deb", b"somebody else's");
        assert_eq!(world.run().accepted.len(), 1);
        assert_eq!(
            world.tree(),
            [
                "accepted/hello_1.0_amd64/hello_1.0_amd64.changes",
                "accepted/hello_1.0_amd64/hello_1.0_amd64.deb",
                "incoming/other.deb",
            ]
        );
    });
}

#[test]
fn an_upload_in_the_making_is_left_alone_until_it_is_complete() {
    let world = super::World::memory();
    let site = world.memory_site();
    site.set_changed(TODAY.plus(-SETTLE + 1));
    let (changes, deb) = hello("1.0");
    world.send("up", std::slice::from_ref(&deb));
    let run = |world: &super::World| world.run_on(world.incoming().as_ref(), SETTLE);
    assert_eq!(run(&world).waiting, ["up"]);
    let signed = world.alice.signed(&changes);
    let half = BuiltFile { bytes: signed.bytes[..300].to_vec(), ..signed.clone() };
    world.send("up", &[half]);
    assert_eq!(run(&world).waiting, ["up"]);
    world.send("up", &[signed]);
    let report = run(&world);
    assert_eq!((report.waiting.len(), report.accepted.len()), (0, 1));
}

#[test]
fn an_upload_that_never_gets_complete_is_refused_in_the_end() {
    let world = super::World::memory();
    let (changes, _) = hello("1.0");
    world.send("up", &[world.alice.signed(&changes)]);
    world.memory_site().set_changed(TODAY.plus(-SETTLE));
    let report = world.run_on(world.incoming().as_ref(), SETTLE);
    let codes: Vec<_> = report.rejected[0].reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, ["file.missing", "upload.incomplete"]);
}

#[test]
fn debug_symbols_and_installer_packages_are_packages() {
    on_both(|world| {
        let symbols = DebBuilder::new("hello-dbgsym", "1.0", "amd64")
            .source("hello")
            .kind(debfmt::deb::DebKind::Ddeb)
            .build();
        let udeb = DebBuilder::new("hello-udeb", "1.0", "amd64")
            .source("hello")
            .kind(debfmt::deb::DebKind::Udeb)
            .build();
        let deb = deb("hello", "1.0");
        let changes = changes("hello", "1.0", &[&deb, &udeb, &symbols]);
        world.send("up", &[world.alice.signed(&changes), deb, udeb, symbols]);
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (1, vec![]));
    });
}

#[test]
fn a_changes_may_fold_its_binaries_name_none_and_speak_any_language() {
    on_both(|world| {
        let deb = deb("hello", "1.0");
        let folded = ChangesBuilder::new("hello", "1.0", "noble")
            .architecture("amd64")
            .file_in(&deb, "utils", "optional")
            .field("Binary", "hello\n hello-documentation")
            .changed_by("Žofie Ångström <alice@example.org>")
            .field("Changes", "\n hello (1.0) noble; urgency=medium\n .\n   * Größe und Ähnlichkeit: 你好")
            .build();
        let text = String::from_utf8(folded.bytes.clone()).unwrap();
        assert!(text.contains("\nBinary: hello\n hello-documentation\n"), "{text}");
        world.send("folded", &[world.alice.signed(&folded), deb]);
        let report = world.run();
        assert_eq!((report.accepted.len(), &report.rejected), (1, &vec![]), "{report:?}");
        let detail = world.records.queue_detail(report.accepted[0].item).unwrap().unwrap();
        assert_eq!(detail.changes_text, text, "letter by letter");

        let mut built = SourceBuilder::new("tool", "1.0-1").binary("tool", "any").build();
        built.dsc = world.alice.signed(&built.dsc);
        let silent =
            ChangesBuilder::new("tool", "1.0-1", "noble").source_files(&built).field("Binary", "").build();
        assert!(!String::from_utf8_lossy(&silent.bytes).contains("\nBinary:"));
        world.send("silent", &[vec![world.alice.signed(&silent), built.dsc], built.files].concat());
        let report = world.run();
        assert_eq!((report.accepted.len(), &report.rejected), (1, &vec![]), "{report:?}");
        assert_eq!(world.queue(), ["new hello 1.0", "new tool 1.0-1"]);
    });
}
