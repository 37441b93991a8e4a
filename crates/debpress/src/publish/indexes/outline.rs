//! What an index was made of: its segments, each with the publications that it has.
//!
//! A publication never changes what it says, so that a segment of the same publications is the same text, as long as everything
//! else that has a say is the same too ([`Outline::inputs`]). The records name the outline of each index that clients see, by
//! its hash: a cache that belongs to other records is not believed.

use std::collections::HashMap;

use debfmt::digest::Sha256;

use super::IndexJob;
use crate::model::publication::PublicationId;

/// Changes whenever the same publications make another text: `rendering_has_a_number` in tests/it/publish/cached.rs tells.
const RENDERING: u32 = 1;
const MAGIC: &[u8] = b"debpress outline 1\n";

/// A publication in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OutlineRow {
    /// Its number.
    pub(super) id: PublicationId,
    /// A hash of the name of its package, which says where segments begin.
    pub(super) name: u32,
}

/// A segment of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// SHA-256 of its text.
    pub(super) text: Sha256,
    /// Whether it is the last of a group.
    pub(super) ends_group: bool,
    /// Its publications, in order; none where the index is made of something else.
    pub(super) rows: Vec<OutlineRow>,
}

/// What an index was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline {
    /// Everything that has a say in its text but the publications, as one number.
    pub(super) inputs: Sha256,
    /// Its segments, in order.
    pub(super) parts: Vec<Part>,
}

impl Outline {
    /// Of the segments of an index, by group, with the publications of each.
    pub(super) fn new(inputs: Sha256, groups: &[Vec<Sha256>], rows: &[&[OutlineRow]]) -> Self {
        let mut rows = rows.iter();
        let mut parts = Vec::new();
        for group in groups {
            for (place, text) in (1..).zip(group) {
                let rows = rows.next().map(|rows| rows.to_vec()).unwrap_or_default();
                parts.push(Part { text: *text, ends_group: place == group.len(), rows });
            }
        }
        Self { inputs, parts }
    }

    /// Its segments by group.
    pub(super) fn groups(&self) -> impl Iterator<Item = &[Part]> {
        self.parts.split_inclusive(|part| part.ends_group)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = [MAGIC, self.inputs.as_bytes()].concat();
        for part in &self.parts {
            bytes.extend_from_slice(part.text.as_bytes());
            bytes.push(u8::from(part.ends_group));
            bytes.extend(u32::try_from(part.rows.len()).unwrap_or(u32::MAX).to_le_bytes());
            for row in &part.rows {
                bytes.extend(row.id.0.to_le_bytes());
                bytes.extend(row.name.to_le_bytes());
            }
        }
        bytes
    }

    /// `None`: these are not the bytes of an outline.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = Bytes(bytes.strip_prefix(MAGIC)?);
        let inputs = Sha256::from_bytes(rest.take()?);
        let mut parts = Vec::new();
        while !rest.0.is_empty() {
            let text = Sha256::from_bytes(rest.take()?);
            let ends_group = rest.take::<1>()? != [0];
            let count = u32::from_le_bytes(rest.take()?);
            let row = |_| {
                let id = PublicationId(i64::from_le_bytes(rest.take()?));
                Some(OutlineRow { id, name: u32::from_le_bytes(rest.take()?) })
            };
            parts.push(Part { text, ends_group, rows: (0..count).map(row).collect::<Option<_>>()? });
        }
        Some(Self { inputs, parts })
    }

    /// The name hashes of all its publications.
    pub(super) fn names(&self) -> HashMap<PublicationId, u32> {
        let rows = self.parts.iter().flat_map(|part| &part.rows);
        rows.map(|row| (row.id, row.name)).collect()
    }

    /// Its segments by their first publications.
    pub(super) fn by_first(&self) -> HashMap<PublicationId, &Part> {
        self.parts.iter().filter_map(|part| Some((part.rows.first()?.id, part))).collect()
    }
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }
}

/// Everything that has a say in the text of an index but its publications, as one number. Rather too much than too
/// little: all options of the series, though few of them matter.
pub(super) fn inputs(job: &IndexJob<'_>) -> Sha256 {
    let IndexJob { target, plan, index, .. } = job;
    let series = &target.series;
    let said = format!(
        "{RENDERING} {} {:?} {:?} {:?} {:?}",
        env!("CARGO_PKG_VERSION"),
        index,
        series.components,
        series.options,
        plan.extras.inputs(),
    );
    Sha256::of(said.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outline(parts: &[Vec<(i64, u32)>]) -> Outline {
        let part = |rows: &Vec<(i64, u32)>| {
            let rows: Vec<_> =
                rows.iter().map(|(id, name)| OutlineRow { id: PublicationId(*id), name: *name }).collect();
            Part { text: Sha256::of(format!("{rows:?}").as_bytes()), ends_group: rows.len() > 2, rows }
        };
        Outline { inputs: Sha256::of(b"inputs"), parts: parts.iter().map(part).collect() }
    }

    proptest! {
        #[test]
        fn an_outline_is_read_as_it_was_written(
            parts in prop::collection::vec(prop::collection::vec(any::<(i64, u32)>(), 0..5), 0..5),
        ) {
            let outline = outline(&parts);
            prop_assert_eq!(Outline::decode(&outline.encode()), Some(outline));
        }

        /// One that is cut short anywhere is none, or a shorter one: its hash tells.
        #[test]
        fn damage_is_no_panic(cut in 0..200_usize, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let whole = outline(&[vec![(1, 2), (3, 4)], vec![(5, 6)]]).encode();
            Outline::decode(&whole[..cut.min(whole.len())]);
            Outline::decode(&[MAGIC, &bytes].concat());
        }
    }
}
