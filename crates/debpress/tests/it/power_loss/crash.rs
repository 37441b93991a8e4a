//! What a disk may hold when the power fails.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::disk::{Change, Disk, Inode, SITE};
use super::tree::{Node, Tree};

/// How much of a change has reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Lost,
    /// The file is as long as it was to be, with zeros where the bytes were to be.
    Zeros,
    /// So many bytes of a write have.
    Torn(usize),
    Whole,
}

/// Which of the changes that nobody has synced have reached the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// None.
    All,
    /// Names and modes; of contents nothing.
    Contents,
    /// Names, modes and the sizes of files.
    Bytes,
    /// All but the end of the last write.
    EndOfLastWrite,
    /// None: as if the program alone had died.
    Nothing,
    /// Of contents any; names and modes in the order in which they were made, up to some.
    Ordered(u64),
    /// Of contents any; names up to some of each directory.
    Directories(u64),
    /// Any.
    Any(u64),
}

impl Loss {
    /// Every kind; `seeds` of each that is drawn.
    pub(super) fn kinds(seeds: u64) -> Vec<Self> {
        let mut kinds = vec![Self::All, Self::Contents, Self::Bytes, Self::EndOfLastWrite, Self::Nothing];
        kinds.extend(
            (0..seeds).flat_map(|seed| [Self::Ordered(seed), Self::Directories(seed), Self::Any(seed)]),
        );
        kinds
    }
}

/// Numbers that look drawn and are the same every time (SplitMix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next()).unwrap() % bound.max(1)
    }

    fn half(&mut self) -> bool {
        self.next() & 1 == 1
    }
}

/// What the disk holds when the power fails after `point` changes. What was synced after the last of them counts only
/// at the end of the record.
pub(super) fn tree(disk: &Disk, point: usize, loss: Loss) -> Tree {
    let (names, nodes) = apply(disk, &fates(disk, point, loss));
    let mut tree = Tree::new();
    collect(&names, &nodes, (SITE, ""), &mut tree);
    tree
}

/// The fate of each of the first `point` changes.
fn fates(disk: &Disk, point: usize, loss: Loss) -> Vec<Fate> {
    let events = &disk.events[..point];
    let is_end = point == disk.events.len() && loss == Loss::All;
    let durable = |at: usize| at < point || is_end;
    let pending: Vec<usize> =
        (0..point).filter(|number| !events[*number].durable.is_some_and(durable)).collect();
    let mut fates = vec![Fate::Whole; point];
    choose(disk, &pending, (point, loss), &mut fates);
    // What is durable has taken with it what it stands on; nothing else is there without that.
    let mut needed = vec![false; point];
    for number in (0..point).rev() {
        if needed[number] || events[number].durable.is_some_and(durable) {
            fates[number] = Fate::Whole;
            events[number].after.iter().for_each(|before| needed[*before] = true);
        }
    }
    for (number, event) in events.iter().enumerate() {
        if event.after.iter().any(|before| fates[*before] == Fate::Lost) {
            fates[number] = Fate::Lost;
        }
    }
    fates
}

