//! What happened to a package: uploads, decisions and publications, in one line of time.

use serde::Serialize;

use super::lookup::{LookupError, Names};
use crate::model::archive::ArchiveRef;
use crate::model::publication::{Listing, PublicationStatus, Words};
use crate::model::queue::QueueId;
use crate::model::time::Timestamp;
use crate::ports::db::{ListFilter, QueueFilter, Records, RecordsError};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// A name in the question is unknown.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The records failed.
    #[error("cannot read the history")]
    Records(#[from] RecordsError),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Happening {
    /// When, RFC 3339.
    pub at: String,
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// Package name.
    pub name: String,
    /// Version text.
    pub version: String,
    /// What: `uploaded as new`, `accepted`, `published`, ...
    pub what: String,
    /// Who did it, where that is known.
    pub who: Option<String>,
    /// Why, or other words about it; may be empty.
    pub comment: String,
    /// The queue item it is about.
    pub item: Option<QueueId>,
}

/// Everything that happened to packages of that name (source or binary; `*` stands for any characters) in an archive,
/// or in every one, the oldest first.
///
/// # Errors
/// [`HistoryError`].
pub fn history(
    records: &dyn Records,
    name: &str,
    archive: Option<&ArchiveRef>,
) -> Result<Vec<Happening>, HistoryError> {
    let names = Names::read(records)?;
    let archives = match archive {
        Some(reference) => vec![names.archive(Some(reference))?.id],
        None => Vec::new(),
    };
    let mut found = Vec::new();
    let filter =
        QueueFilter { name: Some(name.to_owned()), archives: archives.clone(), ..QueueFilter::default() };
    for item in records.queue_items(&filter)? {
        let Some(detail) = records.queue_detail(item.id)? else { continue };
        for (position, event) in detail.events.into_iter().enumerate() {
            let what = if position == 0 {
                format!("uploaded as {}", event.status)
            } else {
                event.status.to_string()
            };
            let happening = Happening {
                at: event.at.to_string(),
                archive: names.archive_name(item.suite),
                suite: names.suite_name(item.suite),
                name: item.source.clone(),
                version: item.version.clone(),
                what,
                who: Some(event.who).filter(|who| !who.is_empty()),
                comment: event.comment,
                item: Some(item.id),
            };
            found.push((event.at, happening));
        }
    }
    let filter = ListFilter { name: Some(name.to_owned()), suites: Vec::new(), history: true };
    let mut listings = records.list(&filter)?;
    listings.retain(|listing| archives.is_empty() || archives.contains(&listing.suite.archive));
    found.extend(listings.iter().flat_map(|listing| happenings(&names, listing)));
    // Stable: what happened in one second stays in the order of the flow.
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, happening)| happening).collect())
}

/// The life of one publication record.
fn happenings(names: &Names, listing: &Listing) -> Vec<(Timestamp, Happening)> {
    let mut found = Vec::new();
    let mut add = |at: Timestamp, what: &str, comment: String, words: Option<&Words>| {
        let why = words.map(|words| words.reason.as_str()).filter(|reason| !reason.is_empty());
        let comment = why.map_or_else(|| comment.clone(), |why| format!("{comment} ({why})"));
        let happening = Happening {
            at: at.to_string(),
            archive: names.archive_name(listing.suite),
            suite: names.suite_name(listing.suite),
            name: listing.name.clone(),
            version: listing.version.clone(),
            what: what.to_owned(),
            who: words.map(|words| words.who.clone()),
            comment,
            item: None,
        };
        found.push((at, happening));
    };
    let phase = listing.phase.map_or_else(String::new, |share| format!(" for {share}%"));
    let Listing { architecture, component, section, made_by, .. } = listing;
    let place = format!("{architecture} in {component}/{section}{phase}");
    let what = if made_by.is_some() { "overridden" } else { "recorded for publication" };
    add(listing.created, what, place.clone(), made_by.as_ref());
    if let Some((at, words)) = &listing.removal {
        add(*at, "asked to be removed", place.clone(), Some(words));
    }
    if let Some(at) = listing.published {
        add(at, "published", place.clone(), None);
    }
    if let Some(at) = listing.ended {
        let what = if listing.status == PublicationStatus::Deleted { "deleted" } else { "superseded" };
        let by = listing.superseded_by.as_ref().filter(|version| **version != listing.version);
        let by = by.map_or_else(|| place.clone(), |version| format!("{place}, by {version}"));
        let words = listing.removal.as_ref().filter(|_| listing.status == PublicationStatus::Deleted);
        add(at, what, by, words.map(|(_, words)| words));
    }
    if let (PublicationStatus::Deleted, Some(deletion)) =
        (listing.status, names.deletion(listing.suite.archive))
        // What was removed before has its own reason.
        && listing.ended == Some(deletion.at)
        && let Some((_, last)) = found.last_mut()
    {
        last.who = Some(deletion.who.clone());
        last.comment = format!("{place}, with the archive: {}", deletion.reason);
    }
    found
}
