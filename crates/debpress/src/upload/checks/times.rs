//! Times of the files in a binary package (behaviour map 5.4, 83): what is dated in the future, or before anybody had a
//! computer that could make it, breaks tools that compare times.

use crate::model::package::BinaryRelease;
use crate::model::time::Timestamp;
use crate::upload::reason::{DEB_TIME_IN_FUTURE, DEB_TIME_IN_PAST, Reason};

/// Clocks of build machines may be wrong by so many seconds.
const AHEAD: i64 = 86_400;
/// 1975-01-01, seconds since 1970 UTC.
const OLDEST: i64 = 157_766_400;

/// Every file of the package is dated between 1975 and tomorrow.
pub fn check(release: &BinaryRelease, now: Timestamp) -> Vec<Reason> {
    let Some(times) = &release.times else { return Vec::new() };
    let mut reasons = Vec::new();
    let mut add = |code, (at, path): &(i64, String), bound: &str| {
        let message = format!("{path} in it is dated {}, which is {bound}", Timestamp(*at));
        reasons.push(Reason::of_file(code, &release.file.name, message));
    };
    if times.newest.0 > now.0.saturating_add(AHEAD) {
        add(DEB_TIME_IN_FUTURE, &times.newest, "in the future: set the clock of the machine that built it");
    }
    if times.oldest.0 < OLDEST {
        add(DEB_TIME_IN_PAST, &times.oldest, "before 1975: set SOURCE_DATE_EPOCH or touch the file");
    }
    reasons
}
