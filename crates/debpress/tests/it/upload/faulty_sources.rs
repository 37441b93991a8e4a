//! A .dsc that says something wrong: each fault by its name.

use debfmt::builder::{BuiltFile, BuiltSource, ChangesBuilder, SourceBuilder, compress};
use debfmt::compress::Compression;
use debfmt::dsc::SourceFormat;

use super::on_both;
use super::world::World;
use crate::support::sources::with_archive;

/// The codes with which a source package is refused, sorted.
fn codes(world: &World, mut source: BuiltSource, changes: ChangesBuilder) -> Vec<&'static str> {
    source.dsc = world.alice.signed(&source.dsc);
    let changes = changes.source_files(&source).build();
    let files = [vec![world.alice.signed(&changes), source.dsc], source.files].concat();
    world.send("up", &files);
    let report = world.run();
    assert_eq!((report.failed.len(), report.accepted.len()), (0, 0), "{report:?}");
    let mut codes: Vec<_> = report.rejected[0].reasons.iter().map(|reason| reason.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn tool() -> ChangesBuilder {
    ChangesBuilder::new("tool", "1.0-1", "noble")
}

fn built() -> BuiltSource {
    SourceBuilder::new("tool", "1.0-1").binary("tool", "any").file("README", "x").build()
}

/// The same with another text of its .dsc.
fn with_text(change: impl Fn(&str) -> String) -> BuiltSource {
    let mut source = built();
    source.dsc.bytes = change(std::str::from_utf8(&source.dsc.bytes).unwrap()).into_bytes();
    source
}

/// The first line of Files, with its line end.
fn first_file(text: &str) -> String {
    let files = &text[text.find("\nFiles:").unwrap() + 8..];
    format!("{}\n", files.lines().next().unwrap())
}

#[test]
fn what_a_dsc_names_and_how_it_is_called() {
    on_both(|world| {
        let told = |change: &dyn Fn(&str) -> String| codes(world, with_text(change), tool());
        assert_eq!(told(&|text| text.replace("Source: tool", "Source: T_ool")), ["dsc.bad-source"]);
        let twice = |text: &str| text.replace(&first_file(text), &first_file(text).repeat(2));
        assert_eq!(told(&twice), ["dsc.duplicate-file"]);
        let fewer = |text: &str| text.replace(&first_file(text), "");
        assert_eq!(told(&fewer), ["dsc.checksums-mismatch"]);

        let mut renamed = built();
        renamed.dsc.name = "other_1.0-1.dsc".into();
        assert_eq!(codes(world, renamed, tool()), ["dsc.name-mismatch"]);
        let other = ChangesBuilder::new("tool", "1.0-2", "noble");
        assert_eq!(codes(world, built(), other), ["dsc.version-mismatch"]);
    });
}

/// A .dsc that lists one more file, which comes with it.
fn with_file(name: &str) -> BuiltSource {
    let file = BuiltFile { name: name.into(), bytes: b"x".to_vec() };
    let sums = file.checksums();
    let line = |sum: String| format!("\n {sum} 1 {name}");
    let mut source = with_text(|text| {
        let text = text.replace(
            "\nChecksums-Sha1:",
            &format!("\nChecksums-Sha1:{}", line(sums.sha1.unwrap().to_string())),
        );
        let text = text
            .replace("\nChecksums-Sha256:", &format!("\nChecksums-Sha256:{}", line(sums.sha256.to_string())));
        text.replace("\nFiles:", &format!("\nFiles:{}", line(sums.md5.unwrap().to_string())))
    });
    source.files.push(file);
    source
}

#[test]
fn the_files_of_a_format_are_there_once() {
    on_both(|world| {
        assert_eq!(codes(world, with_file("tool_1.0.orig.tar.bz2"), tool()), ["dsc.too-many-source-files"]);
        assert_eq!(codes(world, with_file("tool_1.0.orig-docs.tar.gz.asc"), tool()), ["dsc.lone-signature"]);
        assert_eq!(
            codes(world, with_file("tool_1.0.zip"), tool()),
            ["dsc.unexpected-source-file", "file.unexpected-kind"]
        );
    });
}

#[test]
fn a_patch_that_is_none() {
    on_both(|world| {
        let patched = |patch: &[u8]| {
            let builder = SourceBuilder::new("tool", "1.0-1").binary("tool", "any").file("README", "x");
            let mut source = builder.format(SourceFormat::V1).build();
            let old = source.files.iter().position(|file| file.name.ends_with(".diff.gz")).unwrap();
            let new = BuiltFile { name: source.files[old].name.clone(), bytes: patch.to_vec() };
            let mut text = String::from_utf8(source.dsc.bytes.clone()).unwrap();
            let (before, after) = (source.files[old].checksums(), new.checksums());
            for (old, new) in [
                (before.md5.unwrap().to_string(), after.md5.unwrap().to_string()),
                (before.sha1.unwrap().to_string(), after.sha1.unwrap().to_string()),
                (before.sha256.to_string(), after.sha256.to_string()),
            ] {
                text = text.replace(&format!("{old} {}", before.size), &format!("{new} {}", after.size));
            }
            source.dsc.bytes = text.into_bytes();
            source.files[old] = new;
            source
        };
        let half = compress(
            Compression::Gzip,
            b"--- a/debian/changelog\n+++ b/debian/changelog\n@@ -0,0 +1,9 @@\n+x\n",
        );
        assert_eq!(codes(world, patched(&half), tool()), ["source.bad-patch"]);
        assert_eq!(codes(world, patched(b"no gzip at all"), tool()), ["source.bad-compression"]);
    });
}

#[test]
fn where_source_packages_and_pockets_have_no_place() {
    on_both(|world| {
        world.add_archive("debian/rebuild");
        world.add_archive("~alice/debian/tools");
        let to = |path: &str, suite: &str| {
            let mut source = built();
            source.dsc = world.alice.signed(&source.dsc);
            let changes = ChangesBuilder::new("tool", "1.0-1", suite).source_files(&source).build();
            for file in [vec![world.alice.signed(&changes), source.dsc], source.files].concat() {
                world.put(&format!("incoming/{path}/up/{}", file.name), &file.bytes);
            }
            let report = world.run();
            report.rejected.first().map(|upload| upload.reasons[0].code)
        };
        assert_eq!(to("debian/rebuild", "noble"), Some("archive.no-sources"));
        assert_eq!(to("~alice/debian/tools", "noble-updates"), Some("suite.wrong-pocket"));
        assert_eq!(to("~alice/debian/tools", "noble"), None);
    });
}

#[test]
fn an_archive_that_is_empty() {
    on_both(|world| {
        let source = with_archive("tool", "1.0", Vec::new(), Compression::Gzip);
        assert_eq!(codes(world, source, ChangesBuilder::new("tool", "1.0", "noble")), ["source.bad-archive"]);
    });
}
