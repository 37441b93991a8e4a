//! Steps of the series of one distribution. Pure.

use debfmt::names::{Architecture, Component, DistributionName, SeriesName};

use super::decide::{Draft, field, fixed};
use super::{Action, Field, Step};
use crate::admin::grow::{SeriesRequest, parent_name};
use crate::admin::series::{SeriesChange, changed};
use crate::config::declared::{DeclaredDistribution, DeclaredSeries, plain};
use crate::model::publishing::SeriesOptions;
use crate::model::suite::{Distribution, Pocket, Series, SeriesId, SeriesStatus};

/// A distribution as declared and as recorded.
pub(super) struct Around<'a> {
    pub(super) distribution: &'a DistributionName,
    pub(super) declared: &'a DeclaredDistribution,
    pub(super) recorded: Option<&'a Distribution>,
    /// All that are recorded.
    pub(super) distributions: &'a [Distribution],
}

/// A new series. What is not said is as in `newest`, the newest one that there is before it.
pub(super) fn request(
    draft: &mut Draft,
    distribution: &DistributionName,
    name: &SeriesName,
    declared: &DeclaredSeries,
    newest: Option<&SeriesRequest>,
) -> SeriesRequest {
    let subject = format!("series {distribution}/{name}");
    let inherited = |list: fn(&SeriesRequest) -> usize| newest.is_some_and(|newest| list(newest) > 0);
    let components = declared.components.as_deref().map(plain).unwrap_or_default();
    let mut architectures = declared.architectures.as_deref().map(plain).unwrap_or_default();
    if components.is_empty() && !inherited(|it| it.components.len()) {
        draft.problem(&subject, "it has no components: declare them");
    }
    if architectures.is_empty() && !inherited(|it| it.architectures.len()) {
        draft.problem(&subject, "it has no architectures: declare them");
    }
    if !architectures.is_empty() {
        let disabled = declared.disabled_architectures.as_deref().map(plain).unwrap_or_default();
        architectures.extend(disabled);
    }
    twice(draft, &subject, "component", &components);
    twice(draft, &subject, "architecture", &architectures);
    if let Some(one) = architectures.iter().find(|one| one.is_all() || one.is_source()) {
        draft.problem(
            &subject,
            format_args!("`{one}` is part of every archive: declare machine architectures only"),
        );
    }
    let or_newest = |empty: bool| newest.filter(|_| empty);
    SeriesRequest {
        name: name.clone(),
        version: declared.version.clone(),
        components: or_newest(components.is_empty()).map_or(components, |it| it.components.clone()),
        architectures: or_newest(architectures.is_empty())
            .map_or(architectures, |it| it.architectures.clone()),
        status: declared.status.unwrap_or(SeriesStatus::Frozen),
        parent: declared.parent.clone(),
    }
}

/// A recorded series as the model of the next one.
pub(super) fn like(series: &Series) -> SeriesRequest {
    SeriesRequest {
        name: series.name.clone(),
        version: series.version.clone(),
        components: series.components.clone(),
        architectures: series.architectures.clone(),
        status: series.status,
        parent: None,
    }
}

/// A new series in one line.
pub(super) fn told(request: &SeriesRequest) -> String {
    let mut parts =
        vec![request.status.to_string(), joined(&request.components), joined(&request.architectures)];
    parts.extend(request.version.as_ref().map(|version| format!("version {version}")));
    parts.extend(
        request.parent.as_ref().map(|(distribution, series)| format!("from {distribution}/{series}")),
    );
    parts.join("; ")
}

/// What of the series of a distribution changes, those that are being made too.
pub(super) fn settle(draft: &mut Draft, around: &Around<'_>) {
    aliases_fit(draft, around);
    for (name, declared) in &around.declared.series {
        let subject = format!("series {}/{name}", around.distribution);
        let recorded = around.recorded.and_then(|it| it.series.iter().find(|series| series.name == *name));
        let made = draft.plan.steps.iter().find_map(|step| request_of(step, around.distribution, name));
        let before = match (recorded, made) {
            (Some(recorded), _) => recorded.clone(),
            (None, Some(request)) => as_made(request),
            (None, None) => continue,
        };
        if recorded.is_some() {
            let version = before.version.as_deref().unwrap_or_default();
            fixed(draft, &subject, "version", declared.version.as_deref(), version);
            let parent =
                declared.parent.as_ref().map(|(distribution, series)| format!("{distribution}/{series}"));
            let recorded = parent_name(around.distributions, &before).unwrap_or_default();
            fixed(draft, &subject, "parent", parent.as_deref(), &recorded);
        }
        one(draft, around, &subject, declared, &before);
    }
}

