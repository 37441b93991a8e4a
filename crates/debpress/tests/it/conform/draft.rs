//! An archive made in memory, sound unless somebody spoils it: before its Release is made, as it is made, or on disk.

use std::collections::BTreeMap;
use std::path::Path;

use debfmt::builder::{DEFAULT_TIME, DebBuilder, SourceBuilder, compress};
use debfmt::compress::Compression;
use debfmt::digest::{Md5, Sha256};
use debfmt::packages::description_md5;
use debfmt::pdiff;
use debfmt::release::format_date;
use debpress::adapters::openpgp::{KeySpec, SequoiaSigner};
use debpress::model::time::Timestamp;
use debpress::ports::signer::Signer;

/// When everything is made; it is judged an hour later.
pub(super) const MADE: Timestamp = Timestamp(DEFAULT_TIME + 86_400 * 1_000);
/// When it is judged.
pub(super) const NOW: Timestamp = Timestamp(MADE.0 + 3_600);

/// Texts and bytes by path.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The index in which most of it stands.
pub(super) const AMD64: &str = "main/binary-amd64/Packages";
/// The description of `hello`.
const LONG: &str = "greets\n Says hello, and more.";

/// What an archive is made of. Each field can be changed.
pub(super) struct Draft {
    /// Fields of Release, in their order.
    pub(super) fields: Vec<(&'static str, String)>,
    /// Indexes by path from the suite, uncompressed; each is listed so, and as `.gz` and `.xz`.
    pub(super) indexes: Files,
    /// Files of packages, from the archive's root.
    pub(super) pool: Files,
    /// The text of the index for amd64 as it was before.
    pub(super) earlier: Vec<u8>,
    /// Whether a list of patches is made of it.
    pub(super) patches: bool,
}

impl Draft {
    pub(super) fn new(suite: &str) -> Self {
        let mut draft = Self {
            fields: vec![
                ("Suite", suite.to_owned()),
                ("Date", format_date(MADE.0)),
                ("Valid-Until", format_date(MADE.0 + 86_400)),
                ("Acquire-By-Hash", "yes".to_owned()),
                ("Architectures", "amd64 i386".to_owned()),
                ("Components", "main".to_owned()),
            ],
            indexes: Files::new(),
            pool: Files::new(),
            earlier: Vec::new(),
            patches: true,
        };
        let data = draft.deb("data", "1.0", "all", "");
        let hello = draft.deb("hello", "1.0", "amd64", "");
        let other = draft.deb("hello", "1.0", "i386", "");
        draft.earlier = format!("{data}\n").into_bytes();
        draft.indexes.insert(AMD64.into(), format!("{data}\n{hello}").into());
        draft.indexes.insert("main/binary-i386/Packages".into(), format!("{data}\n{other}").into());
        let md5 = description_md5(LONG);
        let translation = format!("Package: hello\nDescription-md5: {md5}\nDescription-en: {LONG}\n");
        draft.indexes.insert("main/i18n/Translation-en".into(), translation.into());
        let contents = "usr/bin/hello utils/hello\nusr/share/data misc/data,utils/hello\n";
        draft.indexes.insert("main/Contents-amd64".into(), contents.into());
        draft.source();
        draft
    }

    /// Puts a package into the pool and gives its stanza. `mark` makes its bytes others.
    pub(super) fn deb(&mut self, name: &str, version: &str, architecture: &str, mark: &str) -> String {
        let built =
            DebBuilder::new(name, version, architecture).description(LONG).file("usr/x", mark).build();
        let path = format!("pool/{}{mark}", built.name);
        let stanza = format!(
            "Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nDescription: greets\nDescription-md5: {}\n\
             Filename: {path}\nSize: {}\nSHA256: {}\n",
            description_md5(LONG),
            built.bytes.len(),
            Sha256::of(&built.bytes),
        );
        self.pool.insert(path, built.bytes);
        stanza
    }

    fn source(&mut self) {
        let built = SourceBuilder::new("hello", "1.0").build();
        let mut lists = [String::new(), String::new()];
        for file in std::iter::once(&built.dsc).chain(&built.files) {
            let (size, name) = (file.bytes.len(), &file.name);
            lists[0].push_str(&format!(" {} {size} {name}\n", Md5::of(&file.bytes)));
            lists[1].push_str(&format!(" {} {size} {name}\n", Sha256::of(&file.bytes)));
            self.pool.insert(format!("pool/{name}"), file.bytes.clone());
        }
        let [md5, sha256] = lists;
        let stanza = format!(
            "Package: hello\nVersion: 1.0\nDirectory: pool\nFiles:\n{md5}Checksums-Sha256:\n{sha256}"
        );
        self.indexes.insert("main/source/Sources".into(), stanza.into());
    }

