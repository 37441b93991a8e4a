//! The dates of `Release` files: RFC 1123 form, always UTC.

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const SECONDS_PER_DAY: i64 = 86_400;
/// The Gregorian calendar repeats after 400 years.
const DAYS_PER_ERA: i64 = 146_097;
/// Days from 1 March of year 0, where eras begin here, to 1 January 1970.
const EPOCH: i64 = 719_468;

/// Writes seconds since 1970 UTC as `Tue, 24 Nov 2026 05:52:44 UTC`.
///
/// The form that apt reads has years of four digits, which is to say the years 1000 to 9999.
pub fn format_date(seconds: i64) -> String {
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil(days);
    // 1 January 1970 was a Thursday.
    let weekday = name_at(&DAYS, days.rem_euclid(7) + 3);
    let month = name_at(&MONTHS, month - 1);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Reads `Tue, 24 Nov 2026 05:52:44 UTC` as seconds since 1970 UTC.
///
/// The zone may be `UTC`, `GMT`, `Z` or `+0000`. The day of the week must be one but is not compared with the
/// date, which apt does not do either. Gives `None` for anything else, and for days that do not exist.
pub fn parse_date(text: &str) -> Option<i64> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [weekday, day, month, year, time, zone] = words[..] else { return None };
    DAYS.iter().find(|name| weekday.strip_suffix(',') == Some(**name))?;
    if !["UTC", "GMT", "Z", "+0000"].contains(&zone) {
        return None;
    }
    let month = i64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()? + 1;
    let (year, day) = (number(year, 4, 4, 9999)?, number(day, 1, 2, 31)?);
    let days = days_from_civil(year, month, day);
    // A day that does not exist, as 30 February, comes back as another one.
    if civil(days) != (year, month, day) {
        return None;
    }
    let parts: Vec<&str> = time.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    let hours = number(hour, 1, 2, 23)?;
    let seconds = (hours * 60 + number(minute, 2, 2, 59)?) * 60 + number(second, 2, 2, 59)?;
    Some(days * SECONDS_PER_DAY + seconds)
}

/// A number of `least` to `most` digits, up to `largest`.
fn number(text: &str, least: usize, most: usize, largest: i64) -> Option<i64> {
    let digits = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    Some(text).filter(|_| digits)?.parse().ok().filter(|number| *number <= largest)
}

fn name_at(names: &[&'static str], index: i64) -> &'static str {
    // The index is taken modulo the length, so it is always in range.
    let length = i64::try_from(names.len()).unwrap_or(1);
    usize::try_from(index.rem_euclid(length)).ok().and_then(|index| names.get(index)).copied().unwrap_or("")
}

/// Year, month and day of a day counted from 1 January 1970.
///
/// Years are counted from 1 March, so that the leap day is the last of the year and the lengths of the months
/// before it follow a straight line: `(153 * m + 2) / 5` days precede month `m` after March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = year - i64::from(month <= 2);
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_PER_ERA + day_of_era - EPOCH
}
