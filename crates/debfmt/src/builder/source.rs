//! Makes source packages.

use std::collections::BTreeMap;

use super::{
    BuiltFile, DEFAULT_MAINTAINER, DEFAULT_TIME, Fields, TarWriter, append, checksum_lines, compress,
    rfc_2822, shown, split_revision, without_epoch,
};
use crate::compress::Compression;
use crate::dsc::SourceFormat;

/// A source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltSource {
    /// The `.dsc` file, unsigned.
    pub dsc: BuiltFile,
    /// The files that it names, in its order.
    pub files: Vec<BuiltFile>,
    /// The section, as an upload lists it.
    pub section: String,
    /// The priority, as an upload lists it.
    pub priority: String,
}

/// Makes a source package in memory that `dpkg-source -x` unpacks.
///
/// `debian/control`, `changelog`, `copyright`, `rules` and `source/format` are made up unless given.
///
/// ```
/// # use debfmt::builder::SourceBuilder;
/// let source = SourceBuilder::new("hello", "1.0-1").file("hello.c", b"int main;\n").build();
/// assert_eq!(source.dsc.name, "hello_1.0-1.dsc");
/// assert_eq!(source.files[0].name, "hello_1.0.orig.tar.xz");
/// assert_eq!(source.files[1].name, "hello_1.0-1.debian.tar.xz");
/// ```
#[derive(Clone, Debug)]
pub struct SourceBuilder {
    source: String,
    version: String,
    format: SourceFormat,
    maintainer: String,
    binaries: Vec<(String, String)>,
    files: BTreeMap<String, Vec<u8>>,
    fields: Fields,
    section: String,
    priority: String,
    distribution: String,
    compression: Compression,
    mtime: i64,
}

impl SourceBuilder {
    /// A source package compressed with xz, of the format `3.0 (quilt)` when the version has a revision, else
    /// `3.0 (native)`.
    #[must_use]
    pub fn new(source: &str, version: &str) -> Self {
        let native = split_revision(version).1.is_none();
        Self {
            source: source.to_owned(),
            version: version.to_owned(),
            format: if native { SourceFormat::V3Native } else { SourceFormat::V3Quilt },
            maintainer: DEFAULT_MAINTAINER.to_owned(),
            binaries: Vec::new(),
            files: BTreeMap::new(),
            fields: Fields::default(),
            section: "misc".to_owned(),
            priority: "optional".to_owned(),
            distribution: "unstable".to_owned(),
            compression: Compression::Xz,
            mtime: DEFAULT_TIME,
        }
    }

    /// Sets the format. `1.0` is always compressed with gzip; with a revision it is an upstream archive and a
    /// diff, in which files below `debian/` must be text.
    #[must_use]
    pub fn format(mut self, format: SourceFormat) -> Self {
        self.format = format;
        self
    }

    /// Adds a binary package; without any, one named like the source is made, for `all`.
    #[must_use]
    pub fn binary(mut self, name: &str, architecture: &str) -> Self {
        self.binaries.push((name.to_owned(), architecture.to_owned()));
        self
    }

