//! Contexts: people, build machines, another archive.

use debfmt::builder::{BuiltFile, ChangesBuilder, SourceBuilder};
use debpress::model::queue::QueueStatus;
use debpress::upload::{UploadContext, UploadPolicy, UploadReport, UploadSettings};

use super::on_both;
use super::world::{AT_ONCE, World, changes, deb, hello, settings, source};

fn policy(context: UploadContext, binaries: bool) -> UploadSettings {
    UploadSettings { policy: UploadPolicy::of(context, binaries), ..settings(AT_ONCE) }
}

fn run(world: &World, settings: &UploadSettings) -> UploadReport {
    world.run_by(world.incoming().as_ref(), settings)
}

/// Every code with which the only upload is refused.
#[track_caller]
fn codes(report: &UploadReport) -> Vec<&str> {
    assert_eq!((report.accepted.len(), report.rejected.len()), (0, 1), "{report:?}");
    report.rejected[0].reasons.iter().map(|reason| reason.code).collect()
}

/// A source package that nobody has signed, with its .changes.
fn unsigned_source(name: &str, version: &str) -> Vec<BuiltFile> {
    let built = SourceBuilder::new(name, version).binary(name, "any").build();
    let changes = ChangesBuilder::new(name, version, "noble").source_files(&built).build();
    [vec![changes, built.dsc], built.files].concat()
}

/// A source package and a binary package in one .changes, all signed by alice.
fn mixed(world: &World, version: &str) -> Vec<BuiltFile> {
    let mut built = SourceBuilder::new("hello", version).binary("hello", "any").build();
    built.dsc = world.alice.signed(&built.dsc);
    let deb = deb("hello", version);
    let text = ChangesBuilder::new("hello", version, "noble").source_files(&built).file(&deb).build();
    [vec![world.alice.signed(&text), built.dsc, deb], built.files].concat()
}

/// Makes the archive have the source of `hello`: what it was built from is there before the packages.
fn have_source(world: &World, version: &str) {
    world.send("first", &source(&world.alice, "hello", version));
    let filed = world.run().accepted.remove(0);
    world.publish(filed.item, filed.status);
}

#[test]
fn packages_of_a_build_machine_need_their_source() {
    on_both(|world| {
        let buildd = policy(UploadContext::Buildd, true);
        have_source(world, "0.9");
        let (changes, deb) = hello("1.0");
        world.send("early", &[changes.clone(), deb.clone()]);
        assert_eq!(codes(&run(world, &buildd)), ["source.not-published"]);
        have_source(world, "1.0");
        world.send("again", &[changes, deb]);
        assert_eq!(run(world, &buildd).accepted.len(), 1);
    });
}

#[test]
fn build_machines_need_no_signature_and_no_right() {
    on_both(|world| {
        have_source(world, "1.0");
        let buildd = policy(UploadContext::Buildd, false);
        let (changes, deb) = hello("1.0");
        world.send("binary", &[changes, deb]);
        world.send("source", &unsigned_source("world", "1.0"));
        let report = run(world, &buildd);
        assert_eq!((report.rejected.as_slice(), report.failed.len()), (&[][..], 0));
        assert_eq!(report.accepted[0].uploader, "buildd");
        let item = world.records.queue_detail(report.accepted[0].item).unwrap().unwrap().item;
        assert_eq!((item.uploader.as_str(), item.fingerprint.as_str()), ("buildd", ""));
        world.send("mixed", &mixed(world, "2.0"));
        assert_eq!(codes(&run(world, &buildd)), ["policy.mixed-not-allowed"]);
    });
}

#[test]
fn a_signature_that_is_not_needed_says_nothing_about_who_uploads() {
    on_both(|world| {
        have_source(world, "1.0");
        let (text, deb) = hello("1.0");
        world.send("up", &[world.mallory.signed(&text), deb]);
        let report = run(world, &policy(UploadContext::Buildd, true));
        assert_eq!(report.accepted[0].uploader, "buildd", "{report:?}");
        // But what is outside the armour is still no part of the upload.
        let (text, deb) = hello("1.1");
        let mut signed = world.alice.signed(&text);
        signed.bytes = [b"Distribution: elsewhere\n", signed.bytes.as_slice()].concat();
        world.send("around", &[signed, deb]);
        assert_eq!(codes(&run(world, &policy(UploadContext::Buildd, true))), ["signature.text-outside"]);
        let broken = BuiltFile {
            name: "hello_1.2_amd64.changes".into(),
            bytes: b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nFormat: 1.8\n".to_vec(),
        };
        world.send("broken", &[broken]);
        assert_eq!(codes(&run(world, &policy(UploadContext::Buildd, true))), ["signature.malformed"]);
    });
}

