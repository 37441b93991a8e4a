//! Incoming uploads in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Cursor;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use debfmt::names::FileName;

use crate::model::time::Timestamp;
use crate::ports::incoming::{
    Arrival, Arrivals, Claim, End, Entry, Incoming, IncomingError, Inheritance, Listing, Opened, Place,
    REASONS, UploadedFile, below,
};

const INCOMING: &str = "incoming";

/// What lies at a path: the bytes of a file, or `None` for anything else.
type Files = BTreeMap<String, Option<Vec<u8>>>;

#[derive(Debug)]
struct State {
    /// By path relative to the site, as the real directories have them.
    files: Files,
    changed: Timestamp,
    runs: u64,
    dead: BTreeSet<u64>,
    next: u64,
}

impl Default for State {
    fn default() -> Self {
        let (files, dead) = (Files::new(), BTreeSet::new());
        Self { files, changed: Timestamp(0), runs: 0, dead, next: 0 }
    }
}

/// The directories of a site, without any run on them.
#[derive(Clone, Debug, Default)]
pub struct MemorySite {
    state: Arc<Mutex<State>>,
}

/// One run on a [`MemorySite`]. Dropped, the run is over, and another one inherits what it had claimed.
#[derive(Debug)]
pub struct MemoryIncoming {
    site: MemorySite,
    run: u64,
}

impl MemorySite {
    /// A site with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a run.
    pub fn run(&self) -> MemoryIncoming {
        let mut state = self.lock();
        state.runs += 1;
        MemoryIncoming { site: self.clone(), run: state.runs }
    }

    /// Puts a file below the site, as a sender would: `incoming/upload/hello.changes`.
    pub fn put(&self, path: &str, bytes: &[u8]) {
        self.lock().files.insert(path.to_owned(), Some(bytes.to_vec()));
    }

    /// Puts something there that is neither file nor directory.
    pub fn put_link(&self, path: &str) {
        self.lock().files.insert(path.to_owned(), None);
    }

    /// The time at which everything in incoming has last changed.
    pub fn set_changed(&self, at: Timestamp) {
        self.lock().changed = at;
    }

    /// Every path, sorted. Claims are shown without the number of their run.
    pub fn tree(&self) -> Vec<String> {
        self.lock().files.keys().cloned().collect()
    }

    /// The bytes of a file.
    pub fn bytes(&self, path: &str) -> Option<Vec<u8>> {
        self.lock().files.get(path).cloned().flatten()
    }

    // A thread that panicked while it held the lock cannot have left half a change: each is one insertion or removal.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for MemoryIncoming {
    fn drop(&mut self) {
        self.site.lock().dead.insert(self.run);
    }
}

impl State {
    /// Renames everything below `from`; whether there was anything.
    fn rename(&mut self, from: &str, to: &str) -> bool {
        let below = format!("{from}/");
        let paths: Vec<String> =
            self.files.keys().filter(|path| *path == from || path.starts_with(&below)).cloned().collect();
        for path in &paths {
            if let (Some(file), Some(rest)) = (self.files.remove(path), path.strip_prefix(from)) {
                self.files.insert(format!("{to}{rest}"), file);
            }
        }
        !paths.is_empty()
    }

    fn is_taken(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.files.keys().any(|known| known == path || known.starts_with(&below))
    }

    fn free_name(&self, directory: &str, name: &str) -> String {
        let mut candidate = format!("{directory}/{name}");
        let mut number = 0;
        while self.is_taken(&candidate) {
            number += 1;
            candidate = format!("{directory}/{name}.{number}");
        }
        candidate
    }

    /// The names directly below a directory.
    fn names(&self, directory: &str) -> BTreeSet<String> {
        let below = format!("{directory}/");
        let first = |path: &String| path.strip_prefix(&below)?.split('/').next().map(str::to_owned);
        self.files.keys().filter_map(first).collect()
    }

    /// The key of a claim tells its identity, its depth and whether it lay loose, as the names of the real directories do.
    fn next_key(&mut self, run: u64, id: &str, form: &str) -> String {
        self.next += 1;
        format!("{run}/{}-{id}.{form}", self.next)
    }

    /// What a dead run has left in `from`, as `run`'s own.
    fn take_over(&mut self, run: u64, from: &str) -> Claim {
        let name = from.rsplit_once('/').and_then(|(_, name)| name.split_once('.'));
        let (name, form) = name.unwrap_or_default();
        let (id, form) = (name.split_once('-').map_or("", |(_, id)| id).to_owned(), form.to_owned());
        let (depth, loose) = form.split_once('.').unwrap_or((&form, ""));
        let mut path = String::new();
        for _ in 0..depth.parse().unwrap_or(0) {
            path = below(&path, &self.first_name(&below(from, &path)));
        }
        let name = self.first_name(&below(from, &path));
        let loose = !loose.is_empty();
        let key = self.next_key(run, &id, &form);
        self.rename(from, &format!("claimed/{key}"));
        Claim { path, name, inherited: true, loose, key, id }
    }

    fn first_name(&self, directory: &str) -> String {
        self.names(directory).into_iter().next().unwrap_or_default()
    }

    fn collect(&self, path: &str, is_target: &dyn Fn(&str) -> bool, found: &mut Vec<Arrival>) {
        for name in self.names(&below(INCOMING, path)) {
            let inner = below(path, &name);
            let loose = self.files.contains_key(&below(INCOMING, &inner));
            if name.starts_with('.') {
            } else if !loose && is_target(&inner) {
                self.collect(&inner, is_target, found);
            } else if !loose || name.ends_with(".changes") {
                found.push(Arrival { path: path.to_owned(), name: name.into(), loose });
            }
        }
    }
}