    /// Changes the text of an index.
    pub(super) fn edit(&mut self, index: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.indexes[index].clone()).unwrap();
        assert!(text.contains(from), "{index} has no {from:?}:\n{text}");
        self.indexes.insert(index.into(), text.replacen(from, to, 1).into());
    }

    /// Changes a field of Release; an empty value takes it away.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        let value = value.to_owned();
        self.fields.retain(|(field, _)| !value.is_empty() || *field != name);
        for (_, old) in self.fields.iter_mut().filter(|(field, _)| *field == name) {
            old.clone_from(&value);
        }
    }

    /// Appends a stanza to an index.
    pub(super) fn append(&mut self, index: &str, stanza: &str) {
        let text = self.indexes.get_mut(index).unwrap();
        text.extend_from_slice(format!("\n{stanza}").as_bytes());
    }

    /// All files of the suite that Release lists, by path from the suite.
    pub(super) fn files(&self) -> Files {
        let mut files = Files::new();
        for (path, text) in &self.indexes {
            files.insert(path.clone(), text.clone());
            files.insert(format!("{path}.gz"), compress(Compression::Gzip, text));
            files.insert(format!("{path}.xz"), compress(Compression::Xz, text));
        }
        if self.patches {
            let index = self.patch_files()[0].1.clone();
            files.insert(format!("{AMD64}.diff/Index"), index);
        }
        files
    }

    /// The list of patches, and the patch.
    fn patch_files(&self) -> [(String, Vec<u8>); 2] {
        let current = &self.indexes[AMD64];
        let script = pdiff::diff(&self.earlier, current).unwrap_or_default();
        let download = compress(Compression::Gzip, &script);
        let sum = |bytes: &[u8]| format!("{} {}", Sha256::of(bytes), bytes.len());
        let index = format!(
            "SHA256-Current: {}\nSHA256-History:\n {} one\nSHA256-Patches:\n {} one\nSHA256-Download:\n {} one.gz\n\
             X-Patch-Precedence: merged\n",
            sum(current),
            sum(&self.earlier),
            sum(&script),
            sum(&download)
        );
        [(format!("{AMD64}.diff/Index"), index.into()), (format!("{AMD64}.diff/one.gz"), download)]
    }

    /// The text of Release.
    pub(super) fn release(&self, files: &Files) -> String {
        let mut text: String = self.fields.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        text.push_str("SHA256:\n");
        for (path, bytes) in files {
            text.push_str(&format!(" {} {} {path}\n", Sha256::of(bytes), bytes.len()));
        }
        text
    }

    /// Writes it all below `root`.
    pub(super) fn write(&self, root: &Path, suite: &str, files: &Files, release: &str) {
        let dists = root.join("dists").join(suite);
        for (path, bytes) in files {
            put(&dists.join(path), bytes);
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            put(&dists.join(directory).join("by-hash/SHA256").join(Sha256::of(bytes).to_string()), bytes);
        }
        if self.patches {
            let [_, (path, patch)] = self.patch_files();
            put(&dists.join(path), &patch);
            let earlier = format!("main/binary-amd64/by-hash/SHA256/{}", Sha256::of(&self.earlier));
            put(&dists.join(earlier), &self.earlier);
        }
        for (path, bytes) in &self.pool {
            put(&root.join(path), bytes);
        }
        let signer = SequoiaSigner::from_armoured_secret(&key().0).unwrap();
        put(&dists.join("Release"), release.as_bytes());
        put(&dists.join("InRelease"), &signer.clear_sign(release.as_bytes(), MADE).unwrap());
        put(&dists.join("Release.gpg"), &signer.detach_sign(release.as_bytes(), MADE).unwrap());
    }
}

pub(super) fn put(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// The secret key that signs, and the public one that users have.
pub(super) fn key() -> &'static (Vec<u8>, Vec<u8>) {
    static KEY: std::sync::OnceLock<(Vec<u8>, Vec<u8>)> = std::sync::OnceLock::new();
    KEY.get_or_init(|| {
        let key = KeySpec::new("archive", MADE).generate().unwrap();
        (key.secret.clone(), key.public.clone())
    })
}
