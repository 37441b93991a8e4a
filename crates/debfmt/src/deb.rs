//! Binary packages: `.deb`, `.udeb` and `.ddeb` files.
//!
//! A package is an `ar` archive of `debian-binary` (the format version), `control.tar` (the control file and
//! the maintainer scripts) and `data.tar` (what is installed), in this order. [`read`] goes through it once,
//! forward, with bounded memory, and decodes everything to its end, so that a package that reads well is
//! also whole: every checksum of every compressed stream has been verified, and nothing follows the archive.
//! [`read_control`] is the same without decoding the data.
//!
//! What dpkg would not install is refused here: an unknown member between the three, pax headers in the data,
//! unknown kinds of tar entries. So is what it would, but should not: paths that leave the root, or a second
//! control file.
//!
//! Sources: deb(5); deb-control(5); Debian Policy chapter 3 and 5.3.

mod control;
mod data;
mod error;
mod path;

use std::io::Read;

pub use data::{DataEntry, DataKind};
pub use error::DebError;

use crate::ar::{ArReader, Member};
use crate::compress::Compression;
use crate::deb822::Paragraph;
use crate::limits::Limits;

const FORMAT_VERSION: &str = "debian-binary";
const CONTROL: &str = "control.tar";
const DATA: &str = "data.tar";

/// What `debian-binary` may hold: the version line, and lines that later minor versions may add.
const FORMAT_VERSION_BYTES: u64 = 1024;

/// The three sorts of binary packages, told apart by their file names only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DebKind {
    /// An ordinary package.
    Deb,
    /// A package for the Debian installer.
    Udeb,
    /// Debug symbols, as Ubuntu names them.
    Ddeb,
}

impl DebKind {
    /// The kind of the file with this name; `None` when it is no binary package.
    #[must_use]
    pub fn of_file_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        [Self::Deb, Self::Udeb, Self::Ddeb].into_iter().find(|kind| kind.extension() == extension)
    }

    /// What a file name ends with, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Udeb => "udeb",
            Self::Ddeb => "ddeb",
        }
    }
}

/// What a package says about itself.
#[derive(Clone, Debug)]
pub struct DebFile {
    /// The control file, parsed. Its fields are not checked.
    pub control: Paragraph,
    /// The control file as it stands in the package.
    pub control_text: String,
    /// The files of the control archive in its order, without "./": `control`, `md5sums`, `postinst`, ...
    pub control_members: Vec<String>,
    /// How the control archive is compressed.
    pub control_compression: Compression,
    /// How the data archive is compressed.
    pub data_compression: Compression,
    /// What is installed, in the order of the data archive. Empty after [`read_control`].
    pub entries: Vec<DataEntry>,
}

impl DebFile {
    /// The paths of everything but directories, as they go into Contents indices.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.kind != DataKind::Directory).map(|entry| entry.path.as_str())
    }
}

/// Reads a package in one forward pass to the end of `reader`, which is best not buffered itself: this
/// reads ahead in large pieces. A `&mut` reference to a
/// [`HashingReader`](crate::digest::HashingReader) gives the checksums of the file in the same pass.
///
/// # Errors
/// A [`DebError`] that names the first thing that is wrong. [`DebError::is_io`] tells a reader that failed
/// from a package that is bad.
pub fn read<R: Read>(reader: R, limits: &Limits) -> Result<DebFile, DebError> {
    read_parts(reader, limits, true)
}

/// [`read`], but the data archive is only skipped, neither decoded nor checked, and `entries` stays empty.
///
/// # Errors
/// As for [`read`].
pub fn read_control<R: Read>(reader: R, limits: &Limits) -> Result<DebFile, DebError> {
    read_parts(reader, limits, false)
}

