//! Writes a `Release`.

use std::fmt::Write as _;

use super::{Release, ReleaseFile, format_date, is_own};
use crate::deb822::Paragraph;
use crate::digest::Checksums;

/// The width of the size column: Debian's.
const SIZE_WIDTH: usize = 8;
/// A field that stands beside the one it belongs to.
const AFTER_SUITE: &str = "Snapshots";

pub(super) fn release(release: &Release) -> String {
    let mut text = String::new();
    head(release).render_into(&mut text);
    let mut files: Vec<&ReleaseFile> = release.files.iter().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    hash_list(&mut text, "MD5Sum", &files, |sums| sums.md5.map(|digest| digest.to_string()));
    hash_list(&mut text, "SHA1", &files, |sums| sums.sha1.map(|digest| digest.to_string()));
    hash_list(&mut text, "SHA256", &files, |sums| Some(sums.sha256.to_string()));
    hash_list(&mut text, "SHA512", &files, |sums| sums.sha512.map(|digest| digest.to_string()));
    text
}

/// All fields but the lists of files. A [`Paragraph`] folds what does not fit on a line, so no value can pass
/// for another field.
fn head(release: &Release) -> Paragraph {
    let mut head = Paragraph::new();
    let mut text = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            head.set(name, value);
        }
    };
    let filled = |value: &'_ str| !value.is_empty();
    let flag = |on: bool| on.then_some("yes");
    text("Origin", release.origin.as_deref());
    text("Label", release.label.as_deref());
    text("Suite", Some(release.suite.as_str()).filter(|value| filled(value)));
    let extra = || release.extra.iter().filter(|(name, _)| !is_own(name));
    let is_early = |name: &str| name.eq_ignore_ascii_case(AFTER_SUITE);
    for (name, value) in extra().filter(|(name, _)| is_early(name)) {
        text(name, Some(value));
    }
    text("Version", release.version.as_deref());
    text("Codename", Some(release.codename.as_str()).filter(|value| filled(value)));
    text("Date", Some(&format_date(release.date)));
    text("Valid-Until", release.valid_until.map(format_date).as_deref());
    text("Architectures", Some(&joined(&release.architectures)));
    text("Components", Some(&joined(&release.components)));
    text("Description", release.description.as_deref());
    text("NotAutomatic", flag(release.not_automatic));
    text("ButAutomaticUpgrades", flag(release.but_automatic_upgrades));
    text("Acquire-By-Hash", flag(release.acquire_by_hash));
    let packages = release.no_support_for_architecture_all.then_some("Packages");
    text("No-Support-for-Architecture-all", packages);
    for (name, value) in extra().filter(|(name, _)| !is_early(name)) {
        text(name, Some(value));
    }
    head
}

fn joined<T: AsRef<str>>(names: &[T]) -> String {
    names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ")
}

/// Writes one list, unless a file has no such digest. `SHA256` is written even if there are no files.
fn hash_list(
    out: &mut String,
    field: &str,
    files: &[&ReleaseFile],
    digest: impl Fn(&Checksums) -> Option<String>,
) {
    let all: Option<Vec<String>> = files.iter().map(|file| digest(&file.checksums)).collect();
    let Some(digests) = all.filter(|all| !all.is_empty() || field == "SHA256") else { return };
    out.push_str(field);
    out.push_str(":\n");
    for (digest, file) in digests.iter().zip(files) {
        let size = file.checksums.size;
        // Writing to a String cannot fail.
        let _infallible = writeln!(out, " {digest} {size:>SIZE_WIDTH$} {}", file.path);
    }
}
