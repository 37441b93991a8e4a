//! Moments in time, as the archive's records and signatures name them.

use std::fmt;

/// A moment: seconds since 1970-01-01T00:00:00 UTC, without leap seconds (POSIX time).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, such as `2026-11-24T05:52:44Z`; the bare number of seconds outside the years -9999 to 9999.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_shown_as_rfc_3339() {
        assert_eq!(Timestamp(1_795_499_564).to_string(), "2026-11-24T05:52:44Z");
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), i64::MAX.to_string());
    }
}
