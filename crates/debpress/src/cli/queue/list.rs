//! `debpress queue list`

use serde::Serialize;

use super::QueueListArgs;
use crate::admin::lookup::Names;
use crate::cli::Context;
use crate::cli::error::{CliError, Status};
use crate::context::Site;
use crate::model::queue::{QueueId, QueueItem, QueueStatus};
use crate::model::suite::SuiteKey;
use crate::ports::db::QueueFilter;
use crate::queue::waiting;

/// A queue item as JSON.
#[derive(Serialize)]
pub(super) struct Item {
    pub(super) item: QueueId,
    pub(super) status: QueueStatus,
    pub(super) archive: String,
    pub(super) suite: String,
    pub(super) source: String,
    pub(super) version: String,
    architectures: String,
    changes: String,
    pub(super) uploader: String,
    pub(super) fingerprint: String,
    pub(super) received: String,
}

impl Item {
    pub(super) fn new(names: &Names, item: &QueueItem) -> Self {
        Self {
            item: item.id,
            status: item.status,
            archive: names.archive_name(item.suite),
            suite: names.suite_name(item.suite),
            source: item.source.clone(),
            version: item.version.clone(),
            architectures: item.architectures.clone(),
            changes: item.changes_name.clone(),
            uploader: item.uploader.clone(),
            fingerprint: item.fingerprint.clone(),
            received: item.received.to_string(),
        }
    }
}

pub(super) fn list(context: &Context, site: &Site, args: &QueueListArgs) -> Result<Status, CliError> {
    let names = Names::read(site.records())?;
    let archives = match &args.archive {
        Some(reference) => vec![names.archive(Some(reference))?.id],
        None => Vec::new(),
    };
    let suites = suites(&names, args)?;
    let now = site.now();
    let filter = QueueFilter {
        statuses: args.status.clone(),
        archives,
        suites,
        name: args.name.clone(),
        since: args.newer_than.map(|age| now.plus(-age.0)),
        until: args.older_than.map(|age| now.plus(1 - age.0)),
    };
    let items: Vec<Item> =
        waiting(site.records(), &filter)?.iter().map(|item| Item::new(&names, item)).collect();
    if context.output.is_json() {
        context.output.json(&items)?;
        return Ok(Status::Done);
    }
    let row = |item: Item| {
        let suite = format!("{} of {}", item.suite, item.archive);
        let (number, status) = (item.item.to_string(), item.status.to_string());
        vec![
            number,
            status,
            suite,
            item.source,
            item.version,
            item.architectures,
            item.uploader,
            item.received,
        ]
    };
    let header = ["ITEM", "STATUS", "SUITE", "SOURCE", "VERSION", "ARCHITECTURES", "UPLOADER", "RECEIVED"];
    context.output.table(&header, items.into_iter().map(row).collect())?;
    Ok(Status::Done)
}

/// The suites that are asked for, of the named archive or of every archive that has them.
fn suites(names: &Names, args: &QueueListArgs) -> Result<Vec<SuiteKey>, CliError> {
    let archives = match &args.archive {
        Some(reference) => vec![names.archive(Some(reference))?],
        None => names.archives().iter().collect(),
    };
    let mut suites = Vec::new();
    for name in &args.suite {
        let (mut found, mut unknown) = (Vec::new(), None);
        for archive in &archives {
            match names.suite(archive, name) {
                Ok(suite) => found.push(suite.key),
                Err(error) => unknown = Some(error),
            }
        }
        if let (true, Some(unknown)) = (found.is_empty(), unknown) {
            return Err(unknown.into());
        }
        suites.append(&mut found);
    }
    Ok(suites)
}
