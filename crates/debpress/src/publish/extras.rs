//! Fields that packages get in Packages beyond their own: from extra override files of the site, such as germinate writes,
//! and from options of the series (behaviour map 3.7).
//!
//! ```text
//! more-extra.override.SUITE.COMPONENT      for packages of a component; that of the most preferred one for all of them
//! more-extra.override.SERIES.COMPONENT     where a pocket has none of its own
//! ```
//!
//! What the files say is part of the records' state as far as publications go: the digest of what was published is recorded, and a
//! suite whose files say something else is published again. When they were written does not count.

mod parse;

use std::collections::BTreeSet;

use debfmt::digest::Sha256;
use debfmt::names::Component;

use self::parse::Fields;
use super::target::Target;
use super::{PublishError, PublishSite, Selection};
use crate::model::archive::Archive;
use crate::model::suite::{Distribution, Pocket, Series, SuiteKey, suite_name};
use crate::ports::db::SuiteState;
use crate::ports::extra_overrides::{ExtraOverrideError, ExtraOverrides};
use crate::ports::shortage::in_one_line;

/// The fields for one suite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    /// Of all packages.
    constants: Vec<(String, String)>,
    /// By component, the most preferred first; the fields of that one hold in all of them.
    components: Vec<(Component, Fields)>,
    /// What the files say, as one number; `None`: there are none.
    pub(super) digest: Option<Sha256>,
    /// What is wrong with them, each a sentence.
    pub(super) warnings: Vec<String>,
}

impl Extras {
    /// All that they say, to tell whether they say something else.
    pub(super) fn inputs(&self) -> impl std::fmt::Debug {
        (&self.constants, self.digest)
    }

    /// The fields of a package in the index of an architecture.
    pub(super) fn of(&self, component: &Component, package: &str, architecture: &str) -> Vec<(&str, &str)> {
        if self.constants.is_empty() && self.components.is_empty() {
            return Vec::new();
        }
        let keys = [package.to_owned(), format!("{package}/{architecture}")];
        let own = |(index, (of, _)): &(usize, &(Component, Fields))| *index == 0 || of == component;
        let files = self.components.iter().enumerate().filter(own);
        let named =
            files.flat_map(|(_, (_, fields))| keys.iter().filter_map(|key| fields.get(key)).flatten());
        let mut found: Vec<(&str, &str)> = Vec::new();
        // The last word counts: that of the component, and for one architecture.
        for (name, value) in self.constants.iter().chain(named) {
            found.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            found.push((name, value));
        }
        found
    }

    /// The body of a stanza with the fields of its package: its own of the same names give way. `None`: it gets none.
    pub(super) fn apply(
        &self,
        body: &str,
        component: &Component,
        package: &str,
        architecture: &str,
    ) -> Option<String> {
        let fields = self.of(component, package, architecture);
        if fields.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(body.len() + 64);
        let mut keeps = true;
        for line in body.split_inclusive('\n') {
            if !line.starts_with([' ', '\t']) {
                let name = line.split(':').next().unwrap_or_default();
                keeps = !fields.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
            }
            if keeps {
                text.push_str(line);
            }
        }
        for (name, value) in fields {
            text.push_str(&format!("{name}: {value}\n"));
        }
        Some(text)
    }
}

/// Reads them for a suite.
pub(super) fn read(site: &PublishSite<'_>, target: &Target) -> Result<Extras, PublishError> {
    let options = &target.series.options;
    if !target.archive.reference.purpose().has_extra_overrides() {
        return Ok(Extras::default());
    }
    let named = [("Origin", &options.package_origin), ("Bugs", &options.package_bugs)];
    let constants =
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
    let distribution = target.archive.reference.distribution().as_str();
    let files = Files { source: site.extra_overrides, distribution, series: &target.series };
    let found = files.of(target.key.pocket);
    let found = found.map_err(|source| PublishError::Extra { subject: target.label(), source })?;
    let mut extras = Extras { constants, digest: digest(&found), ..Extras::default() };
    for (component, name, bytes) in found {
        let (fields, warnings) = parse::parse(&name, &bytes);
        extras.components.push((component, fields));
        extras.warnings.extend(warnings);
    }
    Ok(extras)
}

/// The published suites whose files say something else than when they were published, and what cannot be read.
pub(super) fn changed(
    site: &PublishSite<'_>,
    selection: &Selection,
    (archives, distributions): (&[Archive], &[Distribution]),
    states: &[SuiteState],
) -> (BTreeSet<SuiteKey>, Vec<String>) {
    let (mut found, mut warnings) = (BTreeSet::new(), Vec::new());
    for state in states.iter().filter(|state| state.published && selection.covers(state.key)) {
        let Some(archive) = archives.iter().find(|archive| archive.id == state.key.archive) else { continue };
        let mut all = distributions.iter().flat_map(|it| it.series.iter().map(move |series| (it, series)));
        let Some((distribution, series)) = all.find(|(_, series)| series.id == state.key.series) else {
            continue;
        };
        let purpose = archive.reference.purpose();
        if !purpose.has_extra_overrides() || !purpose.may_change(series.status, state.key.pocket) {
            continue;
        }
        let files = Files { source: site.extra_overrides, distribution: distribution.name.as_str(), series };
        match files.of(state.key.pocket) {
            Ok(files) if digest(&files) == state.extra => {}
            Ok(_) => drop(found.insert(state.key)),
            Err(error) => warnings.push(format!(
                "nobody knows whether fields of packages in {} of {} have changed: {}",
                series.name,
                archive.reference,
                in_one_line(&error)
            )),
        }
    }
    warnings.dedup();
    (found, warnings)
}

/// Where files are looked for.
struct Files<'a> {
    source: &'a dyn ExtraOverrides,
    distribution: &'a str,
    series: &'a Series,
}

/// A file: its component, name and content.
type File = (Component, String, Vec<u8>);

impl Files<'_> {
    /// Those that hold for the suite of a pocket: of each component its own, or that of the series.
    fn of(&self, pocket: Pocket) -> Result<Vec<File>, ExtraOverrideError> {
        let release = self.series.name.as_str().to_owned();
        let suite = suite_name(&self.series.name, pocket).map_or(release.clone(), |name| name.to_string());
        let mut found = Vec::new();
        for component in &self.series.components {
            for suite in [&suite, &release] {
                let name = format!("more-extra.override.{suite}.{component}");
                if let Some(bytes) = self.source.read(self.distribution, &name)? {
                    found.push((component.clone(), name, bytes));
                    break;
                }
            }
        }
        // The first one stands for all components only where it is that of the most preferred one.
        if let (Some(first), Some((of, ..))) = (self.series.components.first(), found.first())
            && of != first
        {
            found.insert(0, (first.clone(), String::new(), Vec::new()));
        }
        Ok(found)
    }
}

/// What the files say, as one number.
fn digest(files: &[File]) -> Option<Sha256> {
    let mut text = Vec::new();
    for (component, _, bytes) in files.iter().filter(|(_, name, _)| !name.is_empty()) {
        text.extend_from_slice(format!("{component} {}\n", bytes.len()).as_bytes());
        text.extend_from_slice(bytes);
    }
    (!text.is_empty()).then(|| Sha256::of(&text))
}
