//! Where the segments of an index begin.
//!
//! At names that are chosen by their hash, so that a package that comes or goes moves no boundary but its own: what was
//! rendered and compressed of the other segments stays good. Versions of one package are never apart.
//!
//! Small segments are compressed anew in no time and worse than large ones. Measured on Debian 12 main amd64 (63,441
//! stanzas), xz: 32 to 64 stanzas 26 % larger than as a whole, 64 to 128 20 %, 128 to 256 15 %, 256 to 512 12 %;
//! gzip 6, 3, 1.5, 1 %. `repack` makes up for it.

use std::ops::Range;

/// A segment that is so many times as long as the shortest one ends at the next name, whatever it is.
const MOST: usize = 16;

/// A hash of a name: FNV-1a, its halves folded, for its low bits alone are poor.
pub(super) fn name_hash(name: &[u8]) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for byte in name {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    hash ^ (hash >> 15)
}

/// The segments of rows whose names have these hashes: each but the last has at least so many rows, and twice as many on
/// average.
pub(super) fn cut(names: &[u32], least: usize) -> Vec<Range<usize>> {
    let one_of = u32::try_from(least).unwrap_or(u32::MAX).max(1);
    let mut segments = Vec::new();
    let mut start = 0;
    for (place, pair) in (1..).zip(names.windows(2)) {
        let [before, name] = pair else { continue };
        let length = place - start;
        let chosen = name.is_multiple_of(one_of) || length >= least.saturating_mul(MOST);
        let begins = before != name && length >= least && chosen;
        if begins {
            segments.push(start..place);
            start = place;
        }
    }
    if start < names.len() {
        segments.push(start..names.len());
    }
    segments
}

/// Whether a segment that begins with this name begins a group, after one of so many segments. Groups are what `repack`
/// compresses as one: each but the last has at least `least` segments, and twice as many on average.
pub(super) fn begins_group(name: u32, length: usize, least: usize) -> bool {
    let one_of = u32::try_from(least).unwrap_or(u32::MAX).max(1);
    length >= least && ((name / one_of).is_multiple_of(one_of) || length >= least.saturating_mul(MOST))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const LEAST: usize = 64;

    fn names(count: u32) -> Vec<u32> {
        (0..count).map(|number| name_hash(format!("package-{number:06}").as_bytes())).collect()
    }

    #[test]
    fn segments_have_about_as_many_rows_as_they_should() {
        let rows = names(60_000);
        let segments = cut(&rows, LEAST);
        assert!((400..550).contains(&segments.len()), "{}", segments.len());
        assert!(segments.iter().rev().skip(1).all(|segment| (LEAST..=LEAST * MOST).contains(&segment.len())));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Together they are all rows in order, and versions of one name are in one of them.
        #[test]
        fn segments_are_all_rows_in_order(
            runs in prop::collection::vec((any::<u32>(), 1..4_usize), 0..600), least in 1..80_usize,
        ) {
            let rows: Vec<u32> = runs.iter().flat_map(|(name, count)| vec![*name; *count]).collect();
            let segments = cut(&rows, least);
            let joined: Vec<u32> = segments.iter().flat_map(|segment| rows[segment.clone()].to_vec()).collect();
            prop_assert_eq!(&joined, &rows);
            for segment in segments.iter().filter(|segment| segment.start > 0) {
                prop_assert_ne!(rows[segment.start], rows[segment.start - 1]);
            }
        }

        /// A package that comes or goes changes the segment that it is in, and few after it.
        #[test]
        fn a_change_moves_few_boundaries(place in 0..20_000_usize, goes: bool) {
            let before = names(20_000);
            let mut after = before.clone();
            if goes {
                after.remove(place);
            } else {
                after.insert(place, name_hash(b"newcomer"));
            }
            let of = |rows: &[u32]| -> HashSet<Vec<u32>> {
                cut(rows, LEAST).into_iter().map(|segment| rows[segment].to_vec()).collect()
            };
            let (old, new) = (of(&before), of(&after));
            prop_assert!(new.difference(&old).count() <= 8, "{}", new.difference(&old).count());
        }
    }
}
