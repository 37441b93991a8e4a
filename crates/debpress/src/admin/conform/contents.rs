//! Contents: which package has which file, a line a file.

use std::collections::BTreeSet;
use std::io::BufRead;

use super::codes::{CONTENTS_MALFORMED, CONTENTS_PACKAGE};
use super::report::Findings;
use super::stanzas::line;

/// How many unknown packages are named.
const NAMED: usize = 5;
/// How many are counted.
const COUNTED: usize = 10_000;

/// Reads one of them.
pub(super) struct ContentsReader<'a> {
    /// The packages of the suite; `None`: they are not compared.
    names: Option<&'a BTreeSet<String>>,
}

impl<'a> ContentsReader<'a> {
    pub(super) fn new(names: Option<&'a BTreeSet<String>>) -> Self {
        Self { names }
    }

    /// Reads the text of the file with this path.
    pub(super) fn take(&self, text: &mut dyn BufRead, path: &str, findings: &mut Findings) {
        let mut unknown = BTreeSet::new();
        let mut number: u64 = 0;
        let mut bytes = Vec::new();
        // What fails below is found when the file is read to its end.
        while let Ok(Some(_)) = line(text, &mut bytes) {
            number += 1;
            let text = String::from_utf8_lossy(&bytes);
            // The table may have a head, of one line or with words for people before it.
            if number == 1 && is_head(&text) {
                bytes.clear();
                continue;
            }
            let Some(packages) = packages(&text) else {
                let message = format!("line {number}, {:?}, is no path with packages", beginning(&text));
                return findings.add(CONTENTS_MALFORMED, path, message);
            };
            for package in packages.split(',').filter_map(|package| package.rsplit('/').next()) {
                let is_unknown = self.names.is_some_and(|names| !names.contains(package));
                if is_unknown && unknown.len() < COUNTED {
                    unknown.insert(beginning(package));
                }
            }
            bytes.clear();
        }
        if !unknown.is_empty() {
            let first: Vec<&str> = unknown.iter().map(String::as_str).take(NAMED).collect();
            let more = if unknown.len() > NAMED { ", ..." } else { "" };
            let message =
                format!("it names {} packages that no index has: {}{more}", unknown.len(), first.join(", "));
            findings.add(CONTENTS_PACKAGE, path, message);
        }
    }
}

fn is_head(line: &str) -> bool {
    line.split_whitespace().eq(["FILE", "LOCATION"])
}

/// The packages of a line, each perhaps with a section before it.
fn packages(line: &str) -> Option<&str> {
    let (path, packages) = line.trim_end().rsplit_once(char::is_whitespace)?;
    let good = |package: &str| !package.rsplit('/').next().unwrap_or_default().is_empty();
    (!path.trim().is_empty() && packages.split(',').all(good)).then_some(packages)
}

fn beginning(line: &str) -> String {
    line.trim_end().chars().take(60).collect()
}
