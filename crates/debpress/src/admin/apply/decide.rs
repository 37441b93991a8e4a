//! Which steps lead from what is recorded to what is declared. Pure.

use std::collections::BTreeMap;

use debfmt::names::DistributionName;

use super::places;
use super::series::{self, Around};
use super::{Action, Field, Plan, ShownStep, Step};
use crate::admin::grow::DistributionRequest;
use crate::config::Config;
use crate::config::declared::{DeclaredArchive, DeclaredDistribution};
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::suite::Distribution;

/// What `debpress.toml` declares.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    /// Distributions with their series.
    pub distributions: &'a BTreeMap<DistributionName, DeclaredDistribution>,
    /// Archives.
    pub archives: &'a BTreeMap<ArchiveRef, DeclaredArchive>,
}

impl<'a> Declared<'a> {
    /// What a configuration declares.
    pub fn of(config: &'a Config) -> Self {
        Self { distributions: &config.distribution, archives: &config.archive }
    }

    /// Whether it declares nothing at all.
    pub fn is_empty(&self) -> bool {
        self.distributions.is_empty() && self.archives.is_empty()
    }
}

/// Where steps and problems are collected.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) plan: Plan,
    pub(super) problems: Vec<String>,
}

impl Draft {
    pub(super) fn step(&mut self, subject: &str, created: bool, fields: Vec<Field>, action: Action) {
        let shown = ShownStep { subject: subject.to_owned(), created, fields };
        self.plan.steps.push(Step { shown, action });
    }

    pub(super) fn problem(&mut self, subject: &str, what: impl std::fmt::Display) {
        self.problems.push(format!("{subject}: {what}"));
    }
}

/// Notes a value that was chosen when the thing was made, and does not change.
pub(super) fn fixed(draft: &mut Draft, subject: &str, name: &str, declared: Option<&str>, recorded: &str) {
    if let Some(declared) = declared.filter(|declared| *declared != recorded) {
        let recorded = if recorded.is_empty() { "none" } else { recorded };
        draft.problem(subject, format_args!("{name} is {recorded} and cannot become {declared}"));
    }
}

/// A field, if it changes.
pub(super) fn field(name: &str, before: &str, after: Option<&str>) -> Option<Field> {
    let after = after.filter(|after| *after != before)?;
    Some(Field { name: name.to_owned(), before: Some(before.to_owned()), after: after.to_owned() })
}

/// The word for a flag.
pub(super) fn yes_no(on: bool) -> &'static str {
    if on { "yes" } else { "no" }
}

/// The steps, or everything that is wrong.
///
/// # Errors
/// Each problem as a sentence: then there is nothing that could be done.
pub fn decide(
    declared: &Declared<'_>,
    distributions: &[Distribution],
    archives: &[Archive],
) -> Result<Plan, Vec<String>> {
    let mut draft = Draft::default();
    for name in in_order(&mut draft, declared, distributions) {
        let Some(wanted) = declared.distributions.get(name) else { continue };
        let recorded = distributions.iter().find(|known| known.name == *name);
        distribution(&mut draft, name, wanted, recorded);
    }
    for (name, wanted) in declared.distributions {
        let recorded = distributions.iter().find(|known| known.name == *name);
        let around = Around { distribution: name, declared: wanted, recorded, distributions };
        series::settle(&mut draft, &around);
    }
    places::settle(&mut draft, declared, (distributions, archives));
    draft.plan.undeclared = undeclared(declared, distributions, archives);
    let changed: Vec<String> = draft.plan.steps.iter().flat_map(subjects_of).collect();
    draft.plan.unchanged = subjects(declared).iter().filter(|subject| !changed.contains(subject)).count();
    if draft.problems.is_empty() { Ok(draft.plan) } else { Err(draft.problems) }
}

/// Those that others are derived from come first.
fn in_order<'a>(
    draft: &mut Draft,
    declared: &'a Declared<'_>,
    distributions: &[Distribution],
) -> Vec<&'a DistributionName> {
    let mut ordered: Vec<&DistributionName> = Vec::new();
    let mut waiting: Vec<(&DistributionName, &DeclaredDistribution)> =
        declared.distributions.iter().collect();
    loop {
        let recorded = |of: &DistributionName| distributions.iter().find(|known| known.name == *of);
        let is_there = |(of, series): &(DistributionName, _)| {
            recorded(of).is_some_and(|it| it.series.iter().any(|one| one.name == *series))
                || (ordered.contains(&of)
                    && declared
                        .distributions
                        .get(of)
                        .is_some_and(|it| it.series.iter().any(|one| one.0 == *series)))
        };
        let missing = |it: &DeclaredDistribution| {
            it.series
                .iter()
                .filter_map(|(_, one)| one.parent.as_ref())
                .find(|parent| !is_there(parent))
                .cloned()
        };
        let (ready, blocked): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, wanted)| missing(wanted).is_none());
        if ready.is_empty() {
            for (name, wanted) in blocked {
                let (of, series) = missing(wanted).unzip();
                if let (Some(of), Some(series)) = (of, series) {
                    let what = format!("its parent {of}/{series} is neither recorded nor declared before it");
                    draft.problem(&format!("distribution {name}"), what);
                }
            }
            return ordered;
        }
        ordered.extend(ready.into_iter().map(|(name, _)| name));
        waiting = blocked;
    }
}

