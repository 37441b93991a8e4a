//! Domination: which publications of a suite give way to newer ones (behaviour map 3.4).
//!
//! Pure: it looks at publications and answers. Rules kept here:
//!
//! - The newest version of a source stays; of a binary, the newest version that each architecture sees, where arch:all is
//!   seen by every architecture. A suite may keep more than one version of each.
//! - Of equal versions the record made last stays, so that an override replaces what it overrides.
//! - An older arch:all stays while anything else that was built from its source stays: some architecture has not been built
//!   anew yet, and needs it.
//! - Debug symbols go with the package that they are of.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::iter;

use debfmt::version;

use crate::model::publication::{Candidate, PackageKind, PublicationId};
use crate::ports::db::Supersession;

/// The architecture that every other one sees.
const ALL: &str = "all";
/// What the name of debug symbols adds to that of their package.
const DEBUG_SUFFIX: &str = "-dbgsym";

/// What domination goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// The architectures of the suite.
    pub(super) architectures: &'a [&'a str],
    /// How many versions of a package each of them keeps.
    pub(super) keep: usize,
}

/// Decides which candidates are superseded, and by which. `kin` are the live binaries that were built from the sources of
/// those that [`sources_of_losers`] names.
///
/// The answer is ordered by loser.
pub(super) fn dominate(candidates: &[Candidate], kin: &[Candidate], rules: Rules<'_>) -> Vec<Supersession> {
    let mut superseded = by_name(candidates, rules);
    let family = Family::new(candidates, kin);
    family.reprieve(&mut superseded);
    superseded.extend(family.debug_symbols(&superseded));
    superseded.sort_by_key(|supersession| supersession.loser);
    superseded
}

/// What takes the place of a publication that is not among the candidates; `None`: nothing does.
pub(super) fn overtaken(
    late: &Candidate,
    candidates: &[Candidate],
    rules: Rules<'_>,
) -> Option<Supersession> {
    let is_of_name = |it: &&Candidate| it.kind == late.kind && it.name == late.name;
    let group: Vec<&Candidate> = candidates.iter().filter(is_of_name).collect();
    let over = |candidate: &Candidate| winner_over(candidate, &group, rules);
    let winner = iter::successors(over(late), |winner| over(winner)).last()?;
    Some(Supersession { loser: late.id, winner: winner.id })
}

/// The sources of the binaries that would go if nothing but their own name counted.
pub(super) fn sources_of_losers(candidates: &[Candidate], rules: Rules<'_>) -> Vec<(String, String)> {
    let superseded = by_name(candidates, rules);
    let family = Family::new(candidates, &[]);
    let losers = superseded.iter().filter_map(|it| family.by_id.get(&it.loser)?.source.clone());
    losers.collect::<BTreeSet<_>>().into_iter().collect()
}

fn by_name(candidates: &[Candidate], rules: Rules<'_>) -> Vec<Supersession> {
    let mut names: BTreeMap<(PackageKind, &str), Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        names.entry((candidate.kind, &candidate.name)).or_default().push(candidate);
    }
    names.values().flat_map(|group| dominate_name(group, rules)).collect()
}

/// Kind, name and architecture.
type Package<'a> = (PackageKind, &'a str, &'a str);

/// Candidates by number and by package, and what was built from the same source by that.
struct Family<'a> {
    by_id: HashMap<PublicationId, &'a Candidate>,
    by_package: HashMap<Package<'a>, Vec<&'a Candidate>>,
    kin: HashMap<&'a (String, String), Vec<&'a Candidate>>,
}

impl<'a> Family<'a> {
    fn new(candidates: &'a [Candidate], kin: &'a [Candidate]) -> Self {
        let mut of_source: HashMap<_, Vec<&Candidate>> = HashMap::new();
        for one in kin {
            if let Some(source) = &one.source {
                of_source.entry(source).or_default().push(one);
            }
        }
        let mut by_package: HashMap<_, Vec<&Candidate>> = HashMap::new();
        for one in candidates {
            by_package.entry(package(one)).or_default().push(one);
        }
        Self { by_id: candidates.iter().map(|one| (one.id, one)).collect(), by_package, kin: of_source }
    }

    fn kin_of(&self, candidate: &Candidate) -> &[&'a Candidate] {
        candidate.source.as_ref().and_then(|source| self.kin.get(source)).map_or(&[], Vec::as_slice)
    }

