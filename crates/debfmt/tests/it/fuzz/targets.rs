//! What must hold for every input of a reader. A check returns the outcome in a word, so that new ones are noticed.

use std::io::Read;

use debfmt::ar::ArReader;
use debfmt::buildinfo::Buildinfo;
use debfmt::changes::Changes;
use debfmt::clearsign::{self, Document};
use debfmt::compress::{Compression, decoder};
use debfmt::deb;
use debfmt::deb822;
use debfmt::dsc::Dsc;
use debfmt::limits::{LimitedReader, Limits};
use debfmt::names::FileName;
use debfmt::pdiff::{self, DiffIndex};
use debfmt::relations::Relations;
use debfmt::release::Release;
use debfmt::tar::TarReader;
use debfmt::version::{Version, compare};

use super::pack;

/// A reader under test.
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Panics when something does not hold.
    pub(super) check: fn(&[u8]) -> String,
    /// Words that the format knows.
    pub(super) words: &'static [&'static str],
    /// The most that any input of 64 KiB may take of the heap, in bytes. (What C libraries take for decoding is
    /// bounded by `Limits::decoder_memory`, and not counted here.)
    pub(super) memory: usize,
}

const MIB: usize = 1024 * 1024;
const FIELDS: &[&str] = &[
    "Format: 1.8\n",
    "\nFiles:\n ",
    "\nChecksums-Sha256:\n ",
    "Source:",
    "Version: 1:2.0-1\n",
    "Architecture: source all amd64\n",
    "\n\n",
    "\n .\n",
    " d41d8cd98f00b204e9800998ecf8427e 0 - - ",
    "../",
];

pub(super) const TARGETS: &[Target] = &[
    Target { name: "deb822", check: deb822, words: FIELDS, memory: 16 * MIB },
    Target { name: "version", check: version, words: &["~", ":", "-", "+", "0", "~~", "1:"], memory: MIB },
    Target {
        name: "relations",
        check: relations,
        words: &[", ", " | ", "(>= ", "[!amd64]", "<!nocheck>", ":any"],
        memory: 8 * MIB,
    },
    Target { name: "changes", check: changes, words: FIELDS, memory: 16 * MIB },
    Target { name: "dsc", check: dsc, words: FIELDS, memory: 16 * MIB },
    Target { name: "buildinfo", check: buildinfo, words: FIELDS, memory: 16 * MIB },
    Target { name: "release", check: release, words: FIELDS, memory: 16 * MIB },
    Target { name: "pdiff", check: pdiff, words: PDIFF, memory: 16 * MIB },
    Target { name: "clearsign", check: clearsign, words: ARMOUR, memory: 2 * MIB },
    Target {
        name: "ar",
        check: ar,
        words: &["!<arch>\n", "`\n", "debian-binary   ", "//", "#1/20"],
        memory: MIB,
    },
    Target { name: "tar", check: tar, words: TAR, memory: 4 * MIB },
    Target { name: "deb", check: deb_file, words: TAR, memory: 16 * MIB },
    Target { name: "deb-control", check: deb_control, words: FIELDS, memory: 16 * MIB },
    Target { name: "deb-data", check: deb_data, words: TAR, memory: 16 * MIB },
    Target { name: "compress", check: compress, words: &["\x1f", "BZh9", "7zXZ"], memory: 4 * MIB },
];

const PDIFF: &[&str] =
    &["\n.\n", "1,2c\n", "0a\n", "3d\n", "18446744073709551615", "\nSHA256-History:\n ", "../", ".gz\n"];
const ARMOUR: &[&str] = &[
    "-----BEGIN PGP SIGNED MESSAGE-----\n",
    "-----BEGIN PGP SIGNATURE-----\n",
    "-----END PGP SIGNATURE-----\n",
    "Hash: SHA512\n",
    "\n\n",
    "- ",
    "\r\n",
    " \t",
];
const TAR: &[&str] =
    &["ustar  ", "ustar\x0000", "././@LongLink", "../", "/", "30 path=x\n", "00000000000\0", "./control"];

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// What is read, written and read again is the same.
fn deb822(input: &[u8]) -> String {
    let limits = Limits::default();
    let paragraphs = match deb822::parse(input, &limits) {
        Ok(paragraphs) => paragraphs,
        Err(error) => return error.code().to_owned(),
    };
    let mut rendered = String::new();
    for paragraph in &paragraphs {
        paragraph.render_into(&mut rendered);
        rendered.push('\n');
    }
    let again = deb822::parse(rendered.as_bytes(), &limits).unwrap();
    assert!(again == paragraphs, "{rendered}");
    format!("{} paragraphs", paragraphs.len().min(5))
}

