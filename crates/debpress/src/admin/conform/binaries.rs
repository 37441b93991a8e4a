//! Packages: the stanzas of binary packages.

use std::collections::BTreeSet;
use std::io::BufRead;

use debfmt::deb822::Paragraph;
use debfmt::digest::Sha256;
use debfmt::packages::description_md5;
use debfmt::version::Version;

use super::codes::{
    DESCRIPTION_MD5, STANZA_ARCHITECTURE, STANZA_FIELD, STANZA_NO_SHA256, STANZA_ORDER, STANZA_PATH,
    STANZA_VALUE, TRANSLATION_MISSING,
};
use super::listing::number;
use super::report::Findings;
use super::room::Room;
use super::stanzas::{self, needed};
use crate::ports::outside::is_path_below;

/// A binary package as an index has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) architecture: String,
    pub(super) file: PackageFile,
}

/// A file that a stanza names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PackageFile {
    /// From the archive's root.
    pub(super) path: String,
    pub(super) size: u64,
    pub(super) sha256: Option<Sha256>,
}

impl PackageFile {
    /// How many bytes it takes.
    pub(super) fn kept(&self) -> usize {
        self.path.len() + size_of::<Self>()
    }
}

/// Reads one index.
pub(super) struct BinaryReader<'a> {
    architecture: &'a str,
    /// What Release says.
    architectures: &'a [&'a str],
    /// Of the component; the inner `None`: nobody could read them.
    descriptions: Option<Option<&'a BTreeSet<String>>>,
    udeb: bool,
    last: String,
    pub(super) found: Vec<Binary>,
}

impl<'a> BinaryReader<'a> {
    /// For packages of an architecture; an empty one: any of `architectures`.
    pub(super) fn new(
        architecture: &'a str,
        architectures: &'a [&'a str],
        descriptions: Option<Option<&'a BTreeSet<String>>>,
        udeb: bool,
    ) -> Self {
        Self { architecture, architectures, descriptions, udeb, last: String::new(), found: Vec::new() }
    }

    /// Reads the text of the index with this path.
    pub(super) fn take(&mut self, text: &mut dyn BufRead, path: &str, findings: &mut Findings, room: &Room) {
        stanzas::each(text, path, findings, room, &mut |stanza, findings| {
            let Some(binary) = self.binary(stanza, path, findings) else { return 0 };
            in_order(&mut self.last, &binary.package, path, findings);
            let Binary { package, version, architecture, file } = &binary;
            // The name is kept once more, among those of the suite.
            let kept =
                2 * package.len() + version.len() + architecture.len() + file.kept() + size_of::<Binary>();
            self.found.push(binary);
            kept
        });
    }

    fn binary(&self, stanza: &Paragraph, path: &str, findings: &mut Findings) -> Option<Binary> {
        let name = stanza.get("Package").unwrap_or("without a name");
        let thing = format!("{path}: {name} {}", stanza.get("Version").unwrap_or_default());
        let wanted = ["Package", "Version", "Architecture", "Filename", "Size"];
        let missing: Vec<&str> = wanted.into_iter().filter(|field| needed(stanza, field).is_none()).collect();
        if !missing.is_empty() {
            findings.add(STANZA_FIELD, thing, format!("it lacks {}", missing.join(", ")));
            return None;
        }
        let [package, version, architecture, filename, size] =
            wanted.map(|field| stanza.get(field).unwrap_or_default());
        if let Err(error) = Version::parse(version) {
            findings.add(STANZA_VALUE, &thing, format!("Version: {error}"));
        }
        self.fits(architecture, &thing, findings);
        if !self.udeb {
            self.described(stanza, &thing, findings);
        }
        let file = file(filename, size, stanza.get("SHA256"), &thing, findings)?;
        let [package, version, architecture] = [package, version, architecture].map(str::to_owned);
        Some(Binary { package, version, architecture, file })
    }

    /// Whether an architecture belongs here.
    fn fits(&self, architecture: &str, thing: &str, findings: &mut Findings) {
        if architecture == "all" || architecture == self.architecture {
            return;
        }
        if !self.architecture.is_empty() {
            let message =
                format!("its Architecture is {architecture}, and the index is for {}", self.architecture);
            findings.add(STANZA_ARCHITECTURE, thing, message);
        } else if !self.architectures.is_empty() && !self.architectures.contains(&architecture) {
            let message = format!("its Architecture is {architecture}, which Release does not name");
            findings.add(STANZA_ARCHITECTURE, thing, message);
        }
    }

    /// The description, here or in Translation-en.
    fn described(&self, stanza: &Paragraph, thing: &str, findings: &mut Findings) {
        let (Some(description), Some(md5)) = (stanza.get("Description"), stanza.get("Description-md5"))
        else {
            return;
        };
        let own = description_md5(description).to_string();
        if own == md5 {
            return;
        }
        if description.contains('\n') {
            findings.add(
                DESCRIPTION_MD5,
                thing,
                format!("Description-md5 is {md5}, that of its Description is {own}"),
            );
            return;
        }
        match self.descriptions {
            Some(None) => {}
            Some(Some(descriptions)) if descriptions.contains(md5) => {}
            Some(Some(_)) => {
                findings.add(TRANSLATION_MISSING, thing, format!("Translation-en has no text with {md5}"))
            }
            None => findings.add(TRANSLATION_MISSING, thing, "the component has no Translation-en"),
        }
    }
}

/// Says once of an index that it is not sorted.
pub(super) fn in_order(last: &mut String, package: &str, path: &str, findings: &mut Findings) {
    if package < last.as_str() && findings.lacks(STANZA_ORDER) {
        findings.add(STANZA_ORDER, path, format!("{package} stands after {last}"));
    }
    package.clone_into(last);
}

/// The file that a stanza names; `None`, which is said: it leads nowhere.
pub(super) fn file(
    path: &str,
    size: &str,
    sha256: Option<&str>,
    thing: &str,
    findings: &mut Findings,
) -> Option<PackageFile> {
    let below = path.strip_prefix("./").unwrap_or(path);
    if !is_path_below(below) {
        findings.add(STANZA_PATH, thing, format!("{path:?} is no path below the archive"));
        return None;
    }
    let Some(size) = number(size) else {
        findings.add(STANZA_VALUE, thing, format!("{below}: {size:?} is no size in bytes"));
        return None;
    };
    let digest = sha256.map(str::parse::<Sha256>);
    match &digest {
        None => findings.add(STANZA_NO_SHA256, thing, format!("{below} has no SHA256")),
        Some(Err(error)) => findings.add(STANZA_VALUE, thing, format!("{below}: {error}")),
        Some(Ok(_)) => {}
    }
    Some(PackageFile { path: below.to_owned(), size, sha256: digest.and_then(Result::ok) })
}
