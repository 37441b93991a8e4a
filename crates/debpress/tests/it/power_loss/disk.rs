//! What a program has done to a disk, as changes of which each is known to be durable from some moment on.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::steps::{Step, Timed};
use super::tree::{Node, Tree};

/// A file, directory or link, whatever names it has.
pub(super) type Inode = usize;

/// The directory of the site.
pub(super) const SITE: Inode = 0;

/// What a program has changed by one step.
#[derive(Debug)]
pub(super) enum Change {
    /// Of a file's content.
    Write {
        inode: Inode,
        offset: usize,
        bytes: Vec<u8>,
    },
    Resize {
        inode: Inode,
        size: usize,
    },
    Mode {
        inode: Inode,
        mode: u32,
    },
    /// Names in directories, which all change or none does.
    Names(Vec<Name>),
}

/// What a name in a directory means from then on.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) directory: Inode,
    pub(super) name: String,
    pub(super) inode: Option<Inode>,
}

/// A change in its place among the others.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) change: Change,
    /// What it was done to, for messages.
    pub(super) path: String,
    /// The changes that must have reached the disk for this one to make sense: those of the same names before it.
    pub(super) after: Vec<usize>,
    /// How many changes the program had made when it knew that this one is durable; `None`: it never knew.
    pub(super) durable: Option<usize>,
    /// The number of the barrier that told it.
    pub(super) told_by: Option<usize>,
    /// Files and directories that are not synced yet.
    unsynced: BTreeSet<Inode>,
    ended: usize,
}

/// A moment at which the program learned that something is durable.
#[derive(Debug)]
pub(super) struct Barrier {
    /// How many changes there were when it asked.
    pub(super) asked: usize,
    /// How many there were when it was told.
    pub(super) told: usize,
    /// What was synced; `None`: the whole file system.
    pub(super) path: Option<String>,
}

/// A disk that has forgotten nothing.
#[derive(Debug, Default)]
pub(super) struct Disk {
    /// Each file, directory and link as it was when the program began, or when it was made: a new one is empty.
    pub(super) nodes: Vec<Node>,
    /// The names in each directory when the program began.
    pub(super) names: BTreeMap<Inode, BTreeMap<String, Inode>>,
    pub(super) events: Vec<Event>,
    pub(super) barriers: Vec<Barrier>,
    /// What each path leads to now.
    now: HashMap<String, Inode>,
    /// The last change of each name.
    last: HashMap<(Inode, String), usize>,
    sizes: HashMap<Inode, usize>,
}

impl Disk {
    /// The disk as it was, and everything that was done to it.
    pub(super) fn new(start: &Tree, steps: &[Timed]) -> Self {
        let mut disk = Self::default();
        disk.make("", Node::Directory { mode: 0o755 });
        let mut known: HashMap<usize, Inode> = HashMap::new();
        for (path, node) in start {
            let same = match node {
                Node::File { inode, .. } => known.get(inode).copied(),
                Node::Directory { .. } | Node::Link { .. } => None,
            };
            let inode = same.unwrap_or_else(|| disk.make(path, node.clone()));
            if let Node::File { inode: number, bytes, .. } = node {
                known.insert(*number, inode);
                disk.sizes.insert(inode, bytes.len());
            }
            disk.now.insert(path.clone(), inode);
            let (parent, name) = split(path);
            let parent = disk.now[parent];
            disk.names.entry(parent).or_default().insert(name.to_owned(), inode);
        }
        for step in steps {
            disk.step(step);
        }
        disk
    }

    fn make(&mut self, path: &str, node: Node) -> Inode {
        let inode = self.nodes.len();
        self.nodes.push(node);
        self.now.insert(path.to_owned(), inode);
        inode
    }

    fn inode(&self, path: &str) -> Inode {
        *self.now.get(path).unwrap_or_else(|| panic!("{path} is not there: something was missed"))
    }

    fn step(&mut self, timed: &Timed) {
        match &timed.step {
            // What the mode becomes under the umask of every machine that tests run on.
            Step::Create { path, mode } => {
                let node = Node::File { mode: mode & !0o022, inode: 0, bytes: Arc::default() };
                self.enter(timed, path, node);
            }
            Step::MakeDirectory { path, mode } => {
                self.enter(timed, path, Node::Directory { mode: mode & !0o022 });
            }
            Step::MakeLink { path, target } => self.enter(timed, path, Node::Link { target: target.clone() }),
            Step::Write { path, offset, bytes } => {
                let inode = self.inode(path);
                let size = self.sizes.entry(inode).or_default();
                *size = (*size).max(offset + bytes.len());
                let change = Change::Write { inode, offset: *offset, bytes: bytes.clone() };
                self.content(timed, path, inode, change);
            }
            Step::Resize { path, size } => {
                let inode = self.inode(path);
                if self.sizes.insert(inode, *size).unwrap_or_default() != *size {
                    self.content(timed, path, inode, Change::Resize { inode, size: *size });
                }
            }
            Step::Mode { path, mode } => {
                let inode = self.inode(path);
                self.content(timed, path, inode, Change::Mode { inode, mode: *mode });
            }
            Step::Sync { path, data_only } => self.sync(timed, Some((path, *data_only))),
            Step::SyncAll => self.sync(timed, None),
            Step::Link { .. } | Step::Remove { .. } | Step::Rename { .. } | Step::Exchange { .. } => {
                self.step_of_names(timed);
            }
        }
    }

