//! Where a believed upload stands in the queue, and which pocket it goes to: rules that no person needs to apply
//! (behaviour map 5.5).

use crate::model::archive::Purpose;
use crate::model::queue::QueueStatus;
use crate::model::suite::{Pocket, SeriesStatus};

/// What the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Purpose of the archive.
    pub purpose: Purpose,
    /// Status of the series.
    pub series: SeriesStatus,
    /// The pocket.
    pub pocket: Pocket,
    /// Whether it comes from the distribution's own machines, as builds and syncs do.
    pub trusted: bool,
    /// Whether it has a name that is new to the archive.
    pub new: bool,
    /// Whether something in it must be looked at whatever the suite: what is to be signed for secure boot.
    pub delicate: bool,
}

/// The status that an upload enters the queue with.
///
/// A new name waits as New where the archive reviews names. Into a series that is under work uploads are accepted at
/// once; a frozen or released one has people who approve.
pub fn status(facts: Facts) -> QueueStatus {
    let Facts { purpose, series, pocket, trusted, new, delicate } = facts;
    if !purpose.reviews_new_names() {
        return QueueStatus::Accepted;
    }
    if new {
        return QueueStatus::New;
    }
    if delicate {
        return QueueStatus::Unapproved;
    }
    let under_work = matches!(series, SeriesStatus::Experimental | SeriesStatus::Development)
        && matches!(pocket, Pocket::Release | Pocket::Proposed);
    if trusted || under_work { QueueStatus::Accepted } else { QueueStatus::Unapproved }
}

/// The pocket that an upload goes to: where a distribution tests everything first, what is meant for the release pocket
/// of its own archive goes to -proposed.
pub fn pocket(redirect_uploads: bool, purpose: Purpose, wanted: Pocket, trusted: bool) -> Pocket {
    let redirect = redirect_uploads && purpose == Purpose::Primary && !trusted;
    if redirect && wanted == Pocket::Release { Pocket::Proposed } else { wanted }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Facts = Facts {
        purpose: Purpose::Primary,
        series: SeriesStatus::Development,
        pocket: Pocket::Release,
        trusted: false,
        new: false,
        delicate: false,
    };

    #[test]
    fn who_waits_for_whom() {
        use QueueStatus::{Accepted, New, Unapproved};
        let frozen = Facts { series: SeriesStatus::Frozen, ..PLAIN };
        let updates = Facts { series: SeriesStatus::Current, pocket: Pocket::Updates, ..PLAIN };
        for (facts, expected) in [
            (PLAIN, Accepted),
            (Facts { new: true, ..PLAIN }, New),
            (Facts { delicate: true, ..PLAIN }, Unapproved),
            (Facts { pocket: Pocket::Proposed, ..PLAIN }, Accepted),
            (Facts { pocket: Pocket::Backports, ..PLAIN }, Unapproved),
            (frozen, Unapproved),
            (Facts { new: true, ..frozen }, New),
            (Facts { trusted: true, ..frozen }, Accepted),
            (Facts { trusted: true, delicate: true, ..frozen }, Unapproved),
            (updates, Unapproved),
            (Facts { purpose: Purpose::Partner, ..updates }, Unapproved),
            (Facts { purpose: Purpose::Ppa, new: true, delicate: true, ..frozen }, Accepted),
        ] {
            assert_eq!(status(facts), expected, "{facts:?}");
        }
    }

    #[test]
    fn only_what_strangers_upload_to_the_release_pocket_is_tested_first() {
        let to = |purpose, wanted, trusted| pocket(true, purpose, wanted, trusted);
        assert_eq!(to(Purpose::Primary, Pocket::Release, false), Pocket::Proposed);
        assert_eq!(to(Purpose::Primary, Pocket::Release, true), Pocket::Release);
        assert_eq!(to(Purpose::Primary, Pocket::Security, false), Pocket::Security);
        assert_eq!(to(Purpose::Ppa, Pocket::Release, false), Pocket::Release);
        assert_eq!(pocket(false, Purpose::Primary, Pocket::Release, false), Pocket::Release);
    }
}
