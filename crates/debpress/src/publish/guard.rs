//! Guard rails: what a publication does by mistake more often than on purpose. Pure.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use debfmt::names::Architecture;
use debfmt::release::Release;

use super::target::Target;
use crate::model::time::Timestamp;

/// How many packages must leave before their share counts: small suites change as a whole every day.
const FEW: u64 = 10;

/// Something that stops a publication unless it is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guard {
    /// A large share of the packages would leave.
    Removal,
    /// `Origin` would change: pins of users hang on it.
    Origin,
    /// `Label` would change, likewise.
    Label,
    /// `Suite` would change: apt refuses that until somebody agrees.
    Suite,
    /// `Codename` would change, likewise.
    Codename,
    /// An architecture would be gone.
    Architecture,
    /// A component would be gone.
    Component,
    /// `Date` would go back: clients take that for an attack.
    Date,
}

impl Guard {
    /// Every one.
    pub const ALL: [Self; 8] = [
        Self::Removal,
        Self::Origin,
        Self::Label,
        Self::Suite,
        Self::Codename,
        Self::Architecture,
        Self::Component,
        Self::Date,
    ];

    /// The word that options use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Removal => "removal",
            Self::Origin => "origin",
            Self::Label => "label",
            Self::Suite => "suite",
            Self::Codename => "codename",
            Self::Architecture => "architecture",
            Self::Component => "component",
            Self::Date => "date",
        }
    }
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Guard {
    type Err = String;

    /// Reads the word of [`Guard::as_str`]; the error says which words there are.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|guard| guard.as_str() == text).ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|guard| guard.as_str()).collect();
            format!("`{text}` is nothing that stops a publication: write one of {}", words.join(", "))
        })
    }
}

/// What would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What kind of change.
    pub guard: Guard,
    /// What it is, in one sentence.
    pub message: String,
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (--allow {})", self.message, self.guard)
    }
}

/// How many packages a suite shows, and would show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries {
    /// Now.
    pub(super) before: u64,
    /// After the publication.
    pub(super) after: u64,
    /// How many of a hundred may leave.
    pub(super) share: u8,
}

/// What a publication would change of a live Release that is hardly meant, but for what is allowed.
pub(super) fn alarms(
    live: &Release,
    target: &Target,
    now: Timestamp,
    entries: Entries,
    allowed: &BTreeSet<Guard>,
) -> Vec<Alarm> {
    let mut alarms = Vec::new();
    let mut alarm = |guard, message: Option<String>| {
        alarms.extend(message.filter(|_| !allowed.contains(&guard)).map(|message| Alarm { guard, message }));
    };
    alarm(Guard::Removal, removal(entries));
    let archive = &target.archive;
    alarm(Guard::Origin, changed("Origin", live.origin.as_deref(), &archive.origin));
    alarm(Guard::Label, changed("Label", live.label.as_deref(), &archive.label));
    alarm(Guard::Suite, changed("Suite", Some(&live.suite), target.name.as_str()));
    alarm(Guard::Codename, changed("Codename", Some(&live.codename), target.series.name.as_str()));
    let series = &target.series;
    // One that an administrator has disabled is meant to go.
    let known = |one: &&Architecture| one.is_all() || series.all_architectures().any(|it| it == *one);
    let gone = live.architectures.iter().filter(|one| !known(one));
    alarm(Guard::Architecture, left_out("architecture", gone.map(ToString::to_string).collect()));
    let gone = live.components.iter().filter(|one| !series.components.contains(one));
    alarm(Guard::Component, left_out("component", gone.map(ToString::to_string).collect()));
    let went_back = now.0 < live.date;
    let message =
        || format!("Date would go back from {} to {now}: is the clock right?", Timestamp(live.date));
    alarm(Guard::Date, went_back.then(message));
    alarms
}

fn removal(Entries { before, after, share }: Entries) -> Option<String> {
    let lost = before.saturating_sub(after);
    let too_many = lost >= FEW && lost.saturating_mul(100) > before.saturating_mul(u64::from(share));
    too_many.then(|| format!("{lost} of {before} packages would leave"))
}

fn changed(field: &str, before: Option<&str>, after: &str) -> Option<String> {
    let before = before.unwrap_or_default();
    (before != after).then(|| format!("{field} would change from {before:?} to {after:?}"))
}

fn left_out(what: &str, names: Vec<String>) -> Option<String> {
    (!names.is_empty()).then(|| format!("{what} {} would be gone", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_share_is_an_alarm_and_a_few_packages_are_not() {
        let told = |before, after| removal(Entries { before, after, share: 25 });
        for (before, after) in [(0, 0), (9, 0), (100, 75), (100, 200), (10_000, 9_990)] {
            assert_eq!(told(before, after), None, "{before} {after}");
        }
        assert_eq!(told(100, 74).as_deref(), Some("26 of 100 packages would leave"));
        assert_eq!(told(10, 0).as_deref(), Some("10 of 10 packages would leave"));
    }

    #[test]
    fn every_guard_is_read_as_it_is_written() {
        for guard in Guard::ALL {
            assert_eq!(guard.to_string().parse(), Ok(guard));
        }
        assert!("everything".parse::<Guard>().is_err());
    }
}