fn choose(disk: &Disk, pending: &[usize], (point, loss): (usize, Loss), fates: &mut [Fate]) {
    let seed = match loss {
        Loss::Ordered(seed) | Loss::Directories(seed) | Loss::Any(seed) => seed,
        Loss::All | Loss::Contents | Loss::Bytes | Loss::EndOfLastWrite | Loss::Nothing => 0,
    };
    let mut draw = Draw(seed ^ (u64::try_from(point).unwrap() << 20));
    let cut = pending.get(draw.below(pending.len() + 1)).copied().unwrap_or(point);
    let mut cuts: BTreeMap<Inode, usize> = BTreeMap::new();
    let is_write = |number: &usize| matches!(disk.events[*number].change, Change::Write { .. });
    let last = pending.iter().copied().rev().find(is_write);
    for &number in pending {
        let whole = |whole: bool| if whole { Fate::Whole } else { Fate::Lost };
        fates[number] = match (loss, &disk.events[number].change) {
            (Loss::All, _) | (Loss::Contents, Change::Write { .. } | Change::Resize { .. }) => Fate::Lost,
            (Loss::Bytes, Change::Write { .. }) => Fate::Zeros,
            (Loss::EndOfLastWrite, Change::Write { bytes, .. }) if last == Some(number) => {
                Fate::Torn(draw.below(bytes.len()))
            }
            (Loss::Contents | Loss::Bytes | Loss::EndOfLastWrite | Loss::Nothing, _) => Fate::Whole,
            (_, Change::Write { bytes, .. }) => match draw.below(6) {
                0 | 1 => Fate::Lost,
                2 => Fate::Zeros,
                3 => Fate::Torn(draw.below(bytes.len())),
                _ => Fate::Whole,
            },
            (Loss::Ordered(_), _) => whole(number < cut),
            (Loss::Directories(_), Change::Names(names)) => {
                let mut reached = |name: &super::disk::Name| {
                    let drawn = || pending.get(draw.below(pending.len() + 1)).copied().unwrap_or(point);
                    number < *cuts.entry(name.directory).or_insert_with(drawn)
                };
                whole(names.iter().all(&mut reached))
            }
            (Loss::Directories(_) | Loss::Any(_), _) => whole(draw.half()),
        };
    }
}

type Names = BTreeMap<Inode, BTreeMap<String, Inode>>;

fn apply(disk: &Disk, fates: &[Fate]) -> (Names, Vec<Node>) {
    let (mut names, mut nodes) = (disk.names.clone(), disk.nodes.clone());
    for (event, fate) in disk.events.iter().zip(fates).filter(|(_, fate)| **fate != Fate::Lost) {
        match &event.change {
            Change::Names(changed) => {
                for name in changed {
                    let directory = names.entry(name.directory).or_default();
                    match name.inode {
                        Some(inode) => directory.insert(name.name.clone(), inode),
                        None => directory.remove(&name.name),
                    };
                }
            }
            Change::Mode { inode, mode: new } => match &mut nodes[*inode] {
                Node::Directory { mode } | Node::File { mode, .. } => *mode = *new,
                Node::Link { .. } => {}
            },
            Change::Resize { inode, size } => content(&mut nodes[*inode]).resize(*size, 0),
            Change::Write { inode, offset, bytes } => {
                put(content(&mut nodes[*inode]), *offset, bytes, *fate);
            }
        }
    }
    (names, nodes)
}

fn content(node: &mut Node) -> &mut Vec<u8> {
    match node {
        Node::File { bytes, .. } => Arc::make_mut(bytes),
        Node::Directory { .. } | Node::Link { .. } => panic!("bytes were written into what is no file"),
    }
}

/// Zeros take the place of nothing that was there before.
fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8], fate: Fate) {
    let length = match fate {
        Fate::Torn(length) => length,
        Fate::Lost | Fate::Zeros | Fate::Whole => bytes.len(),
    };
    let end = offset + length;
    if content.len() < end {
        content.resize(end, 0);
    }
    if fate != Fate::Zeros {
        content[offset..end].copy_from_slice(&bytes[..length]);
    }
}

/// What can be reached from the directory of the site.
fn collect(names: &Names, nodes: &[Node], (directory, path): (Inode, &str), tree: &mut Tree) {
    for (name, &inode) in names.get(&directory).into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        let node = match &nodes[inode] {
            Node::File { mode, bytes, .. } => Node::File { mode: *mode, inode, bytes: Arc::clone(bytes) },
            Node::Directory { .. } | Node::Link { .. } => nodes[inode].clone(),
        };
        let inner = matches!(node, Node::Directory { .. });
        tree.insert(path.clone(), node);
        if inner {
            collect(names, nodes, (inode, &path), tree);
        }
    }
}
