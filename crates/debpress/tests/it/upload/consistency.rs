//! A .changes against itself and against its files: each way to be wrong has its code (behaviour map 5.4, A to E).

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};

use super::on_both;
use super::world::{World, changes, deb, hello, source};

/// The codes with which an upload with this .changes, signed by alice, and these files is refused.
#[track_caller]
fn codes(world: &World, text: &BuiltFile, files: &[BuiltFile]) -> Vec<&'static str> {
    world.send("bad", &[&[world.alice.signed(text)], files].concat());
    let report = world.run();
    assert_eq!((report.accepted.len(), report.failed.len()), (0, 0), "{report:?}");
    report.rejected.iter().flat_map(|upload| &upload.reasons).map(|reason| reason.code).collect()
}

/// The .changes of `hello` 1.0 with a field changed, and its package.
fn with_field(name: &str, value: &str) -> (BuiltFile, BuiltFile) {
    let deb = deb("hello", "1.0");
    let text = ChangesBuilder::new("hello", "1.0", "noble").file(&deb).field(name, value).build();
    (text, deb)
}

#[test]
fn every_mandatory_field_must_be_there() {
    let world = World::memory();
    for field in [
        "Format",
        "Date",
        "Source",
        "Architecture",
        "Version",
        "Distribution",
        "Maintainer",
        "Changes",
        "Files",
    ] {
        let (text, deb) = with_field(field, "");
        assert_eq!(codes(&world, &text, &[deb]), ["changes.missing-field"], "{field}");
    }
}

#[test]
fn fields_that_hold_something_else() {
    let world = World::memory();
    for (field, value, code) in [
        ("Format", "2.0", "changes.unsupported-format"),
        ("Format", "1.4", "changes.unsupported-format"),
        ("Source", "He llo", "changes.bad-source"),
        ("Version", "1_0", "changes.bad-version"),
        ("Architecture", "amd64 i386!", "changes.bad-architecture"),
        ("Distribution", "sid", "suite.unknown"),
        ("Distribution", "noble sid", "suite.unknown"),
        ("Distribution", "noble-lts", "suite.unknown"),
    ] {
        let (text, deb) = with_field(field, value);
        assert_eq!(codes(&world, &text, &[deb]), [code], "{field}: {value}");
    }
}

/// Changes the text of a good .changes.
fn damaged(change: impl Fn(&str) -> String) -> (BuiltFile, BuiltFile) {
    let (text, deb) = hello("1.0");
    let bytes = change(&String::from_utf8(text.bytes).unwrap()).into_bytes();
    (BuiltFile { name: text.name, bytes }, deb)
}

/// The line of the package in the list `field`.
fn line_of(text: &str, field: &str) -> String {
    let list = text.split(&format!("\n{field}:\n")).nth(1).unwrap();
    list.lines().next().unwrap().to_owned()
}

#[test]
fn file_lists_that_are_wrong() {
    let world = World::memory();
    let in_files = |change: fn(&str) -> String| {
        damaged(move |text| {
            let line = line_of(text, "Files");
            text.replace(&line, &change(&line))
        })
    };
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let with_word = |index: usize, word: &'static str| {
        damaged(move |text| {
            let line = line_of(text, "Files");
            let mut words = words(&line);
            words[index] = word.to_owned();
            text.replace(&line, &format!(" {}", words.join(" ")))
        })
    };
    for (code, (text, deb)) in [
        ("changes.duplicate-file", in_files(|line| format!("{line}\n{line}"))),
        ("changes.bad-file-line", in_files(|line| line.replace(" optional", ""))),
        ("changes.bad-digest", with_word(0, "xyz")),
        ("changes.bad-file-size", with_word(1, "-1")),
        ("changes.bad-file-name", with_word(4, "../hello_1.0_amd64.deb")),
        ("changes.bad-file-name", with_word(4, "hello_1.0_amd64.d\u{e9}b")),
        ("changes.checksums-mismatch", with_word(1, "7")),
        ("changes.checksums-mismatch", with_word(4, "hullo_1.0_amd64.deb")),
        ("changes.malformed", damaged(|text| format!("{text}\n{text}"))),
        ("changes.malformed", damaged(|_| String::new())),
    ] {
        let told = codes(&world, &text, &[deb]);
        assert!(
            told.contains(&code) && told.iter().all(|one| one.starts_with("changes.")),
            "{code}: {told:?}"
        );
    }
}

#[test]
fn a_section_that_is_no_name_and_a_component_that_is_not_there() {
    on_both(|world| {
        for (section, code) in
            [("main/games/toys", "changes.bad-section"), ("universe/games", "component.unknown")]
        {
            let deb = DebBuilder::new("hello", "1.0", "amd64").section(section).build();
            let text = ChangesBuilder::new("hello", "1.0", "noble")
                .architecture("amd64")
                .field("Binary", "hello")
                .file_in(&deb, section, "optional")
                .build();
            assert_eq!(codes(world, &text, &[deb]), [code], "{section}");
        }
    });
}

