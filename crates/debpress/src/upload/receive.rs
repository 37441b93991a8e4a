//! What has arrived, and whether its sender has finished.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use debfmt::clearsign::{self, Document};
use debfmt::deb822;
use debfmt::limits::{LimitedReader, Limits};
use debfmt::names::FileName;

use super::process::UploadSite;
use super::reason::{Reason, UPLOAD_NO_CHANGES, UPLOAD_UNREADABLE};
use crate::model::time::Timestamp;
use crate::ports::incoming::{Arrival, Claim, Entry, Incoming, IncomingError, Listing, Opened, Place};

/// A .changes of an upload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChangesPlace {
    /// The directory below the upload where it and its files lie.
    pub(super) directory: String,
    /// Its name.
    pub(super) name: FileName,
}

/// A small text of an upload.
pub(super) enum Text {
    /// All its bytes.
    Bytes(Vec<u8>),
    /// What the sender did wrong.
    Refused(Reason),
}

/// Whether an arrival can be claimed: it is complete, or nothing in it has changed for the settle time.
///
/// `None`: it is not there any more.
pub(super) fn is_ready(site: &UploadSite<'_>, arrival: &Arrival) -> Result<Option<bool>, IncomingError> {
    match seems_ready(site, arrival)? {
        // What another run has taken while we looked lacks files, too.
        Some(false) if is_gone(site, arrival)? => Ok(None),
        ready => Ok(ready),
    }
}

/// Whether an arrival is not there any more: another run has it, or its sender has taken it back.
pub(super) fn is_gone(site: &UploadSite<'_>, arrival: &Arrival) -> Result<bool, IncomingError> {
    Ok(site.incoming.list(Place::Arrived(arrival))?.is_none())
}

fn seems_ready(site: &UploadSite<'_>, arrival: &Arrival) -> Result<Option<bool>, IncomingError> {
    let place = Place::Arrived(arrival);
    let Some(listing) = site.incoming.list(place)? else { return Ok(None) };
    let quiet = |newest: Timestamp| newest.plus(site.settings.settle_seconds) <= site.now;
    if quiet(listing.newest) && !arrival.loose {
        return Ok(Some(true));
    }
    let Ok(changes) = changes_of(&listing) else { return Ok(Some(quiet(listing.newest))) };
    let (mut complete, mut newest) = (true, listing.newest);
    let mut named: BTreeSet<(String, String)> = BTreeSet::new();
    for one in changes {
        let seen = match look(site, place, &one) {
            Err(error) if error.is_denied() => Seen::nothing(),
            seen => seen?,
        };
        complete &= seen.complete;
        newest = newest.max(seen.newest);
        let names = seen.named.iter().chain([&one.name]);
        named.extend(names.map(|name| (one.directory.clone(), name.to_string())));
    }
    // What no .changes names may be the beginning of another upload, whose .changes comes last.
    let is_named = |entry: &Entry| named.contains(&(entry.directory.clone(), entry.name.clone()));
    Ok(Some((complete && listing.entries.iter().all(is_named)) || quiet(newest)))
}

/// What is there of the files that a .changes names.
struct Seen {
    /// All of them, in the sizes that it names.
    complete: bool,
    /// When the last of those that are there changed. Beside a loose .changes nothing else tells whether its sender
    /// is still at work.
    newest: Timestamp,
    /// Their names.
    named: Vec<FileName>,
}

impl Seen {
    fn nothing() -> Self {
        Self { complete: false, newest: Timestamp(i64::MIN), named: Vec::new() }
    }
}

fn look(site: &UploadSite<'_>, place: Place<'_>, changes: &ChangesPlace) -> Result<Seen, IncomingError> {
    let limits = &site.settings.limits;
    let mut seen = Seen::nothing();
    let Text::Bytes(bytes) = read_text(site.incoming, place, &changes.directory, &changes.name, limits)?
    else {
        return Ok(seen);
    };
    let Some(files) = named_files(&bytes, limits) else { return Ok(seen) };
    seen.complete = true;
    for (name, size) in files {
        match site.incoming.open(place, &changes.directory, &name)? {
            Opened::File(file) => {
                seen.complete &= file.size == size;
                seen.newest = seen.newest.max(file.changed);
            }
            Opened::Other | Opened::Missing => seen.complete = false,
        }
        seen.named.push(name);
    }
    Ok(seen)
}

/// The .changes files of an upload: sources first, so that their binaries find them, then by name.
///
/// # Errors
/// There is none, or one of them has a name that no archive can hold.
pub(super) fn changes_of(listing: &Listing) -> Result<Vec<ChangesPlace>, Vec<Reason>> {
    let (mut changes, mut reasons) = (Vec::new(), Vec::new());
    for entry in listing.entries.iter().filter(|entry| entry.name.ends_with(".changes")) {
        match FileName::parse(&entry.name) {
            Ok(name) => changes.push(ChangesPlace { directory: entry.directory.clone(), name }),
            Err(error) => reasons.push(Reason::of_file(UPLOAD_UNREADABLE, entry.name.escape_debug(), error)),
        }
    }
    changes.sort_by_key(|one| (!one.name.as_str().ends_with("_source.changes"), one.clone()));
    if changes.is_empty() && reasons.is_empty() {
        reasons.push(Reason::of_upload(
            UPLOAD_NO_CHANGES,
            "there is no .changes file: upload it last, with `dput`",
        ));
    }
    if reasons.is_empty() { Ok(changes) } else { Err(reasons) }
}