/// The request by which a step makes a series.
fn request_of<'a>(step: &'a Step, of: &DistributionName, name: &SeriesName) -> Option<&'a SeriesRequest> {
    if let Action::CreateDistribution(new) = &step.action {
        return new.series.iter().find(|request| new.name == *of && request.name == *name);
    }
    let Action::CreateSeries(distribution, request) = &step.action else { return None };
    Some(request).filter(|request| distribution == of && request.name == *name)
}

/// What [`crate::admin::grow`] makes of a request.
fn as_made(request: &SeriesRequest) -> Series {
    let mut architectures = request.architectures.clone();
    architectures.sort();
    Series {
        id: SeriesId(0),
        name: request.name.clone(),
        version: request.version.clone(),
        components: request.components.clone(),
        architectures,
        disabled_architectures: Vec::new(),
        status: request.status,
        source_formats: Vec::new(),
        announce: None,
        parent: None,
        aliases: Vec::new(),
        options: SeriesOptions::default(),
    }
}

fn one(draft: &mut Draft, around: &Around<'_>, subject: &str, declared: &DeclaredSeries, before: &Series) {
    let wanted = wanted(draft, subject, declared, before);
    let after = match changed(before, &wanted) {
        Ok(after) => after,
        Err(error) => return draft.problem(subject, error),
    };
    // The status first: options and lists then mark those suites as changed that are open from now on, and no other.
    let status = declared.status.filter(|status| *status != before.status);
    if let Some(status) = status {
        let change = field("status", before.status.as_str(), Some(status.as_str()));
        let action = Action::SetStatus(around.distribution.clone(), before.name.clone(), status);
        draft.step(subject, false, change.into_iter().collect(), action);
    }
    let mut fields = fields(before, &after);
    if after.aliases != before.aliases {
        fields.extend(taken(around, &after));
    }
    if !fields.is_empty() {
        let action = Action::ChangeSeries(
            around.distribution.clone(),
            before.name.clone(),
            narrowed(wanted, before, &after),
        );
        draft.step(subject, false, fields, action);
    }
}

/// The change that a declaration means.
fn wanted(draft: &mut Draft, subject: &str, declared: &DeclaredSeries, before: &Series) -> SeriesChange {
    let enabled = declared.architectures.as_deref().map(plain::<Architecture>);
    let disable = declared.disabled_architectures.as_deref().map(plain::<Architecture>).unwrap_or_default();
    let enable = enabled.clone().unwrap_or_default();
    twice(draft, subject, "architecture", &[&enable[..], &disable[..]].concat());
    if let Some(enabled) = enabled {
        let lost = before.architectures.iter().filter(|one| !enabled.contains(one) && !disable.contains(one));
        for one in lost {
            draft.problem(
                subject,
                format_args!(
                    "architecture {one} is not declared: name it, or name it in disabled_architectures"
                ),
            );
        }
    }
    SeriesChange {
        source_formats: declared.source_formats.clone(),
        announce: declared.announce.clone(),
        aliases: declared.aliases.as_deref().map(plain),
        options: declared.options.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        components: declared.components.as_deref().map(plain::<Component>),
        enable,
        disable,
    }
}

/// Without what is as it should be: what is published would be made anew for nothing.
fn narrowed(change: SeriesChange, before: &Series, after: &Series) -> SeriesChange {
    let options = if before.options == after.options { Vec::new() } else { change.options };
    let new = |one: &Architecture| !before.architectures.contains(one);
    let gone = |one: &Architecture| !before.disabled_architectures.contains(one);
    SeriesChange {
        options,
        components: change.components.filter(|_| before.components != after.components),
        enable: change.enable.into_iter().filter(new).collect(),
        disable: change.disable.into_iter().filter(gone).collect(),
        ..change
    }
}