    /// Adds a file. Below `debian/` it is packaging, else upstream's.
    #[must_use]
    pub fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.insert(path.to_owned(), bytes.as_ref().to_vec());
        self
    }

    /// Sets the maintainer.
    #[must_use]
    pub fn maintainer(mut self, maintainer: &str) -> Self {
        maintainer.clone_into(&mut self.maintainer);
        self
    }

    /// Sets the section, "misc" by default.
    #[must_use]
    pub fn section(mut self, section: &str) -> Self {
        section.clone_into(&mut self.section);
        self
    }

    /// Sets the priority, "optional" by default.
    #[must_use]
    pub fn priority(mut self, priority: &str) -> Self {
        priority.clone_into(&mut self.priority);
        self
    }

    /// Sets the distribution of the changelog entry, "unstable" by default.
    #[must_use]
    pub fn distribution(mut self, distribution: &str) -> Self {
        distribution.clone_into(&mut self.distribution);
        self
    }

    /// Sets a field of the `.dsc`; an empty value leaves it out, even a mandatory one.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.tell(name, value);
        self
    }

    /// Sets the compression of the archives, for the formats that have a choice.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets the time of everything, in seconds since 1970 UTC.
    #[must_use]
    pub fn mtime(mut self, mtime: i64) -> Self {
        self.mtime = mtime;
        self
    }

    /// The source package. The same builder always makes the same bytes.
    #[must_use]
    pub fn build(&self) -> BuiltSource {
        let files = self.archives();
        let name = format!("{}_{}.dsc", self.source, without_epoch(&self.version));
        let dsc = BuiltFile { name, bytes: self.dsc(&files).into_bytes() };
        BuiltSource { dsc, files, section: self.section.clone(), priority: self.priority.clone() }
    }

    fn archives(&self) -> Vec<BuiltFile> {
        let (upstream, revision) = split_revision(&self.version);
        let (packaging, code): (BTreeMap<_, _>, BTreeMap<_, _>) =
            self.all_files().into_iter().partition(|(path, _)| path.starts_with("debian/"));
        let top = format!("{}-{upstream}", self.source);
        let orig = |compression| self.archive(&format!("{upstream}.orig"), compression, Some(&top), &code);
        let version = without_epoch(&self.version);
        match (self.format, revision) {
            (SourceFormat::V1, Some(_)) => {
                let diff = compress(Compression::Gzip, diff(&top, &packaging).as_bytes());
                let name = format!("{}_{version}.diff.gz", self.source);
                vec![orig(Compression::Gzip), BuiltFile { name, bytes: diff }]
            }
            (SourceFormat::V3Quilt, _) => {
                let debian = self.archive(&format!("{version}.debian"), self.compression, None, &packaging);
                vec![orig(self.compression), debian]
            }
            (SourceFormat::V1, None) => {
                vec![self.archive(version, Compression::Gzip, Some(&top), &self.all_files())]
            }
            (SourceFormat::V3Native, _) => {
                vec![self.archive(version, self.compression, Some(&top), &self.all_files())]
            }
        }
    }

    /// A tar archive `SOURCE_MIDDLE.tar.*` of these files, below the directory `top`.
    fn archive(
        &self,
        middle: &str,
        compression: Compression,
        top: Option<&str>,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> BuiltFile {
        let under = |path: &str| top.map_or_else(|| path.to_owned(), |top| format!("{top}/{path}"));
        let mut tar = TarWriter::new().mtime(self.mtime);
        if let Some(top) = top {
            tar = tar.directory(format!("{top}/"));
        }
        let mut made = std::collections::BTreeSet::new();
        for (path, bytes) in files {
            for directory in path.match_indices('/').filter_map(|(at, _)| path.get(..=at)) {
                if made.insert(directory) {
                    tar = tar.directory(under(directory));
                }
            }
            let mode = if path == "debian/rules" { 0o755 } else { 0o644 };
            tar = tar.file_with_mode(under(path), bytes, mode);
        }
        let name = format!("{}_{middle}.tar{}", self.source, compression.suffix());
        BuiltFile { name, bytes: compress(compression, &tar.finish()) }
    }

    /// The files given, and those that every source package has.
    fn all_files(&self) -> BTreeMap<String, Vec<u8>> {
        let Self { source, version, distribution, maintainer, .. } = self;
        let date = rfc_2822(self.mtime);
        let changelog = format!(
            "{source} ({version}) {distribution}; urgency=medium\n\n  * Made by a builder.\n\n \
             -- {maintainer}  {date}\n"
        );
        let rules = "#!/usr/bin/make -f\n%:\n\tdh $@\n".to_owned();
        let mut files: BTreeMap<String, Vec<u8>> = [
            ("debian/changelog", changelog),
            ("debian/control", self.debian_control()),
            ("debian/copyright", "Public domain.\n".to_owned()),
            ("debian/rules", rules),
            ("debian/source/format", format!("{}\n", self.format.as_str())),
        ]
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.into_bytes()))
        .collect();
        files.extend(self.files.clone());
        files
    }

    fn debian_control(&self) -> String {
        let Self { source, section, priority, maintainer, .. } = self;
        let mut text = format!(
            "Source: {source}\nSection: {section}\nPriority: {priority}\nMaintainer: {maintainer}\n\
             Standards-Version: 4.6.2\nBuild-Depends: debhelper-compat (= 13)\n"
        );
        for (name, architecture) in self.binaries() {
            append(
                &mut text,
                format_args!(
                    "\nPackage: {name}\nArchitecture: {architecture}\nDescription: the package {name}\n"
                ),
            );
        }
        text
    }

    fn binaries(&self) -> Vec<(String, String)> {
        if self.binaries.is_empty() {
            return vec![(self.source.clone(), "all".to_owned())];
        }
        self.binaries.clone()
    }

    fn dsc(&self, files: &[BuiltFile]) -> String {
        let binaries = self.binaries();
        let names: Vec<&str> = binaries.iter().map(|(name, _)| name.as_str()).collect();
        let mut architectures: Vec<&str> = Vec::new();
        for (_, architecture) in &binaries {
            if !architectures.contains(&architecture.as_str()) {
                architectures.push(architecture);
            }
        }
        let mut list = String::new();
        for (name, architecture) in &binaries {
            append(
                &mut list,
                format_args!("\n {name} deb {} {} arch={architecture}", self.section, self.priority),
            );
        }
        let mut fields = Fields::default();
        fields.set("Format", self.format.as_str());
        fields.set("Source", &self.source);
        fields.set("Binary", &names.join(", "));
        fields.set("Architecture", &architectures.join(" "));
        fields.set("Version", &self.version);
        fields.set("Maintainer", &self.maintainer);
        fields.set("Standards-Version", "4.6.2");
        fields.set("Build-Depends", "debhelper-compat (= 13)");
        fields.set("Package-List", &list);
        fields.set("Checksums-Sha1", &checksum_lines(files, |sums| shown(sums.sha1)));
        fields.set("Checksums-Sha256", &checksum_lines(files, |sums| sums.sha256.to_string()));
        fields.set("Files", &checksum_lines(files, |sums| shown(sums.md5)));
        fields.set_all(&self.fields);
        fields.render()
    }
}

/// A unified diff that adds these files. Empty ones are left out: a diff cannot say that they exist.
fn diff(top: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut out = String::new();
    for (path, bytes) in files {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.lines().collect();
        if lines.is_empty() {
            continue;
        }
        append(
            &mut out,
            format_args!("--- {top}.orig/{path}\n+++ {top}/{path}\n@@ -0,0 +1,{} @@\n", lines.len()),
        );
        for line in lines {
            append(&mut out, format_args!("+{line}\n"));
        }
    }
    out
}
