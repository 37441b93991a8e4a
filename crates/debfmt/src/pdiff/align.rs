//! Where two sequences differ, in time that grows with their length and not with its square.
//!
//! Parts that stand exactly once in both are anchors, as many as come in the same order (the "patience" way). An index
//! is sorted and its stanzas differ from each other, so that all that did not change are anchors. Between two
//! anchors the same is done again; what has none is replaced whole.

use std::collections::HashMap;
use std::ops::Range;

/// A part of the old sequence that gives way to a part of the new one. One of them may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// How often the parts between anchors are cut again. One round finds what changed in a sorted index.
const ROUNDS: usize = 8;

/// The changes that make `new` of `old`, from first to last.
pub(super) fn changes(old: &[&[u8]], new: &[&[u8]]) -> Vec<Change> {
    let mut found = Vec::new();
    let whole = Change { old: 0..old.len(), new: 0..new.len() };
    refine(old, new, &whole, ROUNDS, &mut found);
    found
}

fn refine(old: &[&[u8]], new: &[&[u8]], within: &Change, rounds: usize, found: &mut Vec<Change>) {
    let gap = trim(old, new, within.clone());
    if gap.old.is_empty() && gap.new.is_empty() {
        return;
    }
    let anchors = if rounds == 0 || gap.old.is_empty() || gap.new.is_empty() {
        Vec::new()
    } else {
        anchors(old, new, &gap)
    };
    if anchors.is_empty() {
        found.push(gap);
        return;
    }
    let (mut from_old, mut from_new) = (gap.old.start, gap.new.start);
    for (at_old, at_new) in anchors.into_iter().chain([(gap.old.end, gap.new.end)]) {
        let between = Change { old: from_old..at_old, new: from_new..at_new };
        refine(old, new, &between, rounds.saturating_sub(1), found);
        (from_old, from_new) = (at_old + 1, at_new + 1);
    }
}

/// Leaves out what both begin and end with.
fn trim(old: &[&[u8]], new: &[&[u8]], Change { old: mut a, new: mut b }: Change) -> Change {
    while !a.is_empty() && !b.is_empty() && old.get(a.start) == new.get(b.start) {
        (a.start, b.start) = (a.start + 1, b.start + 1);
    }
    while !a.is_empty() && !b.is_empty() && old.get(a.end - 1) == new.get(b.end - 1) {
        (a.end, b.end) = (a.end - 1, b.end - 1);
    }
    Change { old: a, new: b }
}

/// Where something stands, and whether it stands there only.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Nowhere,
    Once(usize),
    Often,
}

impl Place {
    fn and(self, at: usize) -> Self {
        match self {
            Self::Nowhere => Self::Once(at),
            Self::Once(_) | Self::Often => Self::Often,
        }
    }
}

/// Parts that stand once in both, as many as come in the same order: places in old and new.
fn anchors(old: &[&[u8]], new: &[&[u8]], gap: &Change) -> Vec<(usize, usize)> {
    let mut places: HashMap<&[u8], (Place, Place)> = HashMap::new();
    for (at, part) in gap.old.clone().zip(old.get(gap.old.clone()).unwrap_or_default()) {
        let place = places.entry(part).or_default();
        place.0 = place.0.and(at);
    }
    for (at, part) in gap.new.clone().zip(new.get(gap.new.clone()).unwrap_or_default()) {
        if let Some(place) = places.get_mut(part) {
            place.1 = place.1.and(at);
        }
    }
    let once = gap.old.clone().zip(old.get(gap.old.clone()).unwrap_or_default());
    let pairs = once.filter_map(|(_, part)| match places.get(part)? {
        (Place::Once(at_old), Place::Once(at_new)) => Some((*at_old, *at_new)),
        _ => None,
    });
    longest_rising(&pairs.collect::<Vec<_>>())
}

/// The longest subsequence whose second places rise; the first ones do already.
fn longest_rising(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // For each length, the index of the pair with the least second place that ends such a subsequence.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    let place = |index: &usize| pairs.get(*index).map_or(usize::MAX, |pair| pair.1);
    for (index, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| place(end) < pair.1);
        before.push(length.checked_sub(1).and_then(|last| ends.get(last).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut chosen = Vec::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(index) = next {
        chosen.extend(pairs.get(index));
        next = before.get(index).copied().flatten();
    }
    chosen.reverse();
    chosen
}
