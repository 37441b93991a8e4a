//! `Sources` indexes: DebianRepository/Format, "Sources" indices.
//!
//! A stanza is the `.dsc` with `Package` in place of `Source`, the `.dsc` itself among the files, and the
//! directory, section and priority that the archive decides.

use std::fmt::Write as _;

use crate::deb822::render_field;
use crate::digest::Checksums;
use crate::dsc::Dsc;
use crate::names::FileName;
use crate::packages::{is_any, render_if_present};

/// The order of fields in Debian's own `Sources` files, up to the lists of files.
const BEFORE_FILES: &[&str] = &[
    "Binary",
    "Version",
    "Maintainer",
    "Original-Maintainer",
    "Uploaders",
    "Build-Depends",
    "Build-Depends-Arch",
    "Build-Depends-Indep",
    "Build-Conflicts",
    "Build-Conflicts-Arch",
    "Build-Conflicts-Indep",
    "Architecture",
    "Standards-Version",
    "Format",
];

/// And after them.
const AFTER_FILES: &[&str] = &[
    "Dgit",
    "Go-Import-Path",
    "Homepage",
    "Package-List",
    "Ruby-Versions",
    "Testsuite",
    "Testsuite-Triggers",
    "Vcs-Arch",
    "Vcs-Browser",
    "Vcs-Bzr",
    "Vcs-Cvs",
    "Vcs-Darcs",
    "Vcs-Git",
    "Vcs-Hg",
    "Vcs-Mtn",
    "Vcs-Svn",
];

/// Fields that the tail has, or that [`stanza_body`] writes in its own way.
const NOT_IN_BODY: &[&str] = &[
    "Package",
    "Source",
    "Files",
    "Checksums-Md5",
    "Checksums-Sha1",
    "Checksums-Sha256",
    "Checksums-Sha512",
    "Section",
    "Priority",
    "Directory",
];

/// The fields of a `.dsc` as they stand in a stanza, ending with a line end.
///
/// The order is that of Debian's own `Sources` files; fields that it does not know follow in their own order.
/// `Source` is called `Package`; lists of files, `Section`, `Priority` and `Directory` are left out.
pub fn stanza_body(dsc: &Dsc) -> String {
    let mut out = String::new();
    render_field(&mut out, "Package", dsc.source.as_str());
    for name in BEFORE_FILES.iter().chain(AFTER_FILES) {
        render_if_present(&mut out, &dsc.paragraph, name);
    }
    let known = |name: &str| [BEFORE_FILES, AFTER_FILES, NOT_IN_BODY].iter().any(|names| is_any(name, names));
    for (name, value) in dsc.paragraph.iter().filter(|(name, _)| !known(name)) {
        render_field(&mut out, name, value);
    }
    out
}

/// The `Files` and `Checksums-*` fields of a stanza, with the `.dsc` itself first.
///
/// `Checksums-Sha1` and `Checksums-Sha256` are written if the digest of every file is known; so is `Files`, for
/// which only that of the `.dsc` can be unknown. Ask for [`Algorithms::INDEX`](crate::digest::Algorithms::INDEX)
/// at least.
pub fn file_lists(dsc: &Dsc, dsc_name: &FileName, dsc_sums: &Checksums) -> String {
    let own = (dsc_name, dsc_sums.size);
    let mut out = String::new();
    let md5 = dsc.files.iter().map(|file| Some(file.md5.to_string()));
    render_list(&mut out, "Files", dsc, own, std::iter::once(text(dsc_sums.md5)).chain(md5));
    let sha1 = dsc.files.iter().map(|file| text(file.sha1));
    render_list(&mut out, "Checksums-Sha1", dsc, own, std::iter::once(text(dsc_sums.sha1)).chain(sha1));
    let sha256 = dsc.files.iter().map(|file| text(file.sha256));
    let own_sha256 = std::iter::once(Some(dsc_sums.sha256.to_string()));
    render_list(&mut out, "Checksums-Sha256", dsc, own, own_sha256.chain(sha256));
    out
}

/// A package that a source says it builds: a line of `Package-List` (Debian Policy 5.6.30, deb-src-control(5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Its name.
    pub name: &'a str,
    /// `deb`, `udeb`, or a type of others.
    pub kind: &'a str,
    /// Section, with the component before it where that is not main.
    pub section: &'a str,
    /// Priority.
    pub priority: &'a str,
    /// The value of `arch=`: architectures or wildcards, joined by commas.
    pub architectures: Option<&'a str>,
    /// The value of `profile=`: build profiles, joined by commas (or) and pluses (and).
    pub profiles: Option<&'a str>,
}

impl Listed<'_> {
    /// Whether every ordinary build has it: it asks for no build profile.
    pub fn is_usual(&self) -> bool {
        let holds = |group: &str| group.split('+').all(|profile| profile.starts_with('!'));
        self.profiles.is_none_or(|profiles| profiles.split(',').any(holds))
    }
}

/// The packages of a `Package-List`. Lines that have not even a priority are left out.
pub fn package_list(value: &str) -> impl Iterator<Item = Listed<'_>> {
    value.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (name, kind) = (words.next()?, words.next()?);
        let (section, priority) = (words.next()?, words.next()?);
        let mut listed = Listed { name, kind, section, priority, architectures: None, profiles: None };
        for word in words {
            match word.split_once('=') {
                Some(("arch", value)) => listed.architectures = Some(value),
                Some(("profile", value)) => listed.profiles = Some(value),
                Some(_) | None => {}
            }
        }
        Some(listed)
    })
}

fn text(digest: Option<impl ToString>) -> Option<String> {
    digest.map(|digest| digest.to_string())
}

fn render_list(
    out: &mut String,
    field: &str,
    dsc: &Dsc,
    own: (&FileName, u64),
    digests: impl Iterator<Item = Option<String>>,
) {
    let Some(digests) = digests.collect::<Option<Vec<_>>>() else { return };
    let files = std::iter::once(own).chain(dsc.files.iter().map(|file| (&file.name, file.size)));
    out.push_str(field);
    out.push_str(":\n");
    for (digest, (name, size)) in digests.iter().zip(files) {
        // Writing to a String cannot fail.
        let _infallible = writeln!(out, " {digest} {size} {name}");
    }
}

/// What the archive adds to a body.
#[derive(Clone, Copy, Debug)]
pub struct SourceTail<'a> {
    /// The section, with its component unless that is `main`.
    pub section: &'a str,
    /// The priority.
    pub priority: &'a str,
    /// The directory of the files, from the root of the archive.
    pub directory: &'a str,
    /// The text that [`file_lists`] gives.
    pub file_lists: &'a str,
}

/// Appends a stanza, without the empty line between stanzas.
///
/// The lists of files follow `Format`, where Debian has them, or the body if it has no such field.
pub fn write_stanza(out: &mut Vec<u8>, body: &str, tail: &SourceTail<'_>) {
    let (before, after) = body.split_at_checked(after_format(body)).unwrap_or((body, ""));
    let SourceTail { section, priority, directory, file_lists } = tail;
    let end = format!("Directory: {directory}\nPriority: {priority}\nSection: {section}\n");
    for part in [before, file_lists, after, &end] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// The offset of the line after `Format`, which is never folded.
fn after_format(body: &str) -> usize {
    let end = body.find("\nFormat:").and_then(|at| {
        let rest = body.get(at + 1..)?;
        rest.find('\n').map(|length| at + 1 + length + 1)
    });
    end.unwrap_or(body.len())
}

#[cfg(test)]
mod tests;
