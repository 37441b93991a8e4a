//! Makes binary packages.

use std::collections::{BTreeMap, BTreeSet};

use super::{ArWriter, BuiltFile, DEFAULT_MAINTAINER, DEFAULT_TIME, Fields, TarWriter, append};
use crate::compress::Compression;
use crate::deb::DebKind;
use crate::digest::Md5;

/// Makes a binary package in memory.
///
/// ```
/// # use debfmt::builder::DebBuilder;
/// let deb = DebBuilder::new("hello", "1.0-1", "amd64").file("usr/bin/hello", b"#!/bin/sh\n").build();
/// assert_eq!(deb.name, "hello_1.0-1_amd64.deb");
/// ```
#[derive(Clone, Debug)]
pub struct DebBuilder {
    name: String,
    version: String,
    arch: String,
    kind: DebKind,
    fields: Fields,
    description: String,
    content: BTreeMap<String, Content>,
    scripts: BTreeMap<String, Vec<u8>>,
    control_compression: Option<Compression>,
    data_compression: Compression,
    mtime: i64,
}

#[derive(Clone, Debug)]
enum Content {
    File(Vec<u8>),
    Symlink(String),
}

impl DebBuilder {
    /// A package that installs nothing, compressed with xz.
    #[must_use]
    pub fn new(name: &str, version: &str, arch: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            arch: arch.to_owned(),
            kind: DebKind::Deb,
            fields: Fields::default(),
            description: format!("the package {name}\n Made to be looked at, not to be used."),
            content: BTreeMap::new(),
            scripts: BTreeMap::new(),
            control_compression: None,
            data_compression: Compression::Xz,
            mtime: DEFAULT_TIME,
        }
    }

    /// Sets what the file name ends with.
    #[must_use]
    pub fn kind(mut self, kind: DebKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets a control field. A further line of the value must begin with a blank; an empty value leaves the
    /// field out, even a mandatory one.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        if name.eq_ignore_ascii_case("Description") {
            return self.description(value);
        }
        self.fields.tell(name, value);
        self
    }

    /// Sets `Depends`.
    #[must_use]
    pub fn depends(self, relations: &str) -> Self {
        self.field("Depends", relations)
    }

    /// Sets `Description`: the synopsis, and further lines that begin with a blank.
    #[must_use]
    pub fn description(mut self, description: &str) -> Self {
        description.clone_into(&mut self.description);
        self
    }

    /// Sets `Section`, "misc" by default.
    #[must_use]
    pub fn section(self, section: &str) -> Self {
        self.field("Section", section)
    }

    /// Sets `Priority`, "optional" by default.
    #[must_use]
    pub fn priority(self, priority: &str) -> Self {
        self.field("Priority", priority)
    }

    /// Sets `Source`: "name" or "name (version)".
    #[must_use]
    pub fn source(self, source: &str) -> Self {
        self.field("Source", source)
    }

    /// Installs a file at `path`, which is relative to the root. Below a directory `bin` or `sbin` it is
    /// executable. Parent directories are made.
    #[must_use]
    pub fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.content.insert(path.to_owned(), Content::File(bytes.as_ref().to_vec()));
        self
    }

    /// Installs a symbolic link at `path`.
    #[must_use]
    pub fn symlink(mut self, path: &str, target: &str) -> Self {
        self.content.insert(path.to_owned(), Content::Symlink(target.to_owned()));
        self
    }

    /// Adds a file to the control archive: `postinst`, `conffiles`, ... One called `control` replaces the
    /// control file that would be written, whatever it holds.
    #[must_use]
    pub fn control_file(mut self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.scripts.insert(name.to_owned(), bytes.as_ref().to_vec());
        self
    }

    /// Compresses both archives like this; where a control archive may not be, it becomes gzip, as with
    /// dpkg-deb.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.data_compression = compression;
        self
    }

    /// Compresses the control archive differently from the data.
    #[must_use]
    pub fn control_compression(mut self, compression: Compression) -> Self {
        self.control_compression = Some(compression);
        self
    }

    /// Sets the time of everything in the package, in seconds since 1970 UTC.
    #[must_use]
    pub fn mtime(mut self, mtime: i64) -> Self {
        self.mtime = mtime;
        self
    }

    /// The package. The same builder always makes the same bytes.
    #[must_use]
    pub fn build(&self) -> BuiltFile {
        let data = super::compress(self.data_compression, &self.data_tar());
        let control_compression = self.control_compression.unwrap_or(match self.data_compression {
            c @ (Compression::None | Compression::Gzip | Compression::Xz | Compression::Zstd) => c,
            Compression::Bzip2 | Compression::Lzma => Compression::Gzip,
        });
        let control = super::compress(control_compression, &self.control_tar());
        let bytes = ArWriter::new()
            .mtime(self.mtime)
            .member("debian-binary", b"2.0\n")
            .member(&format!("control.tar{}", control_compression.suffix()), &control)
            .member(&format!("data.tar{}", self.data_compression.suffix()), &data)
            .finish();
        let version = super::without_epoch(&self.version);
        let name = format!("{}_{version}_{}.{}", self.name, self.arch, self.kind.extension());
        BuiltFile { name, bytes }
    }

    /// The text of the control file.
    #[must_use]
    pub fn control_text(&self) -> String {
        let mut fields = Fields::default();
        fields.set("Package", &self.name);
        fields.set("Version", &self.version);
        fields.set("Architecture", &self.arch);
        fields.set("Maintainer", DEFAULT_MAINTAINER);
        fields.set("Installed-Size", &self.installed_size().to_string());
        fields.set("Section", "misc");
        fields.set("Priority", "optional");
        fields.set_all(&self.fields);
        fields.set("Description", &self.description);
        fields.render()
    }

    /// In KiB, rounded up for each file, and one for everything else, as dpkg-gencontrol counts.
    fn installed_size(&self) -> usize {
        let content = self.content.values().map(|content| match content {
            Content::File(bytes) => bytes.len().div_ceil(1024),
            Content::Symlink(_) => 1,
        });
        content.sum::<usize>() + self.directories().len() + 1
    }

    fn directories(&self) -> BTreeSet<&str> {
        self.content
            .keys()
            .flat_map(|path| path.match_indices('/').filter_map(|(at, _)| path.get(..at)))
            .filter(|directory| !directory.is_empty())
            .collect()
    }

    fn data_tar(&self) -> Vec<u8> {
        let mut paths: BTreeMap<&str, Option<&Content>> =
            self.directories().into_iter().map(|directory| (directory, None)).collect();
        paths.extend(self.content.iter().map(|(path, content)| (path.as_str(), Some(content))));
        let mut tar = TarWriter::new().mtime(self.mtime).directory("./");
        for (path, content) in paths {
            tar = match content {
                None => tar.directory(format!("./{path}/")),
                Some(Content::Symlink(target)) => tar.symlink(format!("./{path}"), target),
                Some(Content::File(bytes)) => {
                    let executable = path.split('/').any(|part| matches!(part, "bin" | "sbin"));
                    let mode = if executable { 0o755 } else { 0o644 };
                    tar.file_with_mode(format!("./{path}"), bytes, mode)
                }
            };
        }
        tar.finish()
    }

    fn control_tar(&self) -> Vec<u8> {
        let mut files = BTreeMap::from([("control", self.control_text().into_bytes())]);
        if self.kind == DebKind::Deb && !self.content.is_empty() {
            files.insert("md5sums", self.md5sums().into_bytes());
        }
        files.extend(self.scripts.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())));
        let mut tar = TarWriter::new().mtime(self.mtime).directory("./");
        for (name, bytes) in files {
            let script = matches!(name, "preinst" | "postinst" | "prerm" | "postrm" | "config");
            let mode = if script { 0o755 } else { 0o644 };
            tar = tar.file_with_mode(format!("./{name}"), &bytes, mode);
        }
        tar.finish()
    }

    fn md5sums(&self) -> String {
        let mut text = String::new();
        for (path, content) in &self.content {
            if let Content::File(bytes) = content {
                append(&mut text, format_args!("{}  {path}\n", Md5::of(bytes)));
            }
        }
        text
    }
}
