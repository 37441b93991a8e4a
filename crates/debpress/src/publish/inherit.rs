//! What a new series takes over of the custom uploads of the series before it: installer images, the upgrade tool,
//! translated descriptions (behaviour map 2.2, 7.3). As records: no file is copied.

use std::collections::BTreeMap;

use debfmt::names::Architecture;

use crate::lock::PublisherLock;
use crate::model::custom::{CustomDirectory, CustomPublication};
use crate::model::suite::{Series, SuiteKey};
use crate::model::time::Timestamp;
use crate::ports::db::{Records, RecordsError};

/// Places the newest custom uploads of a suite into another one, that of `series`, and says what they are. What the suite
/// has in an equal or a newer version stays, so that doing it again does nothing.
pub(super) fn inherit(
    records: &dyn Records,
    _lock: &PublisherLock,
    (from, to): (SuiteKey, SuiteKey),
    series: &Series,
    at: Timestamp,
) -> Result<Vec<String>, RecordsError> {
    let there = records.custom_publications(to)?;
    let source = records.custom_publications(from)?;
    let taken = chosen(&source, &there, series);
    let ids: Vec<_> = taken.iter().map(|it| it.id).collect();
    if !ids.is_empty() {
        records.copy_custom(to, &ids, at)?;
    }
    let label = |it: &&CustomPublication| match &it.version {
        Some(version) => format!("{}/{version}", it.directory),
        None => it.directory.to_string(),
    };
    Ok(taken.iter().map(label).collect())
}

/// The newest of each directory that fits the series, unless that has it, or a newer one. Pure.
fn chosen<'a>(
    source: &'a [CustomPublication],
    there: &[CustomPublication],
    series: &Series,
) -> Vec<&'a CustomPublication> {
    let mut newest: BTreeMap<&CustomDirectory, &CustomPublication> = BTreeMap::new();
    for one in source.iter().filter(|it| !it.superseded && fits(&it.directory, series)) {
        let known = newest.entry(&one.directory).or_insert(one);
        if known.version < one.version {
            *known = one;
        }
    }
    let has = |one: &CustomPublication| {
        there.iter().any(|it| !it.superseded && it.directory == one.directory && it.version >= one.version)
    };
    newest.into_values().filter(|one| !has(one)).collect()
}

/// Whether the series has the component of a directory, and the architecture that its name ends with: that of
/// translations has none.
fn fits(directory: &CustomDirectory, series: &Series) -> bool {
    let Some((component, name)) = directory.as_str().split_once('/') else { return false };
    let all = Architecture::all();
    let mut machines = series.architectures.iter().chain([&all]);
    let of_machine =
        |it: &Architecture| name.strip_suffix(it.as_str()).is_some_and(|base| base.ends_with('-'));
    series.components.iter().any(|it| it.as_str() == component)
        && (name == "i18n" || machines.any(of_machine))
}
