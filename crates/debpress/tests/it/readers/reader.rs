//! One read of a suite: InRelease, every index that it names, every package that they name.

use std::collections::BTreeSet;
use std::io::Read;

use debfmt::clearsign;
use debfmt::compress::{Compression, decoder};
use debfmt::digest::Sha256;
use debfmt::limits::Limits;
use debfmt::release::Release;

use super::SPAN;
use super::source::Source;

/// How a reader asks for an index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    ByHash,
    Plain,
}

/// What a reader has met.
#[derive(Default)]
pub(super) struct Met {
    /// Indexes that were as their Release says.
    pub(super) right: usize,
    /// Packages that were as their index says.
    pub(super) packages: usize,
    /// The Releases, by the hashes of their files.
    pub(super) releases: BTreeSet<Sha256>,
    /// The hashes of indexes that did not fit their Release: of each time a suite had to be read again.
    pub(super) misfits: Vec<Sha256>,
    /// How often a suite had to be read again, at most, until it was right.
    pub(super) tries: u32,
}

impl Met {
    /// Reads a suite to its end; one whose index does not fit is read again.
    pub(super) fn suite(&mut self, source: &mut dyn Source, suite: &str, names: Names) {
        let mut tries = 0;
        while let Err(misfit) = self.once(source, suite, names) {
            self.misfits.push(misfit);
            tries += 1;
            // Each was overtaken by a publication, and no more of them end before it is right.
            assert!(tries <= SPAN + 1, "{suite} is never right");
        }
        self.tries = self.tries.max(tries);
    }

    /// Fails with the hash of an index that is not what InRelease says.
    fn once(&mut self, source: &mut dyn Source, suite: &str, names: Names) -> Result<(), Sha256> {
        source.open(suite);
        let bytes = source.get(&format!("dists/{suite}/InRelease")).expect("InRelease is always there");
        self.releases.insert(Sha256::of(&bytes));
        let release = release(&bytes);
        for path in shown(&release) {
            let sha256 = release.file(&path).unwrap().checksums.sha256;
            let named = match names {
                Names::ByHash => {
                    let (directory, _) = path.rsplit_once('/').unwrap();
                    format!("dists/{suite}/{directory}/by-hash/SHA256/{sha256}")
                }
                Names::Plain => format!("dists/{suite}/{path}"),
            };
            let bytes = source.get(&named);
            let bytes = bytes.unwrap_or_else(|| panic!("{named} of {} is not there", release.date));
            match Sha256::of(&bytes) {
                found if found == sha256 => self.right += 1,
                found => return Err(found),
            }
            if path.ends_with("/Packages.gz") {
                self.packages(source, &bytes);
            }
        }
        Ok(())
    }

    fn packages(&mut self, source: &mut dyn Source, index: &[u8]) {
        for (path, sha256) in packages(index) {
            let bytes = source.get(&path).unwrap_or_else(|| panic!("{path} is not there"));
            assert_eq!(Sha256::of(&bytes).to_string(), sha256, "{path}");
            self.packages += 1;
        }
    }
}

/// The Release that is signed in an InRelease.
pub(super) fn release(bytes: &[u8]) -> Release {
    let document = clearsign::split(bytes, &Limits::index()).unwrap();
    Release::parse(document.payload(), &Limits::index()).unwrap()
}

/// The indexes that are there: their texts are listed too, and only the packed forms are there.
pub(super) fn shown(release: &Release) -> Vec<String> {
    let packed = |path: &str| Compression::of_name(path).1 != Compression::None;
    let is_packed = |path: &str| release.files.iter().any(|it| it.path == format!("{path}.gz"));
    let paths = release.files.iter().map(|file| file.path.clone());
    paths.filter(|path| packed(path) || !is_packed(path)).collect()
}

/// Path and SHA-256 of every package of a packed index.
pub(super) fn packages(index: &[u8]) -> Vec<(String, String)> {
    let mut text = String::new();
    let mut unpacked = decoder(Compression::Gzip, index, &Limits::index()).unwrap();
    unpacked.read_to_string(&mut text).unwrap();
    let field = |name| text.lines().filter_map(move |line| line.strip_prefix(name)).map(str::to_owned);
    field("Filename: ").zip(field("SHA256: ")).collect()
}