fn text(name: &OsStr) -> String {
    name.to_string_lossy().into_owned()
}

fn arrived(arrival: &Arrival) -> String {
    below(INCOMING, &below(&arrival.path, &text(&arrival.name)))
}

fn stem(name: &str) -> &str {
    name.strip_suffix(".changes").unwrap_or(name)
}

fn root(place: Place<'_>) -> String {
    match place {
        Place::Arrived(arrival) if arrival.loose => below(INCOMING, &arrival.path),
        Place::Arrived(arrival) => arrived(arrival),
        Place::Claimed(claim) => content(claim),
    }
}

/// Where the files of a claim lie: a directory with the name of the upload, or of its .changes.
fn content(claim: &Claim) -> String {
    let stem = if claim.loose { stem(&claim.name) } else { &claim.name };
    below(&format!("claimed/{}", claim.key), &below(&claim.path, stem))
}

/// Where a file lies beside the .changes of a claim, and where it lies in the claim.
fn beside(claim: &Claim, name: &FileName) -> (String, String) {
    let from = below(&below(INCOMING, &claim.path), name.as_str());
    (from, below(&content(claim), name.as_str()))
}

impl Incoming for MemoryIncoming {
    fn inherit(&self) -> Result<Inheritance, IncomingError> {
        let mut state = self.site.lock();
        let mut claims = Vec::new();
        for run in std::mem::take(&mut state.dead) {
            let directory = format!("claimed/{run}");
            for holder in state.names(&directory) {
                claims.push(state.take_over(self.run, &format!("{directory}/{holder}")));
            }
        }
        Ok(Inheritance { claims, troubles: Vec::new() })
    }

    fn arrivals(&self, is_target: &dyn Fn(&str) -> bool) -> Result<Arrivals, IncomingError> {
        let mut found = Vec::new();
        self.site.lock().collect("", is_target, &mut found);
        Ok(Arrivals { found, troubles: Vec::new() })
    }

    fn claim(&self, arrival: &Arrival) -> Result<Option<Claim>, IncomingError> {
        let mut state = self.site.lock();
        let depth = arrival.path.split('/').filter(|segment| !segment.is_empty()).count();
        let id = format!("claim {}", state.next + 1);
        let form = format!("{depth}{}", if arrival.loose { ".loose" } else { "" });
        let key = state.next_key(self.run, &id, &form);
        let (path, name) = (arrival.path.clone(), text(&arrival.name));
        let claim = Claim { path, name: name.clone(), inherited: false, loose: arrival.loose, key, id };
        let to = content(&claim);
        let to = if arrival.loose { format!("{to}/{name}") } else { to };
        let moved = state.rename(&arrived(arrival), &to);
        Ok(moved.then_some(claim))
    }

    fn gather(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        let mut state = self.site.lock();
        for (from, to) in names.iter().map(|name| beside(claim, name)) {
            if state.files.contains_key(&from) && !state.is_taken(&to) {
                state.rename(&from, &to);
            }
        }
        Ok(())
    }

    fn gather_copies(&self, claim: &Claim, names: &[FileName]) -> Result<(), IncomingError> {
        let mut state = self.site.lock();
        for (from, to) in names.iter().map(|name| beside(claim, name)) {
            // A link is no file to copy.
            let bytes = state.files.get(&from).cloned().flatten();
            if let Some(bytes) = bytes.filter(|_| !state.is_taken(&to)) {
                state.files.insert(to, Some(bytes));
            }
        }
        Ok(())
    }

    fn list(&self, place: Place<'_>) -> Result<Option<Listing>, IncomingError> {
        let state = self.site.lock();
        let root = root(place);
        let only = match place {
            Place::Arrived(arrival) if arrival.loose => Some(text(&arrival.name)),
            Place::Arrived(_) | Place::Claimed(_) => None,
        };
        let mut entries: Vec<Entry> = state
            .files
            .iter()
            .filter_map(|(path, file)| {
                let inside = path.strip_prefix(&root)?.strip_prefix('/')?;
                let (directory, name) = inside.rsplit_once('/').unwrap_or(("", inside));
                let entry = Entry { directory: directory.into(), name: name.into(), regular: file.is_some() };
                (only.is_none() || only.as_deref() == Some(inside)).then_some(entry)
            })
            .collect();
        entries.sort();
        Ok((!entries.is_empty()).then_some(Listing { entries, newest: state.changed }))
    }

    fn open(&self, place: Place<'_>, directory: &str, name: &FileName) -> Result<Opened, IncomingError> {
        let state = self.site.lock();
        let mut path = root(place);
        if !directory.is_empty() {
            path = format!("{path}/{directory}");
        }
        path = format!("{path}/{name}");
        Ok(match state.files.get(&path) {
            Some(Some(bytes)) => {
                let (size, changed) = (bytes.len() as u64, state.changed);
                Opened::File(UploadedFile { size, changed, reader: Box::new(Cursor::new(bytes.clone())) })
            }
            Some(None) => Opened::Other,
            None if state.is_taken(&path) => Opened::Other,
            None => Opened::Missing,
        })
    }

    fn finish(&self, claim: Claim, end: End, report: Option<&[u8]>) -> Result<String, IncomingError> {
        let mut state = self.site.lock();
        let content = content(&claim);
        if let Some(report) = report {
            let path = format!("{content}/{REASONS}");
            if state.is_taken(&path) {
                let aside = state.free_name(&content, &format!("{REASONS}.uploaded"));
                state.rename(&path, &aside);
            }
            state.files.insert(path, Some(report.to_vec()));
        }
        let name = content.rsplit_once('/').map_or(content.as_str(), |(_, name)| name).to_owned();
        let to = state.free_name(end.directory(), &name);
        state.rename(&content, &to);
        Ok(to)
    }
}