fn fields(before: &Series, after: &Series) -> Vec<Field> {
    let formats = |it: &Series| joined(&it.source_formats.iter().map(|one| one.as_str()).collect::<Vec<_>>());
    let announce = |it: &Series| it.announce.clone().unwrap_or_default();
    let values = |it: &Series| {
        let named = |name: &str, value| (name.to_owned(), value);
        let mut values = vec![
            named("components", joined(&it.components)),
            named("architectures", joined(&it.architectures)),
            named("disabled_architectures", joined(&it.disabled_architectures)),
            named("aliases", joined(&it.aliases)),
            named("source_formats", formats(it)),
            named("announce", announce(it)),
        ];
        values.extend(it.options.shown().into_iter().map(|(name, value, _)| (name, value)));
        values
    };
    let (before, after) = (values(before), values(after));
    let of = |name: &str, values: &[(String, String)]| {
        values.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    // A field of Release may be on one side only.
    let gone = before.iter().filter(|(name, _)| after.iter().all(|(known, _)| known != name));
    let names: Vec<&String> = after.iter().chain(gone).map(|(name, _)| name).collect();
    names.into_iter().filter_map(|name| field(name, &of(name, &before), Some(&of(name, &after)))).collect()
}

/// From whom second names are taken.
fn taken(around: &Around<'_>, after: &Series) -> Vec<Field> {
    let others =
        around.recorded.into_iter().flat_map(|it| &it.series).filter(|other| other.name != after.name);
    let lines = others.filter_map(|other| {
        let stays: Vec<_> =
            other.aliases.iter().filter(|alias| !after.aliases.contains(alias)).cloned().collect();
        // One that declares its own has a step of its own.
        let own = around.declared.series.iter().any(|(name, it)| *name == other.name && it.aliases.is_some());
        let name = format!("aliases of {}", other.name);
        field(&name, &joined(&other.aliases), Some(&joined(&stays))).filter(|_| !own)
    });
    lines.collect()
}

/// A second name is no suite, and is not declared for two.
fn aliases_fit(draft: &mut Draft, around: &Around<'_>) {
    let recorded = around.recorded.into_iter().flat_map(|it| &it.series);
    let declared = around.declared.series.iter().map(|(name, _)| name);
    let all: Vec<&SeriesName> = recorded.clone().map(|it| &it.name).chain(declared).collect();
    let is_suite = |alias: &str| {
        all.iter().any(|name| Pocket::ALL.iter().any(|pocket| alias == format!("{name}{}", pocket.suffix())))
    };
    let mut seen: Vec<SeriesName> = Vec::new();
    for (name, series) in &around.declared.series {
        let subject = format!("series {}/{name}", around.distribution);
        for alias in series.aliases.as_deref().map(plain::<SeriesName>).unwrap_or_default() {
            if is_suite(alias.as_str()) {
                draft.problem(
                    &subject,
                    format_args!("`{alias}` is a suite, and cannot be a second name as well"),
                );
            }
            if seen.contains(&alias) {
                draft.problem(&subject, format_args!("`{alias}` is declared as a second name twice"));
            }
            seen.push(alias);
        }
    }
    for series in recorded {
        let now = around.declared.series.iter().find(|(name, _)| *name == series.name);
        let stays = now.is_none_or(|(_, it)| it.aliases.is_none());
        let of_new = |alias: &&SeriesName| around.declared.series.iter().any(|(name, _)| name == *alias);
        if let Some(alias) = series.aliases.iter().find(of_new).filter(|_| stays) {
            let subject = format!("series {}/{alias}", around.distribution);
            draft.problem(&subject, format_args!("{} has that as a second name", series.name));
        }
    }
}

fn twice<T: PartialEq + std::fmt::Display>(draft: &mut Draft, subject: &str, what: &str, list: &[T]) {
    for (position, name) in list.iter().enumerate() {
        if list.iter().take(position).any(|earlier| earlier == name) {
            draft.problem(subject, format_args!("{what} `{name}` is declared twice"));
        }
    }
}

fn joined<T: std::fmt::Display>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