    fn step_of_names(&mut self, timed: &Timed) {
        match &timed.step {
            Step::Link { from, to } => {
                let inode = self.inode(from);
                self.now.insert(to.clone(), inode);
                self.rename(timed, to, &[(to, Some(inode))]);
            }
            Step::Remove { path } => {
                self.now.remove(path);
                self.rename(timed, path, &[(path, None)]);
            }
            Step::Rename { from, to } => {
                let inode = self.inode(from);
                let moved = self.take(from);
                self.take(to);
                self.give(to, moved);
                self.rename(timed, to, &[(from, None), (to, Some(inode))]);
            }
            Step::Exchange { one, other } => {
                let (first, second) = (self.inode(one), self.inode(other));
                let (from_one, from_other) = (self.take(one), self.take(other));
                self.give(one, from_other);
                self.give(other, from_one);
                self.rename(timed, other, &[(one, Some(second)), (other, Some(first))]);
            }
            Step::Create { .. }
            | Step::Resize { .. }
            | Step::Write { .. }
            | Step::MakeDirectory { .. }
            | Step::MakeLink { .. }
            | Step::Mode { .. }
            | Step::Sync { .. }
            | Step::SyncAll => panic!("{timed:?} moves no name"),
        }
    }

    /// What is there already was only opened.
    fn enter(&mut self, timed: &Timed, path: &str, node: Node) {
        if !self.now.contains_key(path) {
            let inode = self.make(path, node);
            self.rename(timed, path, &[(path, Some(inode))]);
        }
    }

    /// Takes a path with all that is below it away; what is below with paths relative to it.
    fn take(&mut self, path: &str) -> Vec<(String, Inode)> {
        let below = format!("{path}/");
        let moved: Vec<String> =
            self.now.keys().filter(|it| *it == path || it.starts_with(&below)).cloned().collect();
        let rest = |it: &String| it.strip_prefix(path).unwrap_or_default().to_owned();
        moved.iter().filter_map(|it| Some((rest(it), self.now.remove(it)?))).collect()
    }

    fn give(&mut self, path: &str, moved: Vec<(String, Inode)>) {
        self.now.extend(moved.into_iter().map(|(rest, inode)| (format!("{path}{rest}"), inode)));
    }

    fn content(&mut self, timed: &Timed, path: &str, inode: Inode, change: Change) {
        self.push(timed, path, change, (Vec::new(), BTreeSet::from([inode])));
    }

    fn rename(&mut self, timed: &Timed, path: &str, names: &[(&str, Option<Inode>)]) {
        let name = |(path, inode): &(&str, Option<Inode>)| {
            let (parent, name) = split(path);
            Name { directory: self.inode(parent), name: name.to_owned(), inode: *inode }
        };
        let names: Vec<Name> = names.iter().map(name).collect();
        let number = self.events.len();
        let keys = names.iter().map(|it| (it.directory, it.name.clone()));
        let after = keys.filter_map(|key| self.last.insert(key, number)).collect();
        let directories = names.iter().map(|it| it.directory).collect();
        self.push(timed, path, Change::Names(names), (after, directories));
    }

    fn push(
        &mut self,
        timed: &Timed,
        path: &str,
        change: Change,
        (after, unsynced): (Vec<usize>, BTreeSet<Inode>),
    ) {
        let (path, ended) = (path.to_owned(), timed.ended);
        self.events.push(Event { change, path, after, durable: None, told_by: None, unsynced, ended });
    }

    /// What was done before the call began is durable when it has ended: a change of names in two directories when both
    /// are synced, and the name of a file not with the file.
    fn sync(&mut self, timed: &Timed, what: Option<(&str, bool)>) {
        let asked = self.events.iter().take_while(|event| event.ended < timed.began).count();
        let inode = what.map(|(path, _)| self.inode(path));
        let (now, data_only) = (self.events.len(), what.is_some_and(|(_, data_only)| data_only));
        for event in self.events.iter_mut().take(asked).filter(|event| event.durable.is_none()) {
            match inode {
                None => event.unsynced.clear(),
                Some(_) if data_only && matches!(event.change, Change::Mode { .. }) => {}
                Some(inode) => drop(event.unsynced.remove(&inode)),
            }
            if event.unsynced.is_empty() {
                event.durable = Some(now);
                event.told_by = Some(self.barriers.len());
            }
        }
        self.barriers.push(Barrier { asked, told: now, path: what.map(|(path, _)| path.to_owned()) });
    }
}

/// A path as its directory and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
