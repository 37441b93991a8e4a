//! Uploads that are not believed: where they end, and what they are told.

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::model::queue::{Decision, QueueStatus};

use super::on_both;
use super::world::{Person, TODAY, World, changes, deb, hello, source};

/// Sends the files, and returns the codes with which they are refused. Nothing of them may reach the records, and
/// every file of them must lie in rejected/.
#[track_caller]
pub(super) fn refusal(world: &World, files: &[BuiltFile]) -> Vec<String> {
    let before = world.queue();
    world.send("bad", files);
    let report = world.run();
    assert_eq!((report.accepted.len(), report.failed.len(), report.rejected.len()), (0, 0, 1), "{report:?}");
    assert_eq!(world.queue(), before);
    let rejected = &report.rejected[0];
    for file in files {
        assert_eq!(world.bytes(&format!("{}/{}", rejected.moved_to, file.name)), file.bytes);
    }
    let json: serde_json::Value =
        serde_json::from_slice(&world.bytes(&format!("{}/reasons.json", rejected.moved_to))).unwrap();
    assert_eq!(json["upload"], "bad");
    let told: Vec<&str> =
        json["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    let codes: Vec<String> = rejected.reasons.iter().map(|reason| reason.code.to_owned()).collect();
    assert_eq!(told, codes);
    codes
}

/// `hello` 1.0, its .changes signed by this person.
fn signed_hello(person: &Person) -> Vec<BuiltFile> {
    let (changes, deb) = hello("1.0");
    vec![person.signed(&changes), deb]
}

#[test]
fn signatures_that_prove_nothing() {
    on_both(|world| {
        let (unsigned, deb) = hello("1.0");
        assert_eq!(refusal(world, &[unsigned, deb]), ["signature.missing"]);
        assert_eq!(refusal(world, &signed_hello(&world.mallory)), ["signature.unknown-key"]);
        assert_eq!(refusal(world, &signed_hello(&world.eve)), ["signature.expired-key"]);

        let mut forged = signed_hello(&world.alice);
        let text = String::from_utf8(forged[0].bytes.clone()).unwrap();
        forged[0].bytes = text.replace("Urgency: medium", "Urgency: high").into_bytes();
        assert_eq!(refusal(world, &forged), ["signature.bad"]);

        let mut around = signed_hello(&world.alice);
        around[0].bytes = [b"Distribution: elsewhere\n", around[0].bytes.as_slice()].concat();
        assert_eq!(refusal(world, &around), ["signature.text-outside"]);
        assert!(!world.objects.has(&signed_hello(&world.alice)[1].bytes));
    });
}

#[test]
fn files_that_are_not_what_the_changes_says() {
    on_both(|world| {
        let good = signed_hello(&world.alice);
        let (signed, deb) = (good[0].clone(), good[1].clone());
        assert_eq!(refusal(world, std::slice::from_ref(&signed)), ["file.missing", "upload.incomplete"]);

        let mut wrong = deb.clone();
        *wrong.bytes.last_mut().unwrap() ^= 1;
        let codes = refusal(world, &[signed.clone(), wrong.clone()]);
        // Each hash that the list has is shown; the damaged package is not looked into.
        assert_eq!(codes, ["file.hash-mismatch"; 3]);
        assert!(!world.objects.has(&wrong.bytes));

        let short = BuiltFile { bytes: deb.bytes[..deb.bytes.len() - 10].to_vec(), ..deb };
        assert_eq!(refusal(world, &[signed, short]), ["file.size-mismatch"]);
    });
}

#[test]
fn packages_that_are_broken_however_well_signed() {
    on_both(|world| {
        let mut cut = deb("hello", "1.0");
        cut.bytes.truncate(cut.bytes.len() - 40);
        let text = ChangesBuilder::new("hello", "1.0", "noble").architecture("amd64").file(&cut).build();
        assert_eq!(refusal(world, &[world.alice.signed(&text), cut.clone()]), ["deb.truncated"]);
        assert!(!world.objects.has(&cut.bytes));

        let nameless = DebBuilder::new("", "1.0", "amd64").build();
        let nameless = BuiltFile { name: "hello_1.0_amd64.deb".into(), ..nameless };
        let text = ChangesBuilder::new("hello", "1.0", "noble").architecture("amd64").file(&nameless).build();
        assert_eq!(refusal(world, &[world.alice.signed(&text), nameless]), ["deb.missing-field"]);
    });
}

#[test]
fn all_reasons_are_told_at_once() {
    on_both(|world| {
        let other = BuiltFile {
            name: "hallo_1.0_amd64.deb".into(),
            ..DebBuilder::new("hello", "2.0", "riscv64").source("other").section("nowhere/utils").build()
        };
        let readme = BuiltFile { name: "README.txt".into(), bytes: b"read me".to_vec() };
        let text = ChangesBuilder::new("hello", "1.0", "noble")
            .architecture("source")
            .file(&other)
            .file(&readme)
            .field("Architecture", "source amd64")
            .build();
        let text = BuiltFile { name: "hullo_1.0_amd64.changes".into(), ..text };
        let mut codes = refusal(world, &[world.alice.signed(&text), other, readme]);
        codes.sort();
        assert_eq!(
            codes,
            [
                "architecture.unknown",
                "changes.name-mismatch",
                "component.unknown",
                "deb.architecture-mismatch",
                "deb.name-mismatch",
                "deb.not-in-changes",
                "deb.version-mismatch",
                "dsc.missing",
                "file.unexpected-kind",
            ]
        );
    });
}

#[test]
fn what_an_uploader_may_not_do() {
    on_both(|world| {
        assert_eq!(refusal(world, &signed_hello(&world.bob)), ["permission.package"]);

        let in_main = DebBuilder::new("only", "1.0", "amd64").section("utils").build();
        publish(world, (changes("only", "1.0", &[&in_main]), in_main));
        let newer = DebBuilder::new("only", "1.1", "amd64").section("extra/utils").build();
        let text = changes("only", "1.1", &[&newer]);
        // It would go where the archive has it, whatever its maker writes.
        assert_eq!(refusal(world, &[world.bob.signed(&text), newer]), ["permission.component"]);
    });
}

#[test]
fn what_is_new_to_the_archive_is_looked_at_whatever_component_it_asks_for() {
    on_both(|world| {
        let in_extra = DebBuilder::new("only", "1.0", "amd64").section("extra/utils").build();
        let text = changes("only", "1.0", &[&in_extra]);
        world.send("good", &[world.bob.signed(&text), in_extra]);
        assert_eq!(world.run().accepted.len(), 1);
    });
}

#[test]
fn a_suite_that_there_is_not() {
    on_both(|world| {
        let deb = deb("hello", "1.0");
        let text = ChangesBuilder::new("hello", "1.0", "jammy").file(&deb).build();
        assert_eq!(refusal(world, &[world.alice.signed(&text), deb]), ["suite.unknown"]);
    });
}

fn publish_hello(world: &World, version: &str) {
    publish(world, hello(version));
}

fn publish(world: &World, (changes, deb): (BuiltFile, BuiltFile)) {
    world.send("first", &[world.alice.signed(&changes), deb]);
    let filed = world.run().accepted.remove(0);
    world.publish(filed.item, filed.status);
}

#[test]
fn what_the_archive_has_already() {
    on_both(|world| {
        publish_hello(world, "2.0");
        let (older, older_deb) = hello("1.0");
        assert_eq!(refusal(world, &[world.alice.signed(&older), older_deb]), ["version.not-newer"]);

        let other = DebBuilder::new("hello", "2.0", "amd64").file("usr/bin/tool", "changed").build();
        let text = changes("hello", "2.0", &[&other]);
        assert_eq!(refusal(world, &[world.alice.signed(&text), other]), ["archive.file-conflict"]);

        let (same, deb) = hello("2.0");
        assert_eq!(refusal(world, &[world.alice.signed(&same), deb]), ["changes.seen"]);
    });
}

#[test]
fn a_binary_package_of_another_source_is_not_taken_away() {
    on_both(|world| {
        let first = DebBuilder::new("hello", "1.0", "amd64").section("extra/utils").build();
        publish(world, (changes("hello", "1.0", &[&first]), first));
        // `only` is all that bob may upload, and this .deb says it was built from `only`.
        let taken = DebBuilder::new("hello", "2.0", "amd64").source("only").section("extra/utils").build();
        let text = changes("only", "2.0", &[&taken]);
        assert_eq!(refusal(world, &[world.bob.signed(&text), taken.clone()]), ["permission.takeover"]);

        // Whoever may upload both asks a person, for the name passes from one source to another.
        world.send("both", &[world.alice.signed(&text), taken]);
        let filed = world.run().accepted.remove(0);
        assert_eq!(filed.status, Some(QueueStatus::New));
        assert!(world.records.queue_detail(filed.item).unwrap().unwrap().packages[0].new);
    });
}

#[test]
fn what_waits_in_the_queue_with_another_content() {
    on_both(|world| {
        let (first, first_deb) = hello("1.0");
        world.send("first", &[world.alice.signed(&first), first_deb]);
        let filed = world.run().accepted.remove(0);
        let other = DebBuilder::new("hello", "1.0", "amd64").file("usr/bin/tool", "changed").build();
        let files = [world.alice.signed(&changes("hello", "1.0", &[&other])), other];
        assert_eq!(refusal(world, &files), ["archive.file-conflict"]);
        let told = String::from_utf8(world.bytes("rejected/bad/reasons.json")).unwrap();
        assert!(told.contains(&format!("queue item {} waits", filed.item)), "{told}");

        // Turned down, the first one leaves the name to the second.
        let decision =
            Decision { status: QueueStatus::Rejected, who: "ann".into(), at: TODAY, comment: "no".into() };
        world.records.decide(filed.item, &decision, &[]).unwrap();
        world.send("second", &files);
        assert_eq!(world.run().accepted.len(), 1);
    });
}

#[test]
fn source_packages_that_do_not_hold_together() {
    on_both(|world| {
        // The .changes is alice's, the .dsc nobody's.
        let built = SourceBuilder::new("hello", "1.0-1").binary("hello", "any").build();
        let text = ChangesBuilder::new("hello", "1.0-1", "noble").source_files(&built).build();
        let mut files = vec![world.alice.signed(&text), built.dsc];
        files.extend(built.files);
        assert_eq!(refusal(world, &files), ["signature.missing"]);

        // A .dsc of another source.
        let other = source(&world.alice, "other", "1.0-1");
        let text = ChangesBuilder::new("hello", "1.0-1", "noble").architecture("source");
        let text = other[1..].iter().fold(text, |text, file| text.file(file)).build();
        let mut files = vec![world.alice.signed(&text)];
        files.extend_from_slice(&other[1..]);
        assert_eq!(refusal(world, &files), ["dsc.source-mismatch"]);

        // A file that the .dsc names is listed nowhere else and unknown here.
        let mut files = source(&world.alice, "hello", "1.0-1");
        files.retain(|file| !file.name.contains(".orig."));
        let text = ChangesBuilder::new("hello", "1.0-1", "noble").architecture("source");
        let text = files[1..].iter().fold(text, |text, file| text.file(file)).build();
        files[0] = world.alice.signed(&text);
        assert_eq!(refusal(world, &files), ["file.missing", "upload.incomplete"]);
    });
}

#[test]
fn a_source_file_without_its_dsc_belongs_to_nothing() {
    on_both(|world| {
        let deb = deb("hello", "1.0");
        let stray = BuiltFile { name: "hello_1.0.orig.tar.gz".into(), bytes: b"stray".to_vec() };
        let text = ChangesBuilder::new("hello", "1.0", "noble").file(&deb).file(&stray).build();
        assert_eq!(refusal(world, &[world.alice.signed(&text), deb, stray]), ["file.unexpected-kind"]);
    });
}

#[test]
fn uploads_that_are_none() {
    on_both(|world| {
        assert_eq!(refusal(world, &[deb("hello", "1.0")]), ["upload.no-changes"]);

        let (text, deb) = hello("1.0");
        let odd = BuiltFile { name: "hello world.changes".into(), ..world.alice.signed(&text) };
        assert_eq!(refusal(world, &[odd, deb]), ["upload.unreadable"]);

        let nonsense = world.alice.sign(b"this is no .changes\n");
        let nonsense = BuiltFile { name: "hello_1.0_amd64.changes".into(), bytes: nonsense };
        assert_eq!(refusal(world, &[nonsense]), ["changes.malformed"]);
    });
}

#[test]
fn links_are_kept_and_never_followed() {
    let world = World::real();
    let files = signed_hello(&world.alice);
    world.send("bad", &files[..1]);
    let outside = world.path().join("outside.deb");
    std::fs::write(&outside, &files[1].bytes).unwrap();
    std::os::unix::fs::symlink(&outside, world.path().join("incoming/bad").join(&files[1].name)).unwrap();
    let report = world.run();
    assert_eq!(report.rejected[0].reasons[0].code, "upload.unreadable");
    let kept = world.path().join("rejected/bad").join(&files[1].name);
    assert!(kept.is_symlink());
    assert_eq!(std::fs::read(outside).unwrap(), files[1].bytes);
    assert_eq!(world.queue(), [""; 0]);
}
