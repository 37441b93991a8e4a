//! Points in time. The clock is an argument everywhere: nothing in the model asks what time it is.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Whole seconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The number of seconds since 1970-01-01 00:00:00 UTC.
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// This point in time moved by `seconds` (negative: earlier). Saturates at the ends of `i64`.
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

/// RFC 3339 in UTC, `2026-11-24T05:52:44Z`; a time outside the calendar is shown as plain seconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "@{}", self.0),
        }
    }
}

/// A length of time as people write it: `90`, `90s`, `15m`, `6h`, `1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub i64);

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no length of time: write a number with s, m, h or d, such as 90s, 15m, 6h or 1d")]
pub struct DurationError {
    /// The text as given.
    pub text: String,
}

impl std::str::FromStr for Seconds {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || DurationError { text: text.to_owned() };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text.strip_prefix(digits) {
            Some("" | "s") => 1,
            Some("m") => 60,
            Some("h") => 3600,
            Some("d") => 86_400,
            _ => return Err(wrong()),
        };
        let number: u32 = digits.parse().map_err(|_| wrong())?;
        i64::from(number).checked_mul(unit).map(Self).ok_or_else(wrong)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
