//! What is inside packages: source packages are looked into, control files must make sense, files have sane times.

use debfmt::builder::{
    BuiltFile, BuiltSource, ChangesBuilder, DebBuilder, SourceBuilder, TarHeader, TarWriter, compress,
};
use debfmt::compress::Compression;
use debfmt::deb::DebKind;
use debfmt::dsc::SourceFormat;

use super::on_both;
use super::world::{TODAY, World};
use crate::support::sources::native_source;

/// The codes with which an upload is refused; empty when it is taken.
fn codes(world: &World, files: &[BuiltFile]) -> Vec<&'static str> {
    world.send("up", files);
    let report = world.run();
    assert_eq!(report.failed, []);
    report.rejected.iter().flat_map(|upload| upload.reasons.iter().map(|reason| reason.code)).collect()
}

/// An upload of a source package, signed by alice.
fn upload(world: &World, mut source: BuiltSource) -> Vec<BuiltFile> {
    source.dsc = world.alice.signed(&source.dsc);
    let version = source.dsc.name.trim_start_matches("tool_").trim_end_matches(".dsc");
    let changes = ChangesBuilder::new("tool", version, "noble").source_files(&source).build();
    [vec![world.alice.signed(&changes), source.dsc], source.files].concat()
}

fn tool(version: &str) -> SourceBuilder {
    SourceBuilder::new("tool", version).binary("tool", "any")
}

#[test]
fn a_source_package_of_every_format_is_looked_into() {
    on_both(|world| {
        for (format, version) in
            [(SourceFormat::V1, "1.0"), (SourceFormat::V1, "1.1-1"), (SourceFormat::V3Quilt, "1.2-1")]
        {
            assert_eq!(
                codes(world, &upload(world, tool(version).format(format).build())),
                [""; 0],
                "{format}"
            );
        }
        let other = |version: &str| {
            let text =
                format!("tool ({version}) noble; urgency=low\n\n  * x\n\n -- A <a@example.org>  now\n");
            tool("2.0-1").format(SourceFormat::V3Quilt).file("debian/changelog", text).build()
        };
        assert_eq!(codes(world, &upload(world, other("2.0-2"))), ["source.changelog-mismatch"]);
        let broken = tool("2.0-1").file("debian/changelog", "nonsense").build();
        assert_eq!(codes(world, &upload(world, broken)), ["source.bad-changelog"]);
        let large = tool("2.0-1").file("debian/copyright", vec![b'x'; 11 << 20]).build();
        assert_eq!(codes(world, &upload(world, large)), ["source.text-too-large"]);
    });
}

#[test]
fn an_archive_that_would_not_stay_in_its_place_is_refused() {
    on_both(|world| {
        let tar = TarWriter::new;
        let told = |tar: TarWriter| {
            codes(world, &upload(world, native_source("tool", "1.0", &tar.finish(), Compression::Gzip)))
        };
        let special =
            |typeflag| tar().entry(&TarHeader { path: b"tool/x", typeflag, ..TarHeader::default() });
        assert_eq!(told(tar().file("../evil", b"x")), ["source.unsafe-path"]);
        assert_eq!(
            told(tar().symlink("tool/x", "/etc").file("tool/x/passwd", b"x")),
            ["source.through-link"]
        );
        assert_eq!(told(special(b'3')), ["source.special-file"]);
        assert_eq!(told(special(b'Z')), ["source.bad-archive"]);
        assert_eq!(told(tar().symlink("tool/debian/changelog", "/etc/passwd")), ["source.not-a-file"]);
        assert_eq!(told(tar().file("tool/README", b"x")), ["source.no-changelog"]);
        assert_eq!(world.objects.count(), 0, "nothing of it stays");
    });
}

#[test]
fn a_package_without_a_copyright_is_taken_with_a_warning() {
    on_both(|world| {
        let log = "tool (1.0) noble; urgency=low\n\n  * x\n\n -- A <a@example.org>  now\n";
        let tar = TarWriter::new().file("tool/debian/changelog", log.as_bytes()).finish();
        world.send("up", &upload(world, native_source("tool", "1.0", &tar, Compression::Gzip)));
        let report = world.run();
        assert_eq!(report.accepted.len(), 1, "{report:?}");
        assert_eq!(report.warnings[0].message, "tool 1.0 has no debian/copyright");
    });
}

#[test]
fn what_a_source_needs_and_who_maintains_it_must_be_readable() {
    on_both(|world| {
        let with =
            |field: &str, value: &str| codes(world, &upload(world, tool("1.0").field(field, value).build()));
        assert_eq!(with("Build-Depends", "libc6 (>> )"), ["dsc.bad-relation"]);
        assert_eq!(with("Build-Conflicts-Arch", "a | | b ${x}"), ["dsc.bad-relation"]);
        assert_eq!(with("Maintainer", "nobody"), ["dsc.bad-address"]);
    });
}

/// An upload of one binary package.
fn binary(world: &World, deb: &BuiltFile) -> Vec<BuiltFile> {
    let changes = ChangesBuilder::new("hello", "1.0", "noble").file(deb).build();
    vec![world.alice.signed(&changes), deb.clone()]
}

