//! Domination: which publications of a suite give way to newer ones (behaviour map 3.4).
//!
//! Pure: it looks at publications and answers. Rules kept here: the newest version of a source stays; of a binary,
//! the newest version that each architecture sees stays, where arch:all is seen by every architecture. Of equal
//! versions the record made last stays, so that an override replaces what it overrides.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::iter;

use debfmt::version;

use crate::model::publication::{Candidate, PackageKind};
use crate::ports::db::Supersession;

/// The architecture that every other one sees.
const ALL: &str = "all";

/// Decides which candidates are superseded, and by which. `architectures` are those of the suite.
///
/// The answer is ordered by loser.
pub(super) fn dominate(candidates: &[Candidate], architectures: &[&str]) -> Vec<Supersession> {
    let mut names: BTreeMap<(PackageKind, &str), Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        names.entry((candidate.kind, &candidate.name)).or_default().push(candidate);
    }
    let mut superseded: Vec<Supersession> =
        names.values().flat_map(|group| dominate_name(group, architectures)).collect();
    superseded.sort_by_key(|supersession| supersession.loser);
    superseded
}

fn dominate_name(group: &[&Candidate], architectures: &[&str]) -> Vec<Supersession> {
    let over = |candidate: &Candidate| winner_over(candidate, group, architectures);
    let losers = group.iter().filter_map(|candidate| {
        // A winner may give way itself: a newer arch:all to what each architecture has. Each is newer than the one
        // before, so this ends, at one that stays.
        let winner = iter::successors(over(candidate), |winner| over(winner)).last()?;
        Some(Supersession { loser: candidate.id, winner: winner.id })
    });
    losers.collect()
}

/// The publication that replaces `candidate`, if it is seen by no architecture any more.
fn winner_over<'a>(
    candidate: &Candidate,
    group: &[&'a Candidate],
    architectures: &[&str],
) -> Option<&'a Candidate> {
    let newest_seen_by = |architecture: &str| {
        let seen = group.iter().copied().filter(|other| {
            other.architecture == architecture || (other.architecture == ALL && architecture != "source")
        });
        seen.max_by(|a, b| age(a, b))
    };
    let newer = |architecture: &str| {
        newest_seen_by(architecture).filter(|other| age(other, candidate) == Ordering::Greater)
    };
    if candidate.architecture != ALL {
        return newer(&candidate.architecture);
    }
    // arch:all goes when a newer arch:all exists, or when no architecture is left that needs it.
    newer(ALL).or_else(|| {
        let mut winners = architectures.iter().map(|architecture| newer(architecture));
        let first = winners.next()??;
        winners.all(|winner| winner.is_some()).then_some(first)
    })
}

/// By version, then by record: the greater is the newer.
fn age(a: &Candidate, b: &Candidate) -> Ordering {
    version::compare(&a.version, &b.version).then(a.id.cmp(&b.id))
}

#[cfg(test)]
mod tests {
    use debfmt::names::Component;
    use proptest::prelude::*;

    use super::*;
    use crate::model::publication::{PublicationId, PublicationStatus};

    const SUITE: [&str; 2] = ["amd64", "arm64"];

    fn candidate(id: i64, name: &str, version: &str, architecture: &str) -> Candidate {
        Candidate {
            id: PublicationId(id),
            kind: if architecture == "source" { PackageKind::Source } else { PackageKind::Binary },
            name: name.into(),
            version: version.into(),
            architecture: architecture.into(),
            status: PublicationStatus::Published,
            component: Component::parse("main").unwrap(),
        }
    }

    /// `loser<winner` for each supersession.
    fn decide(candidates: &[(&str, &str)]) -> String {
        let candidates: Vec<Candidate> = (1..)
            .zip(candidates)
            .map(|(id, (version, architecture))| candidate(id, "hello", version, architecture))
            .collect();
        let decided = dominate(&candidates, &SUITE);
        decided.iter().map(|s| format!("{}<{}", s.loser.0, s.winner.0)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_newest_source_stays() {
        assert_eq!(decide(&[("1.0~rc1-1", "source"), ("1.0-1", "source"), ("0.9-3", "source")]), "1<2 3<2");
    }

    #[test]
    fn architectures_move_on_their_own() {
        assert_eq!(decide(&[("1", "amd64"), ("1", "arm64"), ("2", "amd64")]), "1<3");
    }

    #[test]
    fn arch_all_replaces_what_every_architecture_had() {
        assert_eq!(decide(&[("1", "amd64"), ("1", "arm64"), ("2", "all")]), "1<3 2<3");
    }

    #[test]
    fn arch_all_stays_while_an_architecture_has_nothing_newer() {
        assert_eq!(decide(&[("1", "all"), ("2", "amd64")]), "");
        assert_eq!(decide(&[("1", "all"), ("2", "amd64"), ("2", "arm64")]), "1<2");
    }

    #[test]
    fn what_replaces_others_is_never_replaced_itself() {
        let history = [("1", "all"), ("2", "all"), ("3", "amd64"), ("3", "arm64")];
        assert_eq!(decide(&history), "1<3 2<3", "arch:all 2 gives way too, so it is not what replaced 1");
    }

    #[test]
    fn of_equal_versions_the_last_record_stays() {
        assert_eq!(decide(&[("1.0", "amd64"), ("1.0", "amd64")]), "1<2");
        assert_eq!(decide(&[("1.0", "source"), ("1.00", "source")]), "1<2", "dpkg calls these equal");
    }

    #[test]
    fn an_older_version_that_comes_late_gives_way_at_once() {
        assert_eq!(decide(&[("2", "amd64"), ("1", "amd64")]), "2<1");
    }

    #[test]
    fn a_source_and_a_binary_of_one_name_have_nothing_to_do_with_each_other() {
        assert_eq!(decide(&[("1", "source"), ("2", "all"), ("3", "amd64")]), "");
    }

    proptest! {
        /// Whatever is published, some newest version stays for every architecture that had one, nobody is replaced
        /// by an older one or by one that goes itself, and a second look changes nothing.
        #[test]
        fn something_newest_always_stays(
            group in prop::collection::vec((0..6usize, 0..3usize), 1..12),
        ) {
            let versions = ["0.9", "1.0~rc1", "1.0", "1.0-1", "1:0.1", "1.0+b1"];
            let architectures = ["amd64", "arm64", "all"];
            let all: Vec<Candidate> = (1..)
                .zip(&group)
                .map(|(id, (v, a))| candidate(id, "x", versions[*v], architectures[*a]))
                .collect();
            let decided = dominate(&all, &SUITE);
            let loses = |id| decided.iter().any(|s| s.loser == id);
            let find = |id| all.iter().find(|c| c.id == id).unwrap();
            for s in &decided {
                prop_assert!(age(find(s.winner), find(s.loser)) == Ordering::Greater);
                prop_assert!(!loses(s.winner));
            }
            for architecture in SUITE {
                let seen = |c: &&Candidate| c.architecture == architecture || c.architecture == "all";
                if let Some(newest) = all.iter().filter(seen).max_by(|a, b| age(a, b)) {
                    prop_assert!(!loses(newest.id));
                }
            }
            let rest: Vec<Candidate> = all.iter().filter(|c| !loses(c.id)).cloned().collect();
            prop_assert!(dominate(&rest, &SUITE).is_empty());
        }
    }
}