/// The order is one, and what is parsed is what was written.
fn version(input: &[u8]) -> String {
    let Some(text) = text(input) else { return "no text".into() };
    let versions: Vec<Version> =
        text.split('\n').take(6).filter_map(|line| Version::parse(line).ok()).collect();
    for a in &versions {
        assert_eq!(a.cmp(a), std::cmp::Ordering::Equal);
        assert_eq!(Version::parse(a.as_str()).as_ref(), Ok(a));
        for b in &versions {
            assert_eq!(a.cmp(b), b.cmp(a).reverse(), "{a} {b}");
            assert_eq!(a.cmp(b), compare(a.as_str(), b.as_str()), "{a} {b}");
            for c in &versions {
                assert!(!(a <= b && b <= c) || a <= c, "{a} {b} {c}");
            }
        }
    }
    let first = text.split('\n').next().unwrap_or_default();
    Version::parse(first)
        .map_or_else(|error| error.code().to_owned(), |it| format!("{} {}", it.epoch() > 0, it.is_native()))
}

fn relations(input: &[u8]) -> String {
    let Some(text) = text(input) else { return "no text".into() };
    match Relations::parse(text) {
        Err(error) => error.code().to_owned(),
        Ok(relations) => {
            let again = Relations::parse(&relations.to_string());
            assert_eq!(again.as_ref(), Ok(&relations));
            format!("{} relations", relations.iter().count().min(5))
        }
    }
}

fn safe(name: &FileName) {
    let name = name.as_str();
    assert!(!name.contains('/') && name != "." && name != ".." && !name.is_empty(), "{name:?}");
}

fn changes(input: &[u8]) -> String {
    match Changes::parse(input, &Limits::default()) {
        Err(errors) => codes(errors.iter().map(debfmt::changes::ChangesError::code)),
        Ok(changes) => {
            changes.files.iter().for_each(|file| safe(&file.name));
            format!("{} files", changes.files.len().min(5))
        }
    }
}

/// Which faults were found together.
fn codes<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    let mut codes: Vec<&str> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(" ")
}

fn dsc(input: &[u8]) -> String {
    match Dsc::parse(input, &Limits::default()) {
        Err(errors) => codes(errors.iter().map(debfmt::dsc::DscError::code)),
        Ok(dsc) => {
            dsc.files.iter().for_each(|file| safe(&file.name));
            let stanza = debfmt::sources::stanza_body(&dsc);
            deb822::parse_single(stanza.as_bytes(), &Limits::default()).unwrap();
            format!("{} {}", dsc.format, dsc.files.len().min(5))
        }
    }
}

fn buildinfo(input: &[u8]) -> String {
    match Buildinfo::parse(input, &Limits::default()) {
        Err(errors) => codes(errors.iter().map(debfmt::buildinfo::BuildinfoError::code)),
        Ok(_) => "read".into(),
    }
}

fn release(input: &[u8]) -> String {
    let limits = Limits::default();
    match Release::parse(input, &limits) {
        Err(error) => error.code().to_owned(),
        Ok(release) => {
            let rendered = release.render();
            let again = Release::parse(rendered.as_bytes(), &limits).unwrap();
            assert_eq!(again.files.len(), release.files.len(), "{rendered}");
            assert_eq!((again.date, &again.suite), (release.date, &release.suite), "{rendered}");
            format!("{} files", release.files.len().min(5))
        }
    }
}

/// A list of patches is read as it was written; a script never takes more than the text it is for and its own.
fn pdiff(input: &[u8]) -> String {
    let old = b"a\nb\nc\nd\n";
    if let Ok(new) = pdiff::apply(old, input) {
        assert!(new.len() <= old.len() + input.len());
        return "a script".into();
    }
    match DiffIndex::parse(input, &Limits::default()) {
        Err(_) => "neither".into(),
        Ok(index) => {
            assert_eq!(DiffIndex::parse(index.render().as_bytes(), &Limits::default()).as_ref(), Ok(&index));
            format!("{} patches", index.patches.len().min(5))
        }
    }
}

