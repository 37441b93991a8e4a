//! Whether the suite takes uploads at all (behaviour map 5.6).

use debfmt::dsc::Dsc;
use debfmt::names::FileName;

use crate::model::archive::Archive;
use crate::model::suite::{Pocket, Series, SeriesStatus};
use crate::upload::reason::{
    ARCHIVE_DISABLED, ARCHIVE_NO_SOURCES, Reason, SOURCE_FORMAT_NOT_PERMITTED, SUITE_CLOSED, SUITE_OBSOLETE,
    SUITE_WRONG_POCKET,
};

/// The archive takes uploads, has the pocket, and the series is at a time of its life when the pocket may change.
pub fn check(archive: &Archive, series: &Series, pocket: Pocket) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let mut add = |code, message: String| reasons.push(Reason::of_upload(code, message));
    let (reference, purpose) = (&archive.reference, archive.reference.purpose());
    if !archive.enabled {
        add(ARCHIVE_DISABLED, format!("{reference} takes no uploads for now; ask its administrators"));
    }
    if !purpose.pockets().contains(&pocket) {
        let words: Vec<&str> = purpose.pockets().iter().map(|pocket| pocket.as_str()).collect();
        let message = format!(
            "{reference} has no {pocket} pocket; write another Distribution: it has {}",
            words.join(", ")
        );
        add(SUITE_WRONG_POCKET, message);
    } else if series.status == SeriesStatus::Obsolete && !archive.obsolete_uploads {
        add(SUITE_OBSOLETE, format!("{} is obsolete and takes no uploads any more", series.name));
    } else if !purpose.may_change(series.status, pocket) {
        let open = purpose.pockets().iter().filter(|pocket| purpose.may_change(series.status, **pocket));
        let open: Vec<&str> = open.map(|pocket| pocket.as_str()).collect();
        let message = format!(
            "{} is {}, and its {pocket} pocket takes no uploads in that state; open are: {}",
            series.name,
            series.status,
            open.join(", ")
        );
        add(SUITE_CLOSED, message);
    }
    reasons
}

/// The archive takes source packages, and the series their format.
pub fn source(archive: &Archive, series: &Series, name: &FileName, dsc: &Dsc) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !archive.reference.purpose().takes_sources() {
        let message = format!("{} is a copy: sources are copied into it, not uploaded", archive.reference);
        reasons.push(Reason::of_file(ARCHIVE_NO_SOURCES, name, message));
    }
    if !series.source_formats.is_empty() && !series.source_formats.contains(&dsc.format) {
        let formats: Vec<&str> = series.source_formats.iter().map(|format| format.as_str()).collect();
        let message = format!(
            "format {} is not permitted in {}, which takes {}",
            dsc.format,
            series.name,
            formats.join(", ")
        );
        reasons.push(Reason::of_file(SOURCE_FORMAT_NOT_PERMITTED, name, message));
    }
    reasons
}
