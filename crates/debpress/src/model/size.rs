//! Sizes as people write them.

use std::fmt;
use std::str::FromStr;

/// A number of bytes: `8GiB`, `500MB`, `4096`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A text that is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no size: write a whole number of bytes, or with a unit such as 500MB, 8GiB or 2TiB")]
pub struct SizeError {
    /// The text as given.
    pub text: String,
}

/// Units with their bytes, the largest first, so that a size is shown in the largest one that fits.
const UNITS: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
/// Units that people also write.
const DECIMAL: [(&str, u64); 4] =
    [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];

impl FromStr for Bytes {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || SizeError { text: text.to_owned() };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let word = text.strip_prefix(digits).unwrap_or_default();
        let unit = match word {
            "" | "B" => 1,
            _ => UNITS.iter().chain(&DECIMAL).find(|(unit, _)| *unit == word).ok_or_else(wrong)?.1,
        };
        // Whatever is not plain digits, such as `+5`, is no size.
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>());
        let number = number.and_then(Result::ok).ok_or_else(wrong)?;
        number.checked_mul(unit).filter(|bytes| i64::try_from(*bytes).is_ok()).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Bytes {
    /// In the largest unit that fits, with one digit after the point where it is not whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((unit, size)) = UNITS.iter().find(|(_, size)| self.0 >= *size) else {
            return write!(f, "{} bytes", self.0);
        };
        let (whole, rest) = (self.0 / size, self.0 % size);
        match rest {
            0 => write!(f, "{whole} {unit}"),
            _ => write!(f, "{whole}.{} {unit}", rest.saturating_mul(10) / size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        for (text, bytes) in [("0", 0), ("4096", 4096), ("1B", 1), ("8GiB", 8 << 30), ("500MB", 500_000_000)]
        {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "GiB", "-1", "+1", "1.5GiB", "8 GiB", "8gib", "99999999TiB", "9223372036854775808"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_largest_unit_that_fits() {
        let shown = [0, 1023, 1024, 1536, 8 << 30, (3 << 40) + (1 << 39)].map(|size| Bytes(size).to_string());
        assert_eq!(shown, ["0 bytes", "1023 bytes", "1 KiB", "1.5 KiB", "8 GiB", "3.5 TiB"]);
    }
}