/// Nothing comes out that was not between the marks.
fn clearsign(input: &[u8]) -> String {
    match clearsign::split(input, &Limits::default()) {
        Err(error) => error.code().to_owned(),
        Ok(Document::Unsigned(text)) => {
            assert_eq!(text, input);
            "unsigned".into()
        }
        Ok(Document::Signed(signed)) => {
            let begin = find(input, b"-----BEGIN PGP SIGNED MESSAGE-----").unwrap();
            let end = find(input, b"\n-----BEGIN PGP SIGNATURE-----").unwrap() + 1;
            for line in signed.payload.split(|byte| *byte == b'\n') {
                assert!(find(&input[begin..end], line).is_some(), "a line from elsewhere");
            }
            assert!(signed.payload.is_empty() || signed.payload.ends_with(b"\n"));
            format!("signed {}", signed.hashes.len().min(3))
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    (0..=text.len().checked_sub(part.len())?).find(|at| text[*at..].starts_with(part))
}

fn ar(input: &[u8]) -> String {
    let mut reader = ArReader::new(input, &Limits::default());
    let (mut members, mut bytes) = (0, 0);
    loop {
        match reader.next_member() {
            Err(error) => return error.code().to_owned(),
            Ok(None) => return format!("{members} members"),
            Ok(Some(_)) => {
                members += 1;
                let mut content = Vec::new();
                if reader.read_to_end(&mut content).is_err() {
                    return "cut".into();
                }
                bytes += content.len();
                assert!(bytes <= input.len(), "more bytes than there are");
            }
        }
    }
}

fn tar(input: &[u8]) -> String {
    let sums = pack::with_true_checksums(input);
    let mut reader = TarReader::new(sums.as_slice(), &Limits::default());
    let (mut entries, mut bytes) = (0, 0);
    loop {
        match reader.next_entry() {
            Err(error) => return error.code().to_owned(),
            Ok(None) => return format!("{} entries", entries.min(9)),
            Ok(Some(entry)) => {
                entries += 1;
                assert!(!entry.path.is_empty() && !entry.path.contains(&0));
                let mut content = Vec::new();
                if reader.read_to_end(&mut content).is_err() {
                    return "cut".into();
                }
                assert_eq!(content.len() as u64, entry.size);
                bytes += content.len();
                assert!(bytes <= input.len(), "more bytes than there are");
            }
        }
    }
}

/// What is installed lies below the root.
fn deb_file(input: &[u8]) -> String {
    match deb::read(input, &Limits::default()) {
        Err(error) => error.code().to_owned(),
        Ok(package) => {
            for path in package.files() {
                let leaves = path.split('/').any(|part| part == ".." || part.is_empty());
                assert!(!path.starts_with('/') && !leaves, "{path:?}");
            }
            if package.control.contains("Package") {
                let body = debfmt::packages::stanza_body(&package.control);
                deb822::parse_single(body.as_bytes(), &Limits::default()).unwrap();
            }
            format!("{} files", package.files().count().min(5))
        }
    }
}

/// The input is the text of a control file.
fn deb_control(input: &[u8]) -> String {
    deb_file(&pack::deb(&pack::tar("./control", input), &pack::tar("./usr/share/x", b"x")))
}

/// The input is the data archive.
fn deb_data(input: &[u8]) -> String {
    let control =
        pack::tar("./control", b"Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n");
    deb_file(&pack::deb(&control, &pack::with_true_checksums(input)))
}

/// A decoder ends, within its bound.
fn compress(input: &[u8]) -> String {
    let mut told = Vec::new();
    for compression in
        [Compression::Gzip, Compression::Bzip2, Compression::Xz, Compression::Lzma, Compression::Zstd]
    {
        let limits = Limits { decoder_memory: 16 << 20, ..Limits::default() };
        let decoder = decoder(compression, input, &limits).unwrap();
        let mut bounded = LimitedReader::new(decoder, "text", 1 << 20);
        let ended = std::io::copy(&mut bounded, &mut std::io::sink());
        told.push(ended.map_or_else(|error| error.kind().to_string(), |_| "read".to_owned()));
    }
    told.join(" ")
}
