//! One suite: its InRelease and Release, and then all that these list.

use debfmt::clearsign::{self, Document};
use debfmt::limits::Limits;

use super::codes::{
    ARCHIVE_BOUND, ARCHIVE_UNREADABLE, RELEASE_DIFFERS, RELEASE_MALFORMED, RELEASE_MISSING,
    RELEASE_NO_INRELEASE, RELEASE_NO_PLAIN, RELEASE_UNSIGNED,
};
use super::known::Known;
use super::listing::{Listing, RELEASE_BYTES};
use super::reading::{Whole, whole};
use super::report::SuiteReport;
use super::suites::SuiteName;
use super::{Conform, fields, files, signed};

/// A suite that is being judged.
pub(super) struct Suite<'a> {
    pub(super) of: &'a Conform<'a>,
    pub(super) name: &'a SuiteName,
    pub(super) report: SuiteReport,
    /// Which of InRelease and Release is believed.
    pub(super) by: &'static str,
}

impl Suite<'_> {
    /// The same suite with nothing found yet.
    pub(super) fn part(&self) -> Self {
        Self { of: self.of, name: self.name, report: SuiteReport::default(), by: self.by }
    }

    /// The path of a file of the suite, from the archive's root.
    pub(super) fn path(&self, file: &str) -> String {
        self.name.path(file)
    }

    /// A whole small file of the suite; `None`: it is not there, or cannot be had, which is said.
    pub(super) fn whole(&mut self, file: &str, bound: u64) -> Option<Vec<u8>> {
        let path = self.path(file);
        match whole(self.of.outside, &path, bound) {
            Ok(Whole::Bytes(bytes)) => return Some(bytes),
            Ok(Whole::Absent) => {}
            Ok(Whole::TooLarge) => {
                self.report.findings.add(ARCHIVE_BOUND, path, format!("it has more than {bound} bytes"));
            }
            Err(error) => self.report.findings.add(ARCHIVE_UNREADABLE, path, error),
        }
        None
    }
}

/// Judges a suite, the `number`th that is looked at.
pub(super) fn judge(of: &Conform<'_>, name: &SuiteName, number: u32, known: &mut Known) -> SuiteReport {
    let report = SuiteReport { suite: name.to_string(), ..SuiteReport::default() };
    let mut suite = Suite { of, name, report, by: "InRelease" };
    if let Some(listing) = listing(&mut suite) {
        fields::judge(&mut suite, &listing);
        files::judge(&mut suite, &listing, number, known);
    }
    suite.report
}

/// The files at the top of a suite.
pub(super) struct Tops {
    pub(super) inrelease: Option<Vec<u8>>,
    pub(super) release: Option<Vec<u8>>,
    pub(super) signature: Option<Vec<u8>>,
}

/// What apt would go by: InRelease, or else Release.
fn listing(suite: &mut Suite<'_>) -> Option<Listing> {
    let tops = Tops {
        inrelease: suite.whole("InRelease", RELEASE_BYTES),
        release: suite.whole("Release", RELEASE_BYTES),
        signature: suite.whole("Release.gpg", RELEASE_BYTES),
    };
    present(suite, &tops);
    signed::judge(suite, &tops);
    let clear = tops.inrelease.as_deref().and_then(|bytes| payload(suite, bytes));
    suite.by = if clear.is_some() { "InRelease" } else { "Release" };
    let path = suite.path(suite.by);
    if let (Some(clear), Some(release)) = (&clear, &tops.release)
        && !same_text(clear, release)
    {
        let message = "it says something else than InRelease beside it; make both of one text";
        suite.report.findings.add(RELEASE_DIFFERS, suite.name.path("Release"), message);
    }
    Listing::read(&clear.or(tops.release)?, &path, &mut suite.report.findings)
}

/// Which of the three there are.
fn present(suite: &mut Suite<'_>, tops: &Tops) {
    let path = |file: &str| suite.name.path(file);
    let findings = &mut suite.report.findings;
    match (tops.inrelease.is_some(), tops.release.is_some(), tops.signature.is_some()) {
        (false, false, _) => {
            findings.add(RELEASE_MISSING, path("InRelease"), "neither it nor Release is there")
        }
        (false, true, false) => {
            findings.add(
                RELEASE_UNSIGNED,
                path("Release"),
                "neither InRelease nor Release.gpg is there; sign it",
            );
        }
        (false, true, true) => {
            findings.add(
                RELEASE_NO_INRELEASE,
                path("InRelease"),
                "it is not there, Release and Release.gpg are",
            );
        }
        (true, false, _) => findings.add(RELEASE_NO_PLAIN, path("Release"), "it is not there, InRelease is"),
        (true, true, _) => {}
    }
}

/// The signed text of InRelease, whoever has signed it.
fn payload(suite: &mut Suite<'_>, bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = Limits { text_bytes: RELEASE_BYTES, ..Limits::default() };
    let fault = match clearsign::split(bytes, &limits) {
        Ok(Document::Signed(signed)) => return Some(signed.payload),
        Ok(Document::Unsigned(_)) => "it is no signed text".to_owned(),
        Err(error) => error.to_string(),
    };
    suite.report.findings.add(RELEASE_MALFORMED, suite.name.path("InRelease"), fault);
    None
}

/// Signatures do not cover blanks at the ends of lines, nor whether the last line is ended.
fn same_text(one: &[u8], other: &[u8]) -> bool {
    fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
        text.trim_ascii_end().split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end)
    }
    lines(one).eq(lines(other))
}
