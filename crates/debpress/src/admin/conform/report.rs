//! What was looked at and what was found, bounded: no archive can fill memory with findings.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::codes::{Rule, Severity};

/// How many findings of one code and one suite are kept; of the others it is said how many there are.
const KEPT: u64 = 100;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The code of a rule of [`super::codes::RULES`].
    pub code: &'static str,
    /// What it weighs.
    pub severity: Severity,
    /// What it is about: a path from the root of the archive, or a package.
    pub thing: String,
    /// What is there, and what should be.
    pub message: String,
    /// Why it matters, and to whom.
    pub why: &'static str,
    /// Where the rule is from.
    pub source: &'static str,
}

/// One line: `error index.hash: dists/stable/main/binary-amd64/Packages.gz: its SHA256 is ..., Release says ...`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}: {}", self.severity, self.code, self.thing, self.message)
    }
}

/// Findings, counted by code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: BTreeMap<&'static str, (Severity, u64)>,
}

impl Findings {
    /// Adds one.
    pub(super) fn add(&mut self, rule: &'static Rule, thing: impl fmt::Display, message: impl fmt::Display) {
        let (_, count) = self.counts.entry(rule.code).or_insert((rule.severity, 0));
        *count += 1;
        if *count <= KEPT {
            let Rule { code, severity, why, source, .. } = *rule;
            let (thing, message) = (printable(&thing.to_string()), printable(&message.to_string()));
            self.kept.push(Finding { code, severity, thing, message, why, source });
        }
    }

    /// Adds those of another part.
    pub(super) fn absorb(&mut self, other: Self) {
        let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
        for finding in other.kept {
            let before = self.counts.get(finding.code).map_or(0, |(_, count)| *count);
            let seen = seen.entry(finding.code).or_default();
            *seen += 1;
            if before.saturating_add(*seen) <= KEPT {
                self.kept.push(finding);
            }
        }
        for (code, (severity, count)) in other.counts {
            self.counts.entry(code).or_insert((severity, 0)).1 += count;
        }
    }

    /// The findings that were kept, in the order in which they were made.
    pub fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// How many of each code there are that were not kept.
    pub fn left_out(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts
            .iter()
            .filter(|(_, (_, count))| *count > KEPT)
            .map(|(code, (_, count))| (*code, count - KEPT))
    }

    /// How many there are of a weight, kept or not.
    pub fn count(&self, severity: Severity) -> u64 {
        self.counts.values().filter(|(one, _)| *one == severity).map(|(_, count)| count).sum()
    }

    /// Whether there is none of a code.
    pub fn lacks(&self, rule: &Rule) -> bool {
        !self.counts.contains_key(rule.code)
    }
}

/// Names come from strangers: nothing that a terminal obeys, and nothing without end.
fn printable(text: &str) -> String {
    const LONGEST: usize = 1000;
    let visible = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut out: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push_str("...");
    }
    out
}

/// What was found in one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SuiteReport {
    /// Its directory from `dists/`, or, of a flat archive, from the root, with a slash at the end.
    pub suite: String,
    /// Listed files that are there, names by hash not counted.
    pub indexes: u64,
    /// Stanzas of binary packages, those of each index.
    pub packages: u64,
    /// Stanzas of source packages.
    pub sources: u64,
    /// Files of packages that were looked at for this suite.
    pub pool_files: u64,
    /// What is not as it should be.
    pub findings: Findings,
}

impl SuiteReport {
    /// Adds what was found in a part of the suite.
    pub(super) fn absorb(&mut self, part: Self) {
        self.indexes += part.indexes;
        self.packages += part.packages;
        self.sources += part.sources;
        self.pool_files += part.pool_files;
        self.findings.absorb(part.findings);
    }
}

/// What was found in an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Where it is, as it was named.
    pub place: String,
    /// What is about no suite.
    pub findings: Findings,
    /// The suites, in the order in which they were looked at.
    pub suites: Vec<SuiteReport>,
}

impl Report {
    /// How many findings of a weight there are.
    pub fn count(&self, severity: Severity) -> u64 {
        let suites = self.suites.iter().map(|suite| suite.findings.count(severity));
        suites.sum::<u64>() + self.findings.count(severity)
    }

    /// Whether clients can use all of it: there is no error, and if warnings count, none of these.
    pub fn conforms(&self, strict: bool) -> bool {
        self.count(Severity::Error) == 0 && !(strict && self.count(Severity::Warning) > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::codes::{INDEX_HASH, STANZA_ORDER};
    use super::*;

    #[test]
    fn an_archive_cannot_fill_memory_with_findings() {
        let mut all = Findings::default();
        all.add(STANZA_ORDER, "x", "y");
        for _ in 0..3 {
            let mut part = Findings::default();
            for number in 0..KEPT - 20 {
                part.add(INDEX_HASH, number, "differs");
            }
            all.absorb(part);
        }
        assert_eq!(all.kept().len() as u64, KEPT + 1);
        assert_eq!(all.count(Severity::Error), 3 * (KEPT - 20));
        assert_eq!(all.left_out().collect::<Vec<_>>(), [("index.hash", 2 * KEPT - 60)]);
    }

    #[test]
    fn names_of_strangers_do_nothing_to_a_terminal() {
        let mut findings = Findings::default();
        findings.add(INDEX_HASH, "a\u{1b}[2Jb\nc", "x".repeat(5000));
        let finding = &findings.kept()[0];
        assert_eq!(finding.thing, "a\u{fffd}[2Jb\u{fffd}c");
        assert_eq!(finding.message.len(), 1003);
    }
}
