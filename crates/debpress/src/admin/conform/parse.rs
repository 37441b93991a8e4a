//! Who reads which index, and what is kept of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use debfmt::compress::Compression;

use super::binaries::{Binary, BinaryReader};
use super::codes::{INDEX_MALFORMED, STANZA_FIELD};
use super::contents::ContentsReader;
use super::kinds::{Kind, kind};
use super::listing::Listing;
use super::report::{Findings, SuiteReport};
use super::room::Room;
use super::sources::{Source, SourceReader};
use super::translations::TranslationReader;

/// How much is kept of what all indexes of a suite say, in bytes. Of the largest suite of Debian, for ten architectures, it
/// is a fifth of a gigabyte.
const KEPT_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What the indexes of a suite say of packages, one entry an index.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) binaries: Vec<(IndexOf, Vec<Binary>)>,
    pub(super) sources: Vec<(IndexOf, Vec<Source>)>,
}

/// Which index something stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IndexOf {
    /// Its path, from the archive's root, without what says how it is compressed.
    pub(super) path: String,
    /// Whether its packages are those of the installer.
    pub(super) udeb: bool,
}

/// What the indexes of a suite have said so far that later ones refer to.
pub(super) struct Parser<'a> {
    /// What Release says of architectures.
    architectures: Vec<&'a str>,
    /// The descriptions in English, by component; `None`: they are listed, and cannot be read, which is said already.
    descriptions: BTreeMap<String, Option<BTreeSet<String>>>,
    /// The names of packages.
    names: BTreeSet<String>,
    /// For what is kept of all indexes.
    room: Room,
}

/// An index that is being read. What it says counts when it has turned out to be what the Release lists.
pub(super) struct Parsed<'a> {
    of: IndexOf,
    findings: Findings,
    reader: Reader<'a>,
    room: &'a Room,
}

enum Reader<'a> {
    Binaries(BinaryReader<'a>),
    Sources(SourceReader),
    Translation(&'a str, TranslationReader),
    Contents(ContentsReader<'a>),
    Nothing,
}

impl<'a> Parser<'a> {
    pub(super) fn new(listing: &'a Listing) -> Self {
        let architectures = listing.words("Architectures");
        let english = listing.files.keys().filter_map(|path| {
            let (stem, _) = Compression::of_name(path);
            let Kind::Translation { component, language: "en" } = kind(stem) else { return None };
            Some((component.to_owned(), None))
        });
        Self {
            architectures,
            descriptions: english.collect(),
            names: BTreeSet::new(),
            room: Room::new(KEPT_BYTES),
        }
    }

    /// Begins to read an index.
    pub(super) fn begin<'b>(&'b self, kind: Kind<'b>, path: &str) -> Parsed<'b> {
        let mut of = IndexOf { path: path.to_owned(), udeb: false };
        let reader = match kind {
            Kind::Packages { component, architecture, udeb } => {
                of.udeb = udeb;
                let descriptions = self.descriptions.get(component).map(Option::as_ref);
                Reader::Binaries(BinaryReader::new(architecture, &self.architectures, descriptions, udeb))
            }
            Kind::Sources => Reader::Sources(SourceReader::default()),
            Kind::Translation { component, language } => {
                Reader::Translation(component, TranslationReader::new(language))
            }
            Kind::Contents { others } => Reader::Contents(ContentsReader::new(
                Some(&self.names).filter(|names| !others && !names.is_empty()),
            )),
            Kind::Patches | Kind::Data | Kind::Other => Reader::Nothing,
        };
        Parsed { of, findings: Findings::default(), reader, room: &self.room }
    }

    /// Keeps what an index says.
    pub(super) fn end(&mut self, ended: Ended, report: &mut SuiteReport, taken: &mut Taken) {
        let Ended { of, findings, said } = ended;
        let is_whole = findings.lacks(INDEX_MALFORMED) && findings.lacks(STANZA_FIELD);
        report.findings.absorb(findings);
        match said {
            Said::Binaries(found) => {
                report.packages += found.len() as u64;
                self.names.extend(found.iter().map(|one| one.package.clone()));
                taken.binaries.push((of, found));
            }
            Said::Sources(found) => {
                report.sources += found.len() as u64;
                taken.sources.push((of, found));
            }
            Said::Descriptions(component, md5s) => {
                self.descriptions.insert(component, Some(md5s).filter(|_| is_whole));
            }
            Said::Nothing => {}
        }
    }
}

/// An index that has been read.
pub(super) struct Ended {
    of: IndexOf,
    findings: Findings,
    said: Said,
}

enum Said {
    Binaries(Vec<Binary>),
    Sources(Vec<Source>),
    /// Of the component.
    Descriptions(String, BTreeSet<String>),
    Nothing,
}

impl Parsed<'_> {
    /// Reads the text.
    pub(super) fn take(&mut self, text: &mut dyn BufRead) {
        let Self { of, findings, reader, room } = self;
        match reader {
            Reader::Binaries(reader) => reader.take(text, &of.path, findings, room),
            Reader::Sources(reader) => reader.take(text, &of.path, findings, room),
            Reader::Translation(_, reader) => reader.take(text, &of.path, findings, room),
            Reader::Contents(reader) => reader.take(text, &of.path, findings),
            Reader::Nothing => {}
        }
    }

    /// What it said.
    pub(super) fn ended(self) -> Ended {
        let said = match self.reader {
            Reader::Binaries(reader) => Said::Binaries(reader.found),
            Reader::Sources(reader) => Said::Sources(reader.found),
            Reader::Translation(component, reader) => match reader.is_english() {
                true => Said::Descriptions(component.to_owned(), reader.md5s),
                false => Said::Nothing,
            },
            Reader::Contents(_) | Reader::Nothing => Said::Nothing,
        };
        Ended { of: self.of, findings: self.findings, said }
    }
}
