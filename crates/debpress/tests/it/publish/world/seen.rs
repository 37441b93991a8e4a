//! What clients see of the world.

use super::*;

impl World {
    /// A directory of the archive, of a world on disk.
    pub(crate) fn directory(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(ROOT).join(name)
    }

    /// Every file that is published, without the hashes of by-hash names.
    pub(crate) fn files(&self) -> String {
        let mut files = self.tree.inner.list(ROOT, "dists").unwrap();
        files.extend(self.tree.inner.list(ROOT, "pool").unwrap());
        files.extend(self.tree.inner.list(ROOT, ".staged").unwrap());
        let shown = files.iter().filter(|(path, _)| !path.contains("by-hash")).map(|(path, _)| path.as_str());
        shown.collect::<Vec<_>>().join("\n")
    }

    /// The text of a published file of the suite, decompressed.
    pub(crate) fn text(&self, suite: &str, path: &str) -> String {
        let bytes =
            self.bytes(&format!("dists/{suite}/{path}")).unwrap_or_else(|| panic!("no {path} in {suite}"));
        decompressed(path, &bytes)
    }

    pub(crate) fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        let key = self.key_of(path)?;
        self.tree.inner.read(ROOT, &key).unwrap()
    }

    fn key_of(&self, path: &str) -> Option<TreeKey> {
        use debpress::model::key::{IndexName, SuiteFile};
        let (suite, file) = path.strip_prefix("dists/")?.split_once('/')?;
        let suite = SuiteName::parse(suite).unwrap();
        let file = match file {
            "Release" => SuiteFile::Release,
            "InRelease" => SuiteFile::InRelease,
            "Release.gpg" => SuiteFile::ReleaseGpg,
            _ if file.contains("by-hash/SHA256/") => {
                let (directory, hash) = file.split_once("by-hash/SHA256/").unwrap();
                // Of the indexes of a directory, each has the same names by hash.
                let names = [
                    "Packages",
                    "Sources",
                    "Translation-de",
                    "Contents-all",
                    "Components-all.yml",
                    "Commands-all",
                    "Index",
                ];
                let (index, _) =
                    names.iter().find_map(|name| IndexName::of_path(&format!("{directory}{name}"))).unwrap();
                SuiteFile::ByHash(index, Sha256::from_hex(hash).unwrap())
            }
            _ => {
                let (index, compression) = IndexName::of_path(file)?;
                SuiteFile::Index(index, compression)
            }
        };
        Some(TreeKey::Live(suite, file))
    }

    /// `name version architecture` of every stanza of the index.
    pub(crate) fn index(&self, suite: &str, path: &str) -> String {
        let text = self.text(suite, path);
        let stanzas = debfmt::packages::parse_stanzas(text.as_bytes(), &Limits::index()).unwrap();
        let line = |stanza: &debfmt::deb822::Paragraph| {
            let field = |name| stanza.get(name).unwrap_or("-").to_owned();
            format!("{} {} {}", field("Package"), field("Version"), field("Architecture"))
        };
        stanzas.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// What a client sees must hang together: every file that Release lists is there with its size and hash, by its
    /// plain name and by hash, and every Filename is in the pool. `false`: the suite was never published.
    pub(crate) fn assert_consistent(&self, suite: &str) -> bool {
        self.assert_consistent_by(suite, true)
    }

    /// The same, by hash only where that is wanted.
    pub(crate) fn assert_consistent_by(&self, suite: &str, by_hash: bool) -> bool {
        let Some(release) = self.bytes(&format!("dists/{suite}/Release")) else {
            assert!(self.bytes(&format!("dists/{suite}/InRelease")).is_none());
            return false;
        };
        let release = debfmt::release::Release::parse(&release, &Limits::index()).unwrap();
        for file in release.files.iter().filter(|file| file.path.ends_with(".gz")) {
            let plain = self.bytes(&format!("dists/{suite}/{}", file.path)).unwrap();
            assert_eq!(Sha256::of(&plain), file.checksums.sha256, "{}", file.path);
            let directory = file.path.rsplit_once('/').map_or_else(String::new, |(it, _)| format!("{it}/"));
            let named = format!("dists/{suite}/{directory}by-hash/SHA256/{}", file.checksums.sha256);
            assert!(!by_hash || self.bytes(&named).unwrap() == plain, "{named}");
            let text = decompressed(&file.path, &plain);
            let listed = release.file(file.path.trim_end_matches(".gz")).unwrap();
            assert_eq!(Sha256::of(text.as_bytes()), listed.checksums.sha256, "{}", listed.path);
            self.assert_in_pool(&text);
        }
        true
    }

    fn assert_in_pool(&self, packages: &str) {
        let pool: Vec<(String, u64)> = self.tree.inner.list(ROOT, "pool").unwrap();
        for line in packages.lines().filter_map(|line| line.strip_prefix("Filename: ")) {
            assert!(pool.iter().any(|(path, _)| path == line), "{line} is named and not there");
        }
    }
}

pub(in crate::publish) fn decompressed(path: &str, bytes: &[u8]) -> String {
    use std::io::Read;
    let (_, compression) = Compression::of_name(path);
    let mut text = String::new();
    let mut decoder = debfmt::compress::decoder(compression, bytes, &Limits::index()).unwrap();
    decoder.read_to_string(&mut text).unwrap();
    text
}