#[test]
fn a_changes_is_called_after_what_it_is_about() {
    on_both(|world| {
        for name in
            ["hello.changes", "hello_1.0_.changes", "hello_1.1_amd64.changes", "hello_1.0_a.b.changes"]
        {
            let (text, deb) = hello("1.0");
            let text = BuiltFile { name: name.into(), ..text };
            assert_eq!(codes(world, &text, &[deb]), ["changes.name-mismatch"], "{name}");
        }
        let deb = deb("hello", "2:1.0");
        let text = changes("hello", "2:1.0", &[&deb]);
        assert_eq!(text.name, "hello_1.0_amd64.changes");
        world.send("good", &[world.alice.signed(&text), deb]);
        assert_eq!(world.run().accepted.len(), 1);
    });
}

#[test]
fn source_is_said_and_sent_or_neither() {
    on_both(|world| {
        let files = source(&world.alice, "hello", "1.0");
        let text = |architecture: &str, files: &[BuiltFile]| {
            let builder = ChangesBuilder::new("hello", "1.0", "noble").field("Architecture", architecture);
            files.iter().fold(builder, |builder, file| builder.file(file)).build()
        };
        let without_dsc: Vec<BuiltFile> =
            files[1..].iter().filter(|file| !file.name.ends_with(".dsc")).cloned().collect();
        let mut told = codes(world, &text("source", &without_dsc), &without_dsc);
        told.sort_unstable();
        told.dedup();
        assert_eq!(told, ["dsc.missing", "file.unexpected-kind"]);

        let deb = deb("hello", "1.0");
        let all = [&files[1..], std::slice::from_ref(&deb)].concat();
        assert_eq!(codes(world, &text("amd64", &all), &all), ["dsc.not-in-changes"]);

        let other = source(&world.alice, "other", "1.0");
        let all = [&files[1..], &other[1..]].concat();
        let told = codes(world, &text("source", &all), &all);
        assert!(told.contains(&"dsc.several"), "{told:?}");
    });
}

#[test]
fn architectures_are_said_and_sent() {
    on_both(|world| {
        let built = SourceBuilder::new("hello", "1.0").binary("hello", "any").build();
        let dsc = world.alice.signed(&built.dsc);
        let built = debfmt::builder::BuiltSource { dsc: dsc.clone(), ..built };
        let text =
            ChangesBuilder::new("hello", "1.0", "noble").source_files(&built).architecture("amd64").build();
        assert_eq!(codes(world, &text, &[vec![dsc], built.files].concat()), ["changes.no-binary"]);

        for (architecture, said) in [("all", "amd64"), ("amd64", "all"), ("amd64", "source")] {
            let deb = DebBuilder::new("hello", "1.0", architecture).build();
            let text =
                ChangesBuilder::new("hello", "1.0", "noble").file(&deb).field("Architecture", said).build();
            let mut expected = vec!["deb.architecture-mismatch"];
            if said == "source" {
                expected.insert(0, "dsc.missing");
            }
            assert_eq!(codes(world, &text, &[deb]), expected, "{architecture}, {said}");
        }

        // A build of the machine's own packages lists `all` too.
        let deb = deb("hello", "1.0");
        let text = ChangesBuilder::new("hello", "1.0", "noble")
            .file(&deb)
            .field("Architecture", "all amd64")
            .build();
        world.send("good", &[world.alice.signed(&text), deb]);
        assert_eq!(world.run().accepted.len(), 1);
    });
}

#[test]
fn an_upload_may_have_several_architectures() {
    on_both(|world| {
        let mut built = SourceBuilder::new("hello", "1.0").binary("hello", "any").build();
        built.dsc = world.alice.signed(&built.dsc);
        let (tool, data) =
            (deb("hello", "1.0"), DebBuilder::new("hello-data", "1.0", "all").source("hello").build());
        let text =
            ChangesBuilder::new("hello", "1.0", "noble").source_files(&built).file(&tool).file(&data).build();
        assert_eq!(text.name, "hello_1.0_multi.changes");
        world.send("up", &[vec![world.alice.signed(&text), built.dsc, tool, data], built.files].concat());
        let report = world.run();
        assert_eq!((report.accepted.len(), report.rejected), (1, vec![]));
        let detail = world.records.queue_detail(report.accepted[0].item).unwrap().unwrap();
        assert_eq!(detail.item.architectures, "source amd64 all");
        assert_eq!(detail.packages.len(), 3);
    });
}