    /// Loser and winner.
    fn pair(&self, supersession: &Supersession) -> Option<(&'a Candidate, &'a Candidate)> {
        Some((self.by_id.get(&supersession.loser)?, self.by_id.get(&supersession.winner)?))
    }

    /// Takes those off the list that an architecture still needs: arch:all whose source has other binaries that stay.
    /// Another record of the same version takes its place all the same.
    fn reprieve(&self, superseded: &mut Vec<Supersession>) {
        let losers: HashSet<PublicationId> = superseded.iter().map(|it| it.loser).collect();
        let stays =
            |other: &&Candidate| other.architecture != ALL && !other.debug && !losers.contains(&other.id);
        let is_needed = |loser: &Candidate| loser.architecture == ALL && self.kin_of(loser).iter().any(stays);
        superseded.retain_mut(|it| match self.pair(it) {
            Some((loser, winner)) if loser.version != winner.version && is_needed(loser) => {
                let newest = self.newest_of_same(loser);
                it.winner = newest;
                newest != loser.id
            }
            Some(_) | None => true,
        });
    }

    /// The newest record of the same package in the same version, perhaps itself.
    fn newest_of_same(&self, candidate: &Candidate) -> PublicationId {
        let all = self.by_package.get(&package(candidate)).into_iter().flatten();
        let same = all.filter(|other| compare(other, candidate) == Ordering::Equal);
        same.map(|other| other.id).max().unwrap_or(candidate.id)
    }

    /// The debug symbols of what goes.
    fn debug_symbols(&self, superseded: &[Supersession]) -> Vec<Supersession> {
        let losers: HashSet<PublicationId> = superseded.iter().map(|it| it.loser).collect();
        let of = |it: &Supersession| {
            let (package, winner) = self.pair(it)?;
            let name = format!("{}{DEBUG_SUFFIX}", package.name);
            let is_theirs = |other: &&&Candidate| {
                other.debug
                    && other.name == name
                    && other.architecture == package.architecture
                    && other.version == package.version
            };
            let symbols = self.kin_of(package).iter().find(is_theirs)?;
            // An override takes the place of the same version, whose symbols stay right.
            let go = package.version != winner.version && !losers.contains(&symbols.id);
            go.then_some(Supersession { loser: symbols.id, winner: it.winner })
        };
        superseded.iter().filter_map(of).collect()
    }
}

fn package(candidate: &Candidate) -> Package<'_> {
    (candidate.kind, &candidate.name, &candidate.architecture)
}

fn dominate_name(group: &[&Candidate], rules: Rules<'_>) -> Vec<Supersession> {
    let over = |candidate: &Candidate| winner_over(candidate, group, rules);
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
    rules: Rules<'_>,
) -> Option<&'a Candidate> {
    let newer = |architecture: &str| {
        let seen = group.iter().copied().filter(|other| {
            other.architecture == architecture || (other.architecture == ALL && architecture != "source")
        });
        let newer: Vec<&Candidate> =
            seen.filter(|other| age(other, candidate) == Ordering::Greater).collect();
        let same = newer.iter().copied().filter(|other| compare(other, candidate) == Ordering::Equal);
        let newest = newer.iter().copied().max_by(|a, b| age(a, b));
        // What replaces it in its own version does so first: where several versions stay, that one does.
        same.max_by_key(|other| other.id).or(newest.filter(|_| versions(&newer) >= rules.keep))
    };
    if candidate.architecture != ALL {
        return newer(&candidate.architecture);
    }
    // arch:all goes when a newer arch:all exists, or when no architecture is left that needs it.
    newer(ALL).or_else(|| {
        let mut winners = rules.architectures.iter().map(|architecture| newer(architecture));
        let first = winners.next()??;
        winners.all(|winner| winner.is_some()).then_some(first)
    })
}

/// By version, then by record: the greater is the newer.
fn age(a: &Candidate, b: &Candidate) -> Ordering {
    compare(a, b).then(a.id.cmp(&b.id))
}

fn compare(a: &Candidate, b: &Candidate) -> Ordering {
    version::compare(&a.version, &b.version)
}

/// How many different versions there are.
fn versions(candidates: &[&Candidate]) -> usize {
    let mut sorted = candidates.to_vec();
    sorted.sort_by(|a, b| compare(a, b));
    sorted.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
    sorted.len()
}

#[cfg(test)]
mod tests;
