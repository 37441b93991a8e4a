//! Real package files, made in memory: for tests, demonstrations and benchmarks.
//!
//! [`DebBuilder`] makes binary packages, [`SourceBuilder`] source packages, and [`ChangesBuilder`] the
//! `.changes` file of an upload. dpkg reads what they make when they are told something sensible. They write
//! whatever they are told, though: tests need wrong packages too. [`ArWriter`] and [`TarWriter`] go further
//! and make archives that no tool would.
//!
//! The result depends on what the builders are told only: the time is [`DEFAULT_TIME`] unless set, entries
//! are sorted, owners are root.

mod ar;
mod changes;
mod deb;
mod source;
mod tar;

use std::fmt::Write as _;
use std::io::Write as _;

pub use ar::ArWriter;
pub use changes::ChangesBuilder;
pub use deb::DebBuilder;
pub use source::{BuiltSource, SourceBuilder};
pub use tar::{TarHeader, TarWriter};

use crate::compress::{Compression, Encoder};
use crate::digest::{Algorithms, Checksums};

/// The time of everything built, in seconds since 1970 UTC, unless told otherwise: 2024-01-01 00:00:00.
pub const DEFAULT_TIME: i64 = 1_704_067_200;
/// The maintainer of everything built, unless told otherwise.
pub const DEFAULT_MAINTAINER: &str = "Debora Press <debora@example.org>";

/// A file that a builder has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltFile {
    /// Its name, without a directory.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl BuiltFile {
    /// All checksums of the content.
    #[must_use]
    pub fn checksums(&self) -> Checksums {
        Checksums::of(&self.bytes, Algorithms::ALL)
    }
}

/// Compresses `bytes` fast: packages for tests need not be small. Unlike [`Encoder`] it writes lzma too, so
/// that reading it can be tested.
///
/// # Panics
/// When a compressor cannot be set up: out of memory.
#[must_use]
#[expect(clippy::expect_used, reason = "a vector takes whatever is written to it; this is for tests")]
pub fn compress(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    if compression == Compression::Lzma {
        let options = liblzma::stream::LzmaOptions::new_preset(0).expect("preset 0 exists");
        let stream = liblzma::stream::Stream::new_lzma_encoder(&options).expect("memory for the encoder");
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(bytes).expect("a vector takes everything");
        return encoder.finish().expect("a vector takes everything");
    }
    let mut encoder = Encoder::new(compression, 1, Vec::new()).expect("memory for the encoder");
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

/// Control fields, as they are told: neither checked nor made unique unless set by name.
#[derive(Clone, Debug, Default)]
struct Fields(Vec<(String, String)>);

impl Fields {
    /// Replaces the field, in place, or appends it. An empty value removes it, so that a test can leave a
    /// mandatory field out.
    fn set(&mut self, name: &str, value: &str) {
        let at = self.0.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
        match (at, value.is_empty()) {
            (Some(at), true) => drop(self.0.remove(at)),
            (Some(at), false) => {
                if let Some(field) = self.0.get_mut(at) {
                    value.clone_into(&mut field.1);
                }
            }
            (None, true) => {}
            (None, false) => self.0.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Remembers a field to be [set](Self::set_all) over others later. Unlike [`set`](Self::set) this keeps
    /// an empty value: it will remove a field of the others.
    fn tell(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// Sets every field of `others`.
    fn set_all(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            self.set(name, value);
        }
    }

    /// The fields as text. A value that begins with a newline starts on the next line.
    fn render(&self) -> String {
        let mut out = String::new();
        for (name, value) in &self.0 {
            let blank = if value.starts_with('\n') { "" } else { " " };
            append(&mut out, format_args!("{name}:{blank}{value}\n"));
        }
        out
    }
}

/// `write!` to a string, which cannot fail.
fn append(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a string takes everything");
}

/// The version without its epoch, as file names have it.
fn without_epoch(version: &str) -> &str {
    version.split_once(':').map_or(version, |(_, rest)| rest)
}

/// The upstream version and the revision, if there is one.
fn split_revision(version: &str) -> (&str, Option<&str>) {
    match without_epoch(version).rsplit_once('-') {
        Some((upstream, revision)) => (upstream, Some(revision)),
        None => (without_epoch(version), None),
    }
}

/// The lines of a checksum field, `HASH SIZE NAME` each.
fn checksum_lines(files: &[BuiltFile], hash: impl Fn(&Checksums) -> String) -> String {
    let mut lines = String::new();
    for file in files {
        let sums = file.checksums();
        append(&mut lines, format_args!("\n {} {} {}", hash(&sums), sums.size, file.name));
    }
    lines
}

/// A checksum that may not have been asked for, as text.
fn shown(digest: Option<impl ToString>) -> String {
    digest.map(|digest| digest.to_string()).unwrap_or_default()
}

/// A time as Debian's changelogs and upload files write it: "Mon, 01 Jan 2024 00:00:00 +0000".
fn rfc_2822(seconds: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let weekday = usize::try_from(days.rem_euclid(7)).ok().and_then(|day| DAYS.get(day)).unwrap_or(&"");
    // Days since 1 March of the year 0, so that leap days end a year; 400 years have 146,097 days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year_of_era + i64::from(month < 2);
    let month = usize::try_from(month).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_changelogs_have_them() {
        assert_eq!(rfc_2822(0), "Thu, 01 Jan 1970 00:00:00 +0000");
        assert_eq!(rfc_2822(DEFAULT_TIME), "Mon, 01 Jan 2024 00:00:00 +0000");
        assert_eq!(rfc_2822(951_782_399), "Mon, 28 Feb 2000 23:59:59 +0000");
        assert_eq!(rfc_2822(951_782_400), "Tue, 29 Feb 2000 00:00:00 +0000");
        assert_eq!(rfc_2822(1_795_499_564), "Tue, 24 Nov 2026 05:52:44 +0000");
    }

    #[test]
    fn versions_are_split_at_the_first_colon_and_the_last_dash() {
        assert_eq!(without_epoch("1:2.0-3"), "2.0-3");
        assert_eq!(split_revision("1:2.0-rc1-3"), ("2.0-rc1", Some("3")));
        assert_eq!(split_revision("2.0"), ("2.0", None));
    }

    #[test]
    fn fields_are_replaced_in_place_and_emptied_away() {
        let mut fields = Fields::default();
        fields.set("Package", "a");
        fields.set("Version", "1");
        fields.set("package", "b");
        fields.set("Version", "");
        assert_eq!(fields.render(), "Package: b\n");
    }
}
