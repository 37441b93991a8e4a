//! `debpress queue show`

use serde::Serialize;

use super::list::Item;
use crate::admin::lookup::Names;
use crate::cli::Context;
use crate::cli::error::{CliError, Status};
use crate::context::Site;
use crate::model::custom::{CustomType, QueuedCustom};
use crate::model::queue::{QueueDetail, QueueId, QueueStatus};
use crate::queue::{Comparison, FieldChange, compare, show};

/// A queue item in full as JSON.
#[derive(Serialize)]
struct Detail {
    #[serde(flatten)]
    item: Item,
    packages: Vec<Package>,
    custom: Vec<CustomFile>,
    comparisons: Vec<Comparison>,
    history: Vec<Event>,
    changes_text: String,
}

#[derive(Serialize)]
struct Package {
    name: String,
    version: String,
    architecture: String,
    component: String,
    section: String,
    priority: String,
    new: bool,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    name: String,
    size: u64,
}

/// A custom file; its object in the content store is called by its hash.
#[derive(Serialize)]
struct CustomFile {
    name: String,
    r#type: CustomType,
    size: u64,
    sha256: String,
}

#[derive(Serialize)]
struct Event {
    at: String,
    who: String,
    status: QueueStatus,
    comment: String,
}

fn detail(names: &Names, detail: QueueDetail, comparisons: Vec<Comparison>) -> Detail {
    let packages = detail.packages.into_iter().map(|package| Package {
        component: package.component.to_string(),
        files: package.files.into_iter().map(|(name, size)| File { name, size }).collect(),
        name: package.name,
        version: package.version,
        architecture: package.architecture,
        section: package.section,
        priority: package.priority,
        new: package.new,
    });
    let custom = detail.custom.into_iter().map(|QueuedCustom { kind, file }| CustomFile {
        name: file.name.into_string(),
        r#type: kind,
        size: file.checksums.size,
        sha256: file.checksums.sha256.to_string(),
    });
    let history = detail.events.into_iter().map(|event| Event {
        at: event.at.to_string(),
        who: event.who,
        status: event.status,
        comment: event.comment,
    });
    Detail {
        item: Item::new(names, &detail.item),
        packages: packages.collect(),
        custom: custom.collect(),
        comparisons,
        history: history.collect(),
        changes_text: detail.changes_text,
    }
}

/// How many paths of a comparison are shown; `--json` has all.
const PATHS: usize = 20;

pub(super) fn show_items(context: &Context, site: &Site, items: &[i64]) -> Result<Status, CliError> {
    let names = Names::read(site.records())?;
    let mut details = Vec::new();
    for item in items {
        let (records, item) = (site.records(), QueueId(*item));
        details.push(detail(&names, show(records, item)?, compare(records, item)?));
    }
    match (context.output.is_json(), details.as_slice()) {
        (true, [only]) => context.output.json(only)?,
        (true, several) => context.output.json(&several)?,
        (false, several) => context.output.text(&several.iter().map(text).collect::<Vec<_>>().join("\n"))?,
    }
    Ok(Status::Done)
}

fn text(detail: &Detail) -> String {
    let Item { item, source, version, status, suite, archive, uploader, fingerprint, received, .. } =
        &detail.item;
    let mut lines =
        vec![format!("queue item {item}: {source} {version}, {status}, for {suite} of {archive}")];
    lines.push(match fingerprint.as_str() {
        "" => format!("uploaded by {uploader} without a signature, received {received}"),
        key => format!("uploaded by {uploader} with key {key}, received {received}"),
    });
    for package in &detail.packages {
        let Package { name, version, architecture, component, section, priority, new, .. } = package;
        let new = if *new { ", new" } else { "" };
        lines.push(format!("  {name} {version} {architecture}: {component}/{section} {priority}{new}"));
        lines.extend(package.files.iter().map(|file| format!("    {} ({} bytes)", file.name, file.size)));
        let same = |other: &&Comparison| (&other.name, &other.architecture) == (name, architecture);
        lines.extend(detail.comparisons.iter().find(same).map(compared).unwrap_or_default());
    }
    for CustomFile { name, r#type, size, sha256 } in &detail.custom {
        lines.push(format!("  {name}: {type}, {size} bytes, object {sha256}"));
    }
    for Event { at, who, status, comment } in &detail.history {
        let comment = if comment.is_empty() { String::new() } else { format!(": {comment}") };
        lines.push(format!("  {at} {status} by {who}{comment}"));
    }
    format!("{}\n\n{}", lines.join("\n"), detail.changes_text)
}

/// What the package would change, as lines.
fn compared(comparison: &Comparison) -> Vec<String> {
    let Some(published) = &comparison.published else {
        return vec!["    nothing of that name is published there".to_owned()];
    };
    let mut lines = vec![format!("    compared with {published}:")];
    for FieldChange { field, old, new } in &comparison.fields {
        let side = |sign: char, value: &Option<String>| {
            value
                .as_ref()
                .map(|value| format!("      {sign} {field}: {}", value.trim().replace('\n', "\n          ")))
        };
        lines.extend(side('-', old).into_iter().chain(side('+', new)));
    }
    for (sign, paths) in [('-', &comparison.removed), ('+', &comparison.added)] {
        lines.extend(paths.iter().take(PATHS).map(|path| format!("      {sign} {path}")));
        if let Some(more) = paths.len().checked_sub(PATHS).filter(|more| *more > 0) {
            lines.push(format!("      {sign} and {more} more"));
        }
    }
    if lines.len() == 1 {
        lines.push("      no difference but the version".to_owned());
    }
    lines
}
