//! The lists of files in a Release: what each says, and where they disagree.
//!
//! A reader of its own: it goes on where others stop at the first fault, for all faults are of interest here.

use std::collections::BTreeMap;
use std::str::FromStr;

use debfmt::deb822::{self, Paragraph};
use debfmt::digest::{Checksums, Md5, Sha1, Sha256, Sha512};
use debfmt::limits::Limits;

use super::codes::{
    ARCHIVE_BOUND, RELEASE_CONFLICT, RELEASE_DUPLICATE, RELEASE_HASHES, RELEASE_MALFORMED, RELEASE_NO_SHA256,
    RELEASE_PATH,
};
use super::report::Findings;
use crate::ports::outside::is_path_below;

/// More files than any suite lists.
const MOST_FILES: usize = 500_000;
/// The lists, by the names of their fields, the strongest first: where they disagree clients believe that one.
const LISTS: [&str; 4] = ["SHA512", "SHA256", "SHA1", "MD5Sum"];

/// A file that a Release lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) size: u64,
    pub(super) md5: Option<Md5>,
    pub(super) sha1: Option<Sha1>,
    pub(super) sha256: Option<Sha256>,
    pub(super) sha512: Option<Sha512>,
}

impl Listed {
    /// The first hash that does not fit, in words.
    pub(super) fn fault(&self, found: &Checksums) -> Option<String> {
        fn differs<D: PartialEq + ToString>(name: &str, want: Option<D>, found: Option<D>) -> Option<String> {
            let (want, found) = (want?, found?);
            (want != found)
                .then(|| format!("its {name} is {}, Release says {}", found.to_string(), want.to_string()))
        }
        differs("SHA512", self.sha512, found.sha512)
            .or_else(|| differs("SHA256", self.sha256, Some(found.sha256)))
            .or_else(|| differs("SHA1", self.sha1, found.sha1))
            .or_else(|| differs("MD5", self.md5, found.md5))
    }

    /// The strongest hash, with the name of the directory below `by-hash/` that it has a name in.
    pub(super) fn strongest(&self) -> Option<(&'static str, String)> {
        let sha512 = self.sha512.map(|hash| ("SHA512", hash.to_string()));
        let sha256 = || self.sha256.map(|hash| ("SHA256", hash.to_string()));
        let sha1 = || self.sha1.map(|hash| ("SHA1", hash.to_string()));
        let md5 = || self.md5.map(|hash| ("MD5Sum", hash.to_string()));
        sha512.or_else(sha256).or_else(sha1).or_else(md5)
    }

    /// Takes a hash of a list; false: it is none.
    fn set(&mut self, list: &str, digest: &str) -> bool {
        fn read<D: FromStr>(slot: &mut Option<D>, digest: &str) -> bool {
            *slot = digest.parse().ok();
            slot.is_some()
        }
        match list {
            "MD5Sum" => read(&mut self.md5, digest),
            "SHA1" => read(&mut self.sha1, digest),
            "SHA256" => read(&mut self.sha256, digest),
            _ => read(&mut self.sha512, digest),
        }
    }

    fn has(&self, list: &str) -> bool {
        match list {
            "MD5Sum" => self.md5.is_some(),
            "SHA1" => self.sha1.is_some(),
            "SHA256" => self.sha256.is_some(),
            _ => self.sha512.is_some(),
        }
    }
}

/// A Release: its fields, and its files by path from its directory.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) fields: Paragraph,
    pub(super) files: BTreeMap<String, Listed>,
}

impl Listing {
    /// Reads the text of a Release; `None`, which is said: it is none. `thing` is its path, for the findings.
    pub(super) fn read(text: &[u8], thing: &str, findings: &mut Findings) -> Option<Self> {
        let fields = match deb822::parse_single(text, &limits()) {
            Ok(fields) => fields,
            Err(error) => {
                findings.add(RELEASE_MALFORMED, thing, error);
                return None;
            }
        };
        let mut files = BTreeMap::new();
        for list in LISTS {
            for line in fields.get(list).unwrap_or_default().lines().filter(|line| !line.trim().is_empty()) {
                if files.len() >= MOST_FILES {
                    findings.add(ARCHIVE_BOUND, thing, format!("it lists more than {MOST_FILES} files"));
                    break;
                }
                take(&mut files, list, line, thing, findings);
            }
        }
        let listing = Self { fields, files };
        listing.compare_lists(thing, findings);
        Some(listing)
    }

    /// Whether the lists name the same files, and whether one of them counts.
    fn compare_lists(&self, thing: &str, findings: &mut Findings) {
        if self.files.is_empty() {
            return;
        }
        let used = |list: &&str| self.files.values().any(|file| file.has(list));
        let used: Vec<&str> = LISTS.into_iter().filter(used).collect();
        if !used.contains(&"SHA256") && !used.contains(&"SHA512") {
            let message = format!("its files have {} only; add SHA256", used.join(" and "));
            findings.add(RELEASE_NO_SHA256, thing, message);
        }
        for list in used {
            let mut without = self.files.iter().filter(|(_, file)| !file.has(list)).map(|(path, _)| path);
            if let Some(first) = without.next() {
                let message = format!(
                    "{list} lacks {} files that other lists have, such as {first}",
                    without.count() + 1
                );
                findings.add(RELEASE_HASHES, thing, message);
            }
        }
    }

    /// A field that is there and says something.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).filter(|value| !value.is_empty())
    }

    /// The words of a field.
    pub(super) fn words(&self, name: &str) -> Vec<&str> {
        self.field(name).unwrap_or_default().split_ascii_whitespace().collect()
    }

    /// Whether indexes have names by hash.
    pub(super) fn by_hash(&self) -> bool {
        self.field("Acquire-By-Hash") == Some("yes")
    }
}

/// Takes a line of a list.
fn take(files: &mut BTreeMap<String, Listed>, list: &str, line: &str, thing: &str, findings: &mut Findings) {
    let malformed = |findings: &mut Findings| {
        let message = format!("{list}: {:?} is no hash, size and path", line.trim());
        findings.add(RELEASE_MALFORMED, thing, message);
    };
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [digest, size, path] = words[..] else { return malformed(findings) };
    let Some(size) = number(size) else { return malformed(findings) };
    if !is_path_below(path) {
        findings.add(RELEASE_PATH, thing, format!("{list} names {path:?}"));
        return;
    }
    let seen = files.get(path).cloned();
    let mut file = seen.clone().unwrap_or(Listed { size, ..Listed::default() });
    if file.has(list) {
        findings.add(RELEASE_DUPLICATE, thing, format!("{list} names {path} twice"));
    }
    if file.size != size {
        findings.add(
            RELEASE_CONFLICT,
            thing,
            format!("{path} has {} bytes and, in {list}, {size}", file.size),
        );
    }
    match file.set(list, digest) {
        true => drop(files.insert(path.to_owned(), file)),
        false => malformed(findings),
    }
}

/// A number without a sign.
pub(super) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Of the text of one Release, in bytes: Debian's has 150 KB.
pub(super) const RELEASE_BYTES: u64 = 64 * 1024 * 1024;

fn limits() -> Limits {
    Limits { text_bytes: RELEASE_BYTES, ..Limits::default() }
}
