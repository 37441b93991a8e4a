//! The packages of the tour: made in memory, signed with keys made a moment ago.

use debfmt::builder::{BuiltFile, BuiltSource, ChangesBuilder, DebBuilder, SourceBuilder};
use debfmt::dsc::SourceFormat;

use crate::adapters::openpgp::{GeneratedKey, SequoiaSigner};
use crate::model::time::Timestamp;
use crate::ports::signer::{SignError, Signer};

/// An upload as a sender would put it into incoming.
pub(super) struct Upload {
    /// The directory's name.
    pub(super) directory: &'static str,
    /// Its files.
    pub(super) files: Vec<BuiltFile>,
}

/// A source with one binary for each of two machines and one for all, signed by its maker.
///
/// # Errors
/// The key cannot sign.
pub(super) fn good(key: &GeneratedKey, version: &str, now: Timestamp) -> Result<Upload, SignError> {
    let (source, binaries) = greeting(version, now);
    let source = BuiltSource { dsc: sign(key, &source.dsc, now)?, ..source };
    let mut changes =
        ChangesBuilder::new("greeting", version, "stable").source_files(&source).date(now.seconds());
    for binary in &binaries {
        changes = changes.file(binary);
    }
    let changes = sign(key, &changes.build(), now)?;
    let mut files = source.files;
    files.push(source.dsc);
    files.extend(binaries);
    files.push(changes);
    Ok(Upload { directory: "01-good", files })
}

/// The same packages under a name of authority, signed by a key that nobody knows.
///
/// # Errors
/// The key cannot sign.
pub(super) fn forged(key: &GeneratedKey, now: Timestamp) -> Result<Upload, SignError> {
    let evil = DebBuilder::new("greeting", "9.9-1", "amd64").description("not what it says").build();
    let changes = ChangesBuilder::new("greeting", "9.9-1", "stable")
        .maintainer("Ann Archer <ann@example.org>")
        .file(&evil)
        .date(now.seconds())
        .build();
    let changes = sign(key, &changes, now)?;
    Ok(Upload { directory: "02-forged", files: vec![evil, changes] })
}

/// Signed by an uploader, but the package was changed on its way.
///
/// # Errors
/// The key cannot sign.
pub(super) fn damaged(key: &GeneratedKey, now: Timestamp) -> Result<Upload, SignError> {
    let mut tool =
        DebBuilder::new("broken-tool", "1.0-1", "all").description("a tool that breaks on its way").build();
    let changes =
        ChangesBuilder::new("broken-tool", "1.0-1", "stable").file(&tool).date(now.seconds()).build();
    let changes = sign(key, &changes, now)?;
    if let Some(byte) = tool.bytes.last_mut() {
        *byte ^= 1;
    }
    Ok(Upload { directory: "03-damaged", files: vec![tool, changes] })
}

fn greeting(version: &str, now: Timestamp) -> (BuiltSource, Vec<BuiltFile>) {
    let source = SourceBuilder::new("greeting", version)
        .format(SourceFormat::V3Quilt)
        .binary("greeting", "any")
        .binary("greeting-doc", "all")
        .maintainer("Ann Archer <ann@example.org>")
        .section("misc")
        .file("greeting.sh", "#!/bin/sh\necho Hello from debpress\n")
        .mtime(now.seconds())
        .build();
    let program = |architecture: &str| {
        DebBuilder::new("greeting", version, architecture)
            .section("misc")
            .depends("greeting-doc")
            .description("says hello\n It is made for the tour of debpress and does nothing else.")
            .file("usr/bin/greeting", "#!/bin/sh\necho Hello from debpress\n")
            .mtime(now.seconds())
            .build()
    };
    let manual = DebBuilder::new("greeting-doc", version, "all")
        .source("greeting")
        .section("doc")
        // It fits every machine, whatever machine the program is for.
        .field("Multi-Arch", "foreign")
        .description("says how to say hello")
        .file("usr/share/doc/greeting/manual.txt", "Run greeting.\n")
        .mtime(now.seconds())
        .build();
    (source, vec![program("amd64"), program("arm64"), manual])
}

fn sign(key: &GeneratedKey, file: &BuiltFile, now: Timestamp) -> Result<BuiltFile, SignError> {
    let signer = SequoiaSigner::from_armoured_secret(&key.secret)?;
    Ok(BuiltFile { name: file.name.clone(), bytes: signer.clear_sign(&file.bytes, now)? })
}
