//! A command that loses power: on which site, and what must be true afterwards.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::crash::{self, Loss};
use super::disk::{Change, Disk};
use super::site::{self, Copy, PROGRAM, Suite};
use super::tree::{Node, Tree, is_shared_memory};
use super::{order, record, steps};
use crate::support::long;

/// On how many states of the disk the next run is tried at most, in the short form and in the long one: there at several of
/// each point.
const TRIED: (usize, usize) = (32, 1500);
/// At how many points power fails in the short form beside those around what makes things durable or visible.
const SPREAD: usize = 24;

/// A command on a site.
pub(super) struct Story {
    /// The site before the command.
    pub(super) start: Tree,
    /// The time of the command, and of the next run.
    pub(super) now: i64,
    pub(super) command: Vec<String>,
    /// Names and bytes of files that were uploaded.
    pub(super) uploaded: Vec<(String, Vec<u8>)>,
    /// What must hold when the next run has finished; it may run more commands.
    pub(super) end: fn(&Copy),
    /// What finishes the work where that is not the same command again.
    pub(super) next: Option<fn(&Copy)>,
}

/// A story with the record of what its command did.
pub(super) struct Recorded<'a> {
    story: &'a Story,
    pub(super) disk: Disk,
    old: BTreeMap<String, Suite>,
    new: BTreeMap<String, Suite>,
}

impl Story {
    /// Runs the command and writes down what it does.
    pub(super) fn record(&self) -> Recorded<'_> {
        let copy = Copy::new(&self.start, self.now);
        let root = copy.root().canonicalize().unwrap().into_os_string().into_string().unwrap();
        let arguments = [&["--site", &root][..], &self.command()].concat();
        let calls = record::record(PROGRAM, &arguments, copy.home(), self.now);
        let disk = Disk::new(&self.start, &steps::steps(&root, &calls));
        let end = copy.read();
        let replayed = crash::tree(&disk, disk.events.len(), Loss::Nothing);
        assert_eq!(told(&replayed), told(&end), "the record of {:?} is not all that it did", self.command);
        (self.end)(&copy);
        order::check(&disk);
        let (old, new) = (site::suites(&self.start), site::suites(&end));
        Recorded { story: self, disk, old, new }
    }

    fn command(&self) -> Vec<&str> {
        self.command.iter().map(String::as_str).collect()
    }
}

/// A tree without what differs between a record and a disk: numbers, modes that are cut by a umask, shared memory.
fn told(tree: &Tree) -> BTreeMap<&str, String> {
    let said = |node: &Node| match node {
        Node::Directory { .. } => "directory".to_owned(),
        Node::Link { target } => format!("link to {target}"),
        Node::File { bytes, .. } => format!("{} bytes {:x}", bytes.len(), hash(bytes)),
    };
    let files = tree.iter().filter(|(path, _)| !is_shared_memory(path));
    files.map(|(path, node)| (path.as_str(), said(node))).collect()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Recorded<'_> {
    /// Lets the power fail at every point and checks what the disk holds then, and what the next run makes of it. Each
    /// state of the disk is looked at, and of those that differ some are tried.
    #[expect(clippy::print_stderr, reason = "how much was tried")]
    pub(super) fn survives(&self) {
        let mut known = HashSet::new();
        let (mut looked, mut distinct) = (0, Vec::new());
        let points = self.points();
        for &point in &points {
            for loss in Loss::kinds(2) {
                let tree = crash::tree(&self.disk, point, loss);
                self.look(&tree, (point, loss));
                looked += 1;
                if known.insert(hash(&without_shared_memory(&tree))) {
                    distinct.push((point, loss));
                }
            }
        }
        let step = distinct.len().div_ceil(if long() { TRIED.1 } else { TRIED.0 });
        let tried: Vec<_> = distinct.iter().copied().step_by(step).collect();
        for &at in &tried {
            self.try_next_run(at);
        }
        self.ended();
        eprintln!(
            "{}: {} changes, power failed at {} points; {looked} states of the disk looked at, {} differ, {} tried",
            self.story.command.join(" "),
            self.disk.events.len(),
            points.len(),
            distinct.len(),
            tried.len(),
        );
    }

    /// Every point in the long form; else those around what makes things durable or visible, and some between.
    fn points(&self) -> Vec<usize> {
        let all = self.disk.events.len();
        let mut points: Vec<usize> = (0..=all).collect();
        if !long() {
            let synced = |point: usize| {
                let barriers = self.disk.barriers.iter();
                barriers.into_iter().any(|it| [it.asked, it.told, it.told + 1].contains(&point))
            };
            let moved = |point: usize| match self.disk.events.get(point).map(|event| &event.change) {
                Some(Change::Names(names)) => names.len() > 1,
                _ => false,
            };
            let step = all.div_ceil(SPREAD);
            points.retain(|&point| synced(point) || moved(point) || point == all || point % step == 0);
        }
        points
    }

    fn at(&self, (point, loss): (usize, Loss)) -> String {
        let last = point.checked_sub(1).and_then(|it| self.disk.events.get(it));
        let last = last.map_or("the start", |event| event.path.as_str());
        format!("{:?}, power fails after change {point} ({last}), {loss:?}", self.story.command)
    }

    fn look(&self, tree: &Tree, at: (usize, Loss)) {
        let wrong = site::wrong(tree, &self.old, &self.new);
        let wrong = wrong.or_else(|| site::lost(tree, &self.story.uploaded));
        assert_eq!(wrong, None, "{}", self.at(at));
    }

    fn try_next_run(&self, at: (usize, Loss)) {
        let copy = Copy::new(&crash::tree(&self.disk, at.0, at.1), self.story.now);
        if let Some(next) = self.story.next {
            next(&copy);
        } else {
            let next = copy.run(&self.story.command());
            assert!(next.succeeds(), "{}: the next run fails: {next}", self.at(at));
        }
        let tree = copy.read();
        let wrong = site::wrong(&tree, &self.new, &self.new);
        let wrong = wrong.or_else(|| site::lost(&tree, &self.story.uploaded));
        assert_eq!(wrong, None, "{}: after the next run", self.at(at));
        (self.story.end)(&copy);
        let check = copy.run(&["check", "--full"]);
        assert!(check.succeeds(), "{}: {check}", self.at(at));
        copy.records_are_sound();
    }

    /// What the command has done by its end is durable.
    pub(super) fn ended(&self) {
        let at = (self.disk.events.len(), Loss::All);
        let tree = crash::tree(&self.disk, at.0, at.1);
        assert_eq!(site::wrong(&tree, &self.new, &self.new), None, "{}: at its end", self.at(at));
        let copy = Copy::new(&tree, self.story.now);
        (self.story.end)(&copy);
        let check = copy.run(&["check", "--full"]);
        assert!(check.succeeds(), "{}: at its end: {check}", self.at(at));
    }

    /// The site after a failure of power just before this change, when everything that nobody has synced is lost.
    pub(super) fn lost_before(&self, is_it: impl Fn(&super::disk::Event) -> bool) -> Tree {
        let point = self.disk.events.iter().position(is_it).unwrap();
        crash::tree(&self.disk, point, Loss::All)
    }
}

fn without_shared_memory(tree: &Tree) -> Tree {
    let files = tree.iter().filter(|(path, _)| !is_shared_memory(path));
    files.map(|(path, node)| (path.clone(), node.clone())).collect()
}