fn hello() -> DebBuilder {
    DebBuilder::new("hello", "1.0", "amd64").section("utils").file("usr/bin/hello", "hi")
}

#[test]
fn a_control_file_must_make_sense() {
    on_both(|world| {
        let told = |deb: DebBuilder| codes(world, &binary(world, &deb.build()));
        assert_eq!(told(hello().depends("libc6 (>= 2.3")), ["deb.bad-relation"]);
        assert_eq!(told(hello().field("Breaks", "${misc:Breaks}")), ["deb.bad-relation"]);
        assert_eq!(told(hello().field("Installed-Size", "much")), ["deb.bad-field"]);
        assert_eq!(told(hello().field("Description", "")), ["deb.missing-field"]);
        let twice = told(hello().field("Recommends", "a b").field("Installed-Size", "-1"));
        assert_eq!(twice, ["deb.bad-relation", "deb.bad-field"], "all is told at once");
    });
}

#[test]
fn a_relation_that_is_there_and_empty() {
    on_both(|world| {
        let control = "Package: hello\nVersion: 1.0\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDepends: \nSection: utils\nPriority: optional\nDescription: x\n";
        let tar = |path: &str, bytes: &[u8]| {
            compress(Compression::Gzip, &TarWriter::new().mtime(1_700_000_000).file(path, bytes).finish())
        };
        let ar = debfmt::builder::ArWriter::new().member("debian-binary", b"2.0\n");
        let ar = ar.member("control.tar.gz", &tar("./control", control.as_bytes()));
        let bytes = ar.member("data.tar.gz", &tar("./usr/bin/hello", b"hi")).finish();
        let deb = BuiltFile { name: "hello_1.0_amd64.deb".into(), bytes };
        assert_eq!(codes(world, &binary(world, &deb)), ["deb.empty-relation"]);
    });
}

#[test]
fn files_are_dated_between_1975_and_tomorrow() {
    on_both(|world| {
        let told = |mtime: i64| {
            world.send("up", &binary(world, &hello().mtime(mtime).build()));
            let report = world.run();
            report.rejected.first().map(|upload| {
                let reason = &upload.reasons[0];
                (reason.code, reason.message.clone())
            })
        };
        let (code, message) = told(TODAY.0 + 2 * 86_400).unwrap();
        assert_eq!(code, "deb.time-in-future");
        assert!(message.starts_with("usr/bin/hello in it is dated 2026-"), "{message}");
        assert_eq!(told(86_400).unwrap().0, "deb.time-in-past");
        assert_eq!(told(TODAY.0 + 3_600), None, "clocks differ");
    });
}

#[test]
fn section_and_priority_are_said_once_and_the_same() {
    on_both(|world| {
        let told = |section: &str, priority: &str| {
            let deb = hello().build();
            let changes =
                ChangesBuilder::new("hello", "1.0", "noble").architecture("amd64").field("Binary", "hello");
            let changes = changes.file_in(&deb, section, priority).build();
            codes(world, &[world.alice.signed(&changes), deb])
        };
        assert_eq!(told("net", "optional"), ["deb.section-mismatch"]);
        assert_eq!(told("utils", "required"), ["deb.priority-mismatch"]);
        assert_eq!(told("-", "-"), [""; 0], "nothing is said");
    });
}

#[test]
fn debug_symbols_come_with_their_package_or_after_it() {
    on_both(|world| {
        let symbols = |version: &str, kind| {
            DebBuilder::new("hello-dbgsym", version, "amd64").source("hello").section("debug").kind(kind)
        };
        let told = |files: &[&BuiltFile]| {
            let builder = ChangesBuilder::new("hello", "1.0", "noble");
            let changes = files.iter().fold(builder, |builder, file| builder.file(file)).build();
            let mut all = vec![world.alice.signed(&changes)];
            all.extend(files.iter().map(|file| (*file).clone()));
            codes(world, &all)
        };
        let (deb, ddeb) = (hello().build(), symbols("1.0", DebKind::Ddeb).build());
        assert_eq!(told(&[&ddeb]), ["debug.orphaned"]);
        let debug_deb = symbols("1.0", DebKind::Deb).build();
        assert_eq!(told(&[&deb, &ddeb, &debug_deb]), ["debug.duplicate"]);
        assert_eq!(told(&[&deb]), [""; 0]);
        let item =
            world.records.queue_items(&debpress::ports::db::QueueFilter::default()).unwrap()[0].clone();
        world.publish(item.id, Some(item.status));
        assert_eq!(told(&[&ddeb]), [""; 0], "its package was there before");
    });
}

#[test]
fn the_people_of_a_changes_have_addresses() {
    on_both(|world| {
        let deb = hello().build();
        let changes = ChangesBuilder::new("hello", "1.0", "noble").file(&deb);
        let told =
            |changes: ChangesBuilder| codes(world, &[world.alice.signed(&changes.build()), deb.clone()]);
        let both = ["changes.bad-address", "changes.bad-address"];
        assert_eq!(told(changes.clone().maintainer("Ann")), both, "who made it is who maintains it");
        assert_eq!(told(changes.clone().changed_by("Ann <ann>")), ["changes.bad-address"]);
        assert_eq!(told(changes.changed_by("\"Lee, Ann\" <ann@example.org>")), [""; 0]);
    });
}
