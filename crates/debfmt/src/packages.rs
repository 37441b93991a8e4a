//! `Packages` indexes: DebianRepository/Format, "Packages" indices.
//!
//! A stanza is a body, which follows from the control file alone and never changes, and a tail, which the
//! archive decides (section, priority) or knows (file name, sizes, digests).

use std::io::Write as _;

use crate::deb822::{self, Deb822Error, Paragraph, render_field};
use crate::digest::{Checksums, Md5};
use crate::limits::Limits;

/// The order of fields in Debian's own `Packages` files.
const ORDER: &[&str] = &[
    "Package",
    "Source",
    "Version",
    "Essential",
    "Installed-Size",
    "Maintainer",
    "Original-Maintainer",
    "Architecture",
    "Replaces",
    "Provides",
    "Depends",
    "Pre-Depends",
    "Recommends",
    "Suggests",
    "Enhances",
    "Conflicts",
    "Breaks",
    "Description",
    "Multi-Arch",
    "Homepage",
    "Build-Ids",
    "Built-Using",
    "Cnf-Extra-Commands",
    "Cnf-Ignore-Commands",
    "Cnf-Visible-Pkgname",
    "Description-md5",
];

/// Fields of the tail: what a control file says about them does not count.
const NOT_IN_BODY: &[&str] =
    &["Section", "Priority", "Filename", "Size", "MD5sum", "SHA1", "SHA256", "SHA512"];

/// The fields of a control file as they stand in a stanza, ending with a line end.
///
/// The order is that of Debian's own `Packages` files; fields that it does not know follow in their own order.
/// `Section`, `Priority`, `Filename`, `Size` and digests are left out, since [`write_stanza`] adds them.
pub fn stanza_body(control: &Paragraph) -> String {
    let mut out = String::new();
    for name in ORDER {
        render_if_present(&mut out, control, name);
    }
    for (name, value) in control.iter().filter(|(name, _)| !is_any(name, ORDER) && !is_any(name, NOT_IN_BODY))
    {
        render_field(&mut out, name, value);
    }
    out
}

/// Like [`stanza_body`], with the first line of the description and `Description-md5` in place of all of it.
///
/// For archives that put the rest of the descriptions into `Translation-en`.
pub fn stanza_body_with_short_description(control: &Paragraph) -> String {
    let mut short = control.clone();
    if let (Some(whole), Some(first)) = (control.get("Description"), control.first_line("Description")) {
        short.set("Description", first);
        short.set("Description-md5", &description_md5(whole).to_string());
    }
    stanza_body(&short)
}

pub(crate) fn render_if_present(out: &mut String, paragraph: &Paragraph, name: &str) {
    if let Some(value) = paragraph.get(name) {
        render_field(out, name, value);
    }
}

pub(crate) fn is_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// What the archive adds to a body.
#[derive(Clone, Copy, Debug)]
pub struct StanzaTail<'a> {
    /// The section, with its component unless that is `main`.
    pub section: &'a str,
    /// The priority.
    pub priority: &'a str,
    /// The path of the file, from the root of the archive.
    pub filename: &'a str,
    /// The size and digests of the file; MD5, SHA-1 and SHA-512 are written if they are known.
    pub checksums: &'a Checksums,
    /// The share of users, in percent, who get an update already; `None` means everybody.
    pub phased_update_percentage: Option<u8>,
}

/// Appends a stanza: body and tail, without the empty line between stanzas.
pub fn write_stanza(out: &mut Vec<u8>, body: &str, tail: &StanzaTail<'_>) {
    let sums = tail.checksums;
    let optional = |name: &str, digest: Option<String>| match digest {
        Some(digest) => format!("{name}: {digest}\n"),
        None => String::new(),
    };
    // Writing to a Vec cannot fail.
    let _infallible = write!(
        out,
        "{body}Section: {}\nPriority: {}\nFilename: {}\nSize: {}\n{}{}SHA256: {}\n{}{}",
        tail.section,
        tail.priority,
        tail.filename,
        sums.size,
        optional("MD5sum", sums.md5.map(|digest| digest.to_string())),
        optional("SHA1", sums.sha1.map(|digest| digest.to_string())),
        sums.sha256,
        optional("SHA512", sums.sha512.map(|digest| digest.to_string())),
        optional("Phased-Update-Percentage", tail.phased_update_percentage.map(|share| share.to_string())),
    );
}

/// Appends a stanza with the first line of the description and `Description-md5` in place of all of it.
///
/// The body is one of [`stanza_body`], which is cut and not parsed.
pub fn write_short_stanza(out: &mut Vec<u8>, body: &str, tail: &StanzaTail<'_>) {
    let Some(parts) = description_of(body) else { return write_stanza(out, body, tail) };
    let first = format!("{}\n", parts.value.lines().next().unwrap_or_default());
    write_stanza(out, &parts.with_md5(&first), tail);
}

/// Appends a stanza with the whole description and `Description-md5`, by which apt tells descriptions apart: apt 3.0 does
/// not make it of the description itself.
///
/// The body is one of [`stanza_body`], which is cut and not parsed.
pub fn write_whole_stanza(out: &mut Vec<u8>, body: &str, tail: &StanzaTail<'_>) {
    let Some(parts) = description_of(body) else { return write_stanza(out, body, tail) };
    write_stanza(out, &parts.with_md5(parts.value), tail);
}

/// A stanza body that is cut at its description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescribedBody<'a> {
    /// The fields before it.
    pub before: &'a str,
    /// Its value with the line end, over which [`description_md5`] is made.
    pub value: &'a str,
    /// The fields after it.
    pub after: &'a str,
}

impl DescribedBody<'_> {
    /// The body with `description`, which ends with a line end, and the digest of its own.
    fn with_md5(&self, description: &str) -> String {
        let md5 = Md5::of(self.value.as_bytes());
        // A control file that brings a digest of its own is not believed.
        let own = |line: &&str| line.starts_with("Description-md5:");
        let after: String = self.after.split_inclusive('\n').filter(|line| !own(line)).collect();
        format!("{}Description: {description}{after}Description-md5: {md5}\n", self.before)
    }
}

/// Cuts a body of [`stanza_body`] at its description; `None`: it has none.
pub fn description_of(body: &str) -> Option<DescribedBody<'_>> {
    const NAME: &str = "Description:";
    let start = if body.starts_with(NAME) { 0 } else { body.find("\nDescription:")? + 1 };
    let (before, rest) = body.split_at(start);
    let rest = rest.strip_prefix(NAME)?;
    let rest = rest.strip_prefix(' ').unwrap_or(rest);
    let length = rest.split_inclusive('\n').enumerate();
    let length = length.take_while(|(number, line)| *number == 0 || line.starts_with([' ', '\t']));
    let (value, after) = rest.split_at(length.map(|(_, line)| line.len()).sum());
    Some(DescribedBody { before, value, after })
}

/// The key that joins a description and its translations: the MD5 of the value and one line end.
///
/// `description` is the value as [`Paragraph`] keeps it.
pub fn description_md5(description: &str) -> Md5 {
    Md5::of(format!("{description}\n").as_bytes())
}

/// Reads the stanzas of a `Packages` or `Sources` file; see [`deb822::parse`].
pub fn parse_stanzas(text: &[u8], limits: &Limits) -> Result<Vec<Paragraph>, Deb822Error> {
    deb822::parse(text, limits)
}

#[cfg(test)]
mod tests;