#[test]
fn loose_files_of_a_build_machine_follow_their_changes() {
    on_both(|world| {
        have_source(world, "1.0");
        let (changes, deb) = hello("1.0");
        for file in [&changes, &deb] {
            world.put(&format!("incoming/debian/noble-proposed/{}", file.name), &file.bytes);
        }
        assert_eq!(run(world, &policy(UploadContext::Buildd, true)).accepted.len(), 1);
        assert_eq!(world.queue_of_suites(), ["debian noble hello 1.0", "debian noble-proposed hello 1.0"]);
    });
}

#[test]
fn another_archive_gives_source_packages_only() {
    on_both(|world| {
        let sync = policy(UploadContext::Sync, true);
        world.send("source", &unsigned_source("hello", "1.0"));
        let report = run(world, &sync);
        assert_eq!((report.accepted.len(), report.accepted[0].status), (1, Some(QueueStatus::New)));
        // A .dsc that its maintainer has signed, whom nobody here knows.
        let mut signed = source(&world.mallory, "world", "1.0");
        signed[0].bytes = unsigned_text(&signed[1..]);
        world.send("signed", &signed);
        assert_eq!(run(world, &sync).accepted.len(), 1);
        let (text, deb) = hello("2.0");
        world.send("binary", &[text, deb]);
        assert_eq!(codes(&run(world, &sync)), ["policy.binary-not-allowed"]);
        world.send("mixed", &mixed(world, "3.0"));
        assert_eq!(codes(&run(world, &sync)), ["policy.mixed-not-allowed"]);
    });
}

/// The .changes of a source package `world` 1.0, not signed.
fn unsigned_text(files: &[BuiltFile]) -> Vec<u8> {
    let builder = ChangesBuilder::new("world", "1.0", "noble").architecture("source");
    files.iter().fold(builder, |builder, file| builder.file(file)).build().bytes
}

#[test]
fn a_site_that_builds_itself_takes_no_binaries_of_people() {
    on_both(|world| {
        let sources_only = policy(UploadContext::Insecure, false);
        let (text, deb) = hello("1.0");
        world.send("binary", &[world.alice.signed(&text), deb]);
        let report = run(world, &sources_only);
        assert_eq!(codes(&report), ["policy.binary-not-allowed"]);
        assert!(report.rejected[0].reasons[0].message.contains("`debuild -S`"), "{report:?}");
        world.send("mixed", &mixed(world, "2.0"));
        assert_eq!(codes(&run(world, &sources_only)), ["policy.mixed-not-allowed"]);
        world.send("source", &source(&world.alice, "hello", "3.0"));
        assert_eq!(run(world, &sources_only).accepted.len(), 1);
        // Where people may, they may upload both together.
        world.send("mixed", &mixed(world, "4.0"));
        assert_eq!(run(world, &policy(UploadContext::Insecure, true)).accepted.len(), 1);
    });
}

#[test]
fn a_buildinfo_need_not_be_signed_and_a_signature_that_it_has_must_be_good() {
    on_both(|world| {
        let with_buildinfo = |version: &str, buildinfo: Vec<u8>| {
            let deb = deb("hello", version);
            let name = format!("hello_{version}_amd64.buildinfo");
            let buildinfo = BuiltFile { name, bytes: buildinfo };
            let text = changes("hello", version, &[&deb, &buildinfo]);
            [world.alice.signed(&text), deb, buildinfo]
        };
        world.send("plain", &with_buildinfo("1.0", b"Format: 1.0\n".to_vec()));
        world.send("signed", &with_buildinfo("1.1", world.alice.sign(b"Format: 1.0\n")));
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (2, vec![]));
        world.send("strange", &with_buildinfo("1.2", world.mallory.sign(b"Format: 1.0\n")));
        let report = world.run();
        assert_eq!(codes(&report), ["signature.unknown-key"]);
        assert_eq!(report.rejected[0].reasons[0].file.as_deref(), Some("hello_1.2_amd64.buildinfo"));
    });
}