fn read_parts<R: Read>(reader: R, limits: &Limits, with_data: bool) -> Result<DebFile, DebError> {
    let mut ar = ArReader::new(reader, limits);
    read_format_version(&mut ar)?;

    let member = next_expected(&mut ar, CONTROL)?;
    let allowed = [Compression::None, Compression::Gzip, Compression::Xz, Compression::Zstd];
    let control_compression = compression(&member, CONTROL, &allowed)?;
    let control = control::read(&mut ar, &member, control_compression, limits)?;

    let member = next_expected(&mut ar, DATA)?;
    let data_compression = compression(&member, DATA, &Compression::ALL)?;
    let entries =
        if with_data { data::read(&mut ar, &member, data_compression, limits)? } else { Vec::new() };
    read_rest(&mut ar)?;

    Ok(DebFile {
        control: control.paragraph,
        control_text: control.text,
        control_members: control.members,
        control_compression,
        data_compression,
        entries,
    })
}

/// The first member must be `debian-binary` and say version 2, whatever the minor number.
fn read_format_version<R: Read>(ar: &mut ArReader<R>) -> Result<(), DebError> {
    let member = match ar.next_member()? {
        Some(member) if member.name == FORMAT_VERSION => member,
        Some(member) => {
            return Err(DebError::UnexpectedMember { name: member.name, expected: FORMAT_VERSION });
        }
        None => return Err(DebError::MissingMember { expected: FORMAT_VERSION }),
    };
    if member.size > FORMAT_VERSION_BYTES {
        return Err(DebError::BadFormatVersion { found: format!("{} bytes", member.size) });
    }
    let mut text = Vec::new();
    if let Err(error) = ar.by_ref().take(FORMAT_VERSION_BYTES).read_to_end(&mut text) {
        return Err(DebError::of_read(FORMAT_VERSION, &error).or_of_archive(ar));
    }
    let first_line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let minor = first_line.strip_prefix(b"2.").unwrap_or_default();
    let known = !minor.is_empty() && minor.iter().all(u8::is_ascii_digit) && text.contains(&b'\n');
    if known {
        return Ok(());
    }
    let shown: Vec<u8> = first_line.iter().copied().take(16).collect();
    Err(DebError::BadFormatVersion { found: crate::tar::path_text(shown) })
}

/// The next member that matters, which must be `expected` with or without a compression suffix. Names that
/// begin with an underscore may stand anywhere and are ignored, says deb(5).
fn next_expected<R: Read>(ar: &mut ArReader<R>, expected: &'static str) -> Result<Member, DebError> {
    while let Some(member) = ar.next_member()? {
        if member.name.starts_with('_') {
            continue;
        }
        if member.name == FORMAT_VERSION || (expected == DATA && is_part(&member.name, CONTROL)) {
            return Err(DebError::DuplicateMember { name: member.name });
        }
        if !is_part(&member.name, expected) {
            return Err(DebError::UnexpectedMember { name: member.name, expected });
        }
        return Ok(member);
    }
    Err(DebError::MissingMember { expected })
}

fn is_part(name: &str, part: &str) -> bool {
    name.strip_prefix(part).is_some_and(|suffix| suffix.is_empty() || suffix.starts_with('.'))
}

/// The compression of a member, when it is one that this part may have.
fn compression(member: &Member, part: &str, allowed: &[Compression]) -> Result<Compression, DebError> {
    let (stem, compression) = Compression::of_name(&member.name);
    if stem == part && allowed.contains(&compression) {
        return Ok(compression);
    }
    Err(DebError::UnsupportedCompression { member: member.name.clone() })
}

/// What follows the data: further members are ignored, says deb(5), but not a second one of the three, which
/// another reader might take for the first; and nothing that is no member.
fn read_rest<R: Read>(ar: &mut ArReader<R>) -> Result<(), DebError> {
    // Whatever is wrong with the data member itself, truncation above all, is not garbage after it.
    ar.finish_member()?;
    let offset = ar.offset();
    loop {
        match ar.next_member() {
            Ok(None) => return Ok(()),
            Ok(Some(member)) => {
                let name = member.name;
                if name == FORMAT_VERSION || is_part(&name, CONTROL) || is_part(&name, DATA) {
                    return Err(DebError::DuplicateMember { name });
                }
            }
            Err(error @ (crate::ar::ArError::Io { .. } | crate::ar::ArError::TooManyMembers { .. })) => {
                return Err(error.into());
            }
            Err(_) => return Err(DebError::TrailingGarbage { offset }),
        }
    }
}

#[cfg(test)]
mod tests;