fn distribution(
    draft: &mut Draft,
    name: &DistributionName,
    wanted: &DeclaredDistribution,
    recorded: Option<&Distribution>,
) {
    let subject = format!("distribution {name}");
    let Some(recorded) = recorded else {
        let requests: Vec<_> = wanted
            .series
            .iter()
            .map(|(one, declared)| series::request(draft, name, one, declared, None))
            .collect();
        if requests.is_empty() {
            draft.problem(&subject, "it has no series: declare one, as [distribution.NAME.series.SERIES]");
        }
        let mut fields = vec![made("called", wanted.display_name.as_deref().unwrap_or(name.as_str()))];
        fields.extend(
            requests.iter().map(|request| made(&format!("series {}", request.name), &series::told(request))),
        );
        let display_name = wanted.display_name.clone();
        let request = DistributionRequest { name: name.clone(), display_name, series: requests };
        draft.step(&subject, true, fields, Action::CreateDistribution(request));
        redirect(draft, &subject, name, wanted, false);
        return;
    };
    fixed(draft, &subject, "display_name", wanted.display_name.as_deref(), &recorded.display_name);
    let mut newest = recorded.series.last().map(series::like);
    for (one, declared) in &wanted.series {
        if recorded.series.iter().any(|known| known.name == *one) {
            continue;
        }
        let request = series::request(draft, name, one, declared, newest.as_ref());
        let fields = vec![made("made as", &series::told(&request))];
        newest = Some(request.clone());
        draft.step(
            &format!("series {name}/{one}"),
            true,
            fields,
            Action::CreateSeries(name.clone(), request),
        );
    }
    redirect(draft, &subject, name, wanted, recorded.redirect_uploads);
}

fn redirect(
    draft: &mut Draft,
    subject: &str,
    name: &DistributionName,
    wanted: &DeclaredDistribution,
    recorded: bool,
) {
    let Some(redirect) = wanted.redirect_uploads else { return };
    if let Some(change) = field("redirect_uploads", yes_no(recorded), Some(yes_no(redirect))) {
        draft.step(subject, false, vec![change], Action::RedirectUploads(name.clone(), redirect));
    }
}

/// A value of something new.
pub(super) fn made(name: &str, value: &str) -> Field {
    Field { name: name.to_owned(), before: None, after: value.to_owned() }
}

/// What a step makes or changes: a new distribution comes with its series.
fn subjects_of(step: &Step) -> Vec<String> {
    let mut subjects = vec![step.shown.subject.clone()];
    if let Action::CreateDistribution(new) = &step.action {
        subjects.extend(new.series.iter().map(|series| format!("series {}/{}", new.name, series.name)));
    }
    subjects
}

/// Everything that is declared.
fn subjects(declared: &Declared<'_>) -> Vec<String> {
    let mut subjects: Vec<String> = Vec::new();
    for (name, distribution) in declared.distributions {
        subjects.push(format!("distribution {name}"));
        subjects.extend(distribution.series.iter().map(|(one, _)| format!("series {name}/{one}")));
    }
    subjects.extend(declared.archives.keys().map(|reference| format!("archive {reference}")));
    subjects
}

/// What is recorded and not declared. The primary archive of a declared distribution comes with it.
fn undeclared(declared: &Declared<'_>, distributions: &[Distribution], archives: &[Archive]) -> Vec<String> {
    let mut left = Vec::new();
    for distribution in distributions {
        let name = &distribution.name;
        let Some(wanted) = declared.distributions.get(name) else {
            left.push(format!("distribution {name}"));
            continue;
        };
        let others =
            distribution.series.iter().filter(|one| wanted.series.iter().all(|(it, _)| *it != one.name));
        left.extend(others.map(|one| format!("series {name}/{}", one.name)));
    }
    let comes_along = |reference: &ArchiveRef| {
        *reference == ArchiveRef::Primary(reference.distribution().clone())
            && declared.distributions.contains_key(reference.distribution())
    };
    let others = archives.iter().map(|archive| &archive.reference);
    let others = others.filter(|it| !declared.archives.contains_key(it) && !comes_along(it));
    left.extend(others.map(|reference| format!("archive {reference}")));
    left
}