/// Reads a .changes or .dsc, which must be a regular file of bounded size.
pub(super) fn read_text(
    incoming: &dyn Incoming,
    place: Place<'_>,
    directory: &str,
    name: &FileName,
    limits: &Limits,
) -> Result<Text, IncomingError> {
    let refused = |message: String| Ok(Text::Refused(Reason::of_file(UPLOAD_UNREADABLE, name, message)));
    let file = match incoming.open(place, directory, name)? {
        Opened::File(file) => file,
        Opened::Other => return refused("it is no regular file".to_owned()),
        Opened::Missing => return refused("it is not there any more".to_owned()),
    };
    let limit = limits.text_bytes;
    if file.size > limit {
        return refused(format!("it has {} bytes; at most {limit} are read of such a text", file.size));
    }
    let mut bytes = Vec::new();
    match LimitedReader::new(file.reader, "text", limit).read_to_end(&mut bytes) {
        Ok(_) => Ok(Text::Bytes(bytes)),
        Err(error) if debfmt::limits::LimitExceeded::of(&error).is_some() => {
            refused(format!("more than {limit} bytes came out of it"))
        }
        Err(source) => Err(IncomingError::Io { operation: "read", path: name.to_string(), source }),
    }
}

/// Names and sizes of the files that a .changes names, before anybody has believed it: good enough to see whether
/// they have arrived, and for nothing else. `None` when it does not read as one.
fn named_files(changes: &[u8], limits: &Limits) -> Option<Vec<(FileName, u64)>> {
    let text = match clearsign::split(changes, limits) {
        Ok(Document::Signed(signed)) => signed.payload,
        Ok(Document::Unsigned(text)) => text,
        Err(_) => return None,
    };
    listed_files(&text, limits)
}

/// [`named_files`] of the text inside the signature.
pub(super) fn listed_files(text: &[u8], limits: &Limits) -> Option<Vec<(FileName, u64)>> {
    let paragraph = deb822::parse_single(text, limits).ok()?;
    let files = paragraph.get("Files")?.lines().filter(|line| !line.trim().is_empty());
    let file = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        Some((FileName::parse(words.last()?).ok()?, words.get(1)?.parse().ok()?))
    };
    files.map(file).collect()
}

/// Files that several loose .changes of one directory name, as two revisions with one orig tarball do: the upload that
/// is taken first must leave them to the next.
///
/// It is what was there when the run began. What comes later, or was taken by another run, makes a file stay that nobody
/// needs, or be missed by somebody who then sends it again; never an upload of two halves.
#[derive(Default)]
pub(super) struct Shared {
    /// What each .changes that is not taken yet names.
    named: BTreeMap<Arrival, BTreeSet<FileName>>,
    /// How many of them name a file, by directory and name.
    needed: BTreeMap<(String, FileName), usize>,
}

impl Shared {
    /// Looks into those .changes that do not lie alone. `claims` are the uploads that this run has already, and whose
    /// files may still lie there.
    pub(super) fn of(site: &UploadSite<'_>, claims: &[Claim], arrivals: &[Arrival]) -> Self {
        let mut loose: BTreeMap<&str, (usize, Vec<&Arrival>)> = BTreeMap::new();
        for claim in claims.iter().filter(|claim| claim.loose) {
            loose.entry(&claim.path).or_default().0 += 1;
        }
        for arrival in arrivals.iter().filter(|arrival| arrival.loose) {
            loose.entry(&arrival.path).or_default().1.push(arrival);
        }
        let mut shared = Self::default();
        let side_by_side = loose.into_values().filter(|(taken, waiting)| taken + waiting.len() > 1);
        for arrival in side_by_side.flat_map(|(_, waiting)| waiting) {
            let names = named_by(site, arrival).unwrap_or_default();
            for name in &names {
                *shared.needed.entry((arrival.path.clone(), name.clone())).or_default() += 1;
            }
            shared.named.insert(arrival.clone(), names);
        }
        shared
    }

    /// An upload is taken: it needs nothing any more.
    pub(super) fn leave(&mut self, arrival: &Arrival) {
        for name in self.named.remove(arrival).unwrap_or_default() {
            if let Some(count) = self.needed.get_mut(&(arrival.path.clone(), name)) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Whether an upload that is not taken yet names the file.
    pub(super) fn is_needed(&self, path: &str, name: &FileName) -> bool {
        self.needed.get(&(path.to_owned(), name.clone())).is_some_and(|count| *count > 0)
    }
}

/// The files that a loose .changes names; nothing when it cannot be read, which is told when its turn comes.
fn named_by(site: &UploadSite<'_>, arrival: &Arrival) -> Option<BTreeSet<FileName>> {
    let limits = &site.settings.limits;
    let name = FileName::parse(arrival.name.to_str()?).ok()?;
    match read_text(site.incoming, Place::Arrived(arrival), "", &name, limits).ok()? {
        Text::Bytes(bytes) => Some(named_files(&bytes, limits)?.into_iter().map(|(name, _)| name).collect()),
        Text::Refused(_) => None,
    }
}
