//! Contents against Packages: what the one names the other has, as far as the records know the files of a package.

use std::collections::{BTreeMap, BTreeSet};

use debfmt::deb::DebKind;
use debfmt::names::{Architecture, Component};

use super::codes::INDEX_CONTENTS;
use super::suites::{PUBLISH_AGAIN, SuiteCheck};
use super::{CheckError, CheckReport};
use crate::model::key::{IndexName, SubComponent};
use crate::ports::db::BinaryBounds;

/// How many packages one message names.
const NAMED: usize = 5;

/// The packages of one architecture of a component, and whether they are for the installer.
type Part = (Component, bool, Architecture);

/// The names that the indexes of a suite have.
#[derive(Default)]
pub(super) struct Names {
    packages: BTreeMap<Part, BTreeSet<String>>,
    contents: Vec<(IndexName, BTreeSet<String>)>,
}

impl Names {
    /// A Packages index that was read, whose packages follow.
    pub(super) fn packages_of(&mut self, index: &IndexName) -> Option<(&mut BTreeSet<String>, Architecture)> {
        let (component, udeb, architecture) = match index {
            IndexName::Packages(component, architecture) => (component, false, architecture),
            IndexName::SubPackages(component, SubComponent::DebianInstaller, architecture) => {
                (component, true, architecture)
            }
            IndexName::SubPackages(_, SubComponent::Debug, _)
            | IndexName::Sources(_)
            | IndexName::Translation(..)
            | IndexName::Contents { .. }
            | IndexName::TranslationIndex(_)
            | IndexName::Stub(..)
            | IndexName::Dep11(..)
            | IndexName::Commands(..)
            | IndexName::Oval(..)
            | IndexName::Diffs(_)
            | IndexName::Patch(..) => return None,
        };
        let names = self.packages.entry((component.clone(), udeb, architecture.clone())).or_default();
        Some((names, architecture.clone()))
    }

    /// What a Contents index names.
    pub(super) fn contents_of(&mut self, index: &IndexName, names: BTreeSet<String>) {
        self.contents.push((index.clone(), names));
    }

    /// Compares what was read.
    pub(super) fn compare(self, check: &SuiteCheck<'_>, report: &mut CheckReport) -> Result<(), CheckError> {
        for (index, named) in &self.contents {
            let IndexName::Contents { component, udeb, architecture } = index else { continue };
            let parts: Vec<_> = self
                .packages
                .iter()
                .filter(|((of, installer, machine), _)| {
                    component.as_ref().is_none_or(|component| component == of)
                        && (installer, machine) == (udeb, architecture)
                })
                .collect();
            // A Packages that could not be read was reported.
            if parts.is_empty() {
                continue;
            }
            let listed: BTreeSet<&String> = parts.iter().flat_map(|(_, names)| *names).collect();
            let unlisted: Vec<&String> = named.iter().filter(|name| !listed.contains(name)).collect();
            tell(check, report, index, "it has files of packages that Packages does not have", &unlisted);
            let lost: BTreeSet<&String> = listed.into_iter().filter(|name| !named.contains(*name)).collect();
            if !lost.is_empty() {
                let lost = with_files(check, parts.iter().map(|(part, _)| *part), &lost)?;
                tell(
                    check,
                    report,
                    index,
                    "it lacks packages that Packages has, and whose files are known",
                    &lost,
                );
            }
        }
        Ok(())
    }
}

/// Those of the packages that have files, as far as the records know.
fn with_files<'a>(
    check: &SuiteCheck<'_>,
    parts: impl Iterator<Item = &'a Part>,
    names: &BTreeSet<&'a String>,
) -> Result<Vec<&'a String>, CheckError> {
    let failed = |source| CheckError::Records { subject: check.suite.name.to_string(), source };
    let snapshot = check.site.records.snapshot(check.suite.key).map_err(failed)?;
    let mut found = BTreeSet::new();
    for (component, udeb, architecture) in parts {
        let kind = if *udeb { DebKind::Udeb } else { DebKind::Deb };
        let architectures = [architecture.clone()];
        let bounds = BinaryBounds { kind, architectures: &architectures };
        let walked = check.site.records.contents_rows(&snapshot, component, bounds, &mut |row| {
            found.extend(names.get(&row.name).filter(|_| !row.paths.trim().is_empty()).copied());
            true
        });
        walked.map_err(failed)?;
    }
    Ok(found.into_iter().collect())
}

fn tell(check: &SuiteCheck<'_>, report: &mut CheckReport, index: &IndexName, fault: &str, names: &[&String]) {
    if names.is_empty() {
        return;
    }
    let named: Vec<&str> = names.iter().take(NAMED).map(|name| name.as_str()).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let subject = format!("{}/dists/{}/{}", check.root, check.suite.name, index.path());
    report.add(INDEX_CONTENTS, subject, format!("{fault}: {}{more}; {PUBLISH_AGAIN}", named.join(", ")));
}
