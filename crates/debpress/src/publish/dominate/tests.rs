use debfmt::names::Component;
use proptest::prelude::*;

use super::*;
use crate::model::publication::{PublicationId, PublicationStatus};

const SUITE: [&str; 2] = ["amd64", "arm64"];
const RULES: Rules<'_> = Rules { architectures: &SUITE, keep: 1 };

fn candidate(id: i64, name: &str, version: &str, architecture: &str) -> Candidate {
    Candidate {
        id: PublicationId(id),
        kind: if architecture == "source" { PackageKind::Source } else { PackageKind::Binary },
        name: name.into(),
        version: version.into(),
        architecture: architecture.into(),
        status: PublicationStatus::Published,
        component: Component::parse("main").unwrap(),
        source: (architecture != "source").then(|| (name.into(), version.into())),
        debug: name.ends_with("-dbgsym"),
    }
}

/// `loser<winner` for each supersession.
fn decide(candidates: &[(&str, &str)]) -> String {
    let candidates: Vec<Candidate> = (1..)
        .zip(candidates)
        .map(|(id, (version, architecture))| candidate(id, "hello", version, architecture))
        .collect();
    let decided = dominate(&candidates, &[], RULES);
    decided.iter().map(|s| format!("{}<{}", s.loser.0, s.winner.0)).collect::<Vec<_>>().join(" ")
}

#[test]
fn of_nothing_nothing_gives_way() {
    assert_eq!(decide(&[]), "");
    assert_eq!(decide(&[("1.0-1", "source")]), "", "nor where there is one version only");
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

/// `name version architecture`, one a line; what goes, likewise.
fn decide_all(lines: &[&str], keep: usize) -> String {
    let split = |(id, line): (i64, &&str)| {
        let words: Vec<&str> = line.split(' ').collect();
        // All of these are built from one source.
        let source = Some(("hello".to_owned(), words[1].to_owned()));
        Candidate { source, ..candidate(id, words[0], words[1], words[2]) }
    };
    let all: Vec<Candidate> = (1..).zip(lines).map(split).collect();
    let decided = dominate(&all, &all, Rules { keep, ..RULES });
    let of = |id: PublicationId| lines[usize::try_from(id.0).unwrap() - 1];
    decided.iter().map(|s| format!("{} < {}", of(s.loser), of(s.winner))).collect::<Vec<_>>().join("\n")
}

#[test]
fn arch_all_stays_while_a_slow_architecture_has_what_belongs_to_it() {
    let slow = ["hello 1 amd64", "hello 1 arm64", "hello-data 1 all", "hello 2 amd64", "hello-data 2 all"];
    assert_eq!(decide_all(&slow, 1), "hello 1 amd64 < hello 2 amd64");
    let built = [&slow[..], &["hello 2 arm64"]].concat();
    insta::assert_snapshot!(decide_all(&built, 1), @r"
    hello 1 amd64 < hello 2 amd64
    hello 1 arm64 < hello 2 arm64
    hello-data 1 all < hello-data 2 all
    ");
}

#[test]
fn an_override_of_arch_all_replaces_it_whatever_else_there_is() {
    assert_eq!(
        decide_all(&["hello 1 amd64", "hello-data 1 all", "hello-data 1 all"], 1),
        "hello-data 1 all < hello-data 1 all"
    );
}

#[test]
fn an_override_replaces_its_own_version_where_a_newer_one_stays_beside_it() {
    let slow = [
        "hello 1 amd64",
        "hello-data 1 all",
        "hello 1 arm64",
        "hello 2 amd64",
        "hello-data 2 all",
        "hello-data 1 all",
    ];
    insta::assert_snapshot!(decide_all(&slow, 1), @r"
    hello 1 amd64 < hello 2 amd64
    hello-data 1 all < hello-data 1 all
    ");
    let kept = ["hello 1 amd64", "hello-dbgsym 1 amd64", "hello 2 amd64", "hello 1 amd64"];
    assert_eq!(decide_all(&kept, 2), "hello 1 amd64 < hello 1 amd64", "and its symbols stay");
}

#[test]
fn debug_symbols_go_with_their_package() {
    insta::assert_snapshot!(
        decide_all(&["hello 1 amd64", "hello-dbgsym 1 amd64", "hello 1 arm64", "hello-dbgsym 1 arm64", "hello 2 amd64"], 1),
        @r"
    hello 1 amd64 < hello 2 amd64
    hello-dbgsym 1 amd64 < hello 2 amd64
    "
    );
    assert_eq!(
        decide_all(&["hello 1 amd64", "hello-dbgsym 1 amd64", "hello 1 amd64"], 1),
        "hello 1 amd64 < hello 1 amd64",
        "an override leaves them"
    );
}

#[test]
fn a_suite_may_keep_several_versions() {
    let versions = ["hello 1 amd64", "hello 2 amd64", "hello 3 amd64", "hello 3 amd64"];
    insta::assert_snapshot!(decide_all(&versions, 2), @r"
    hello 1 amd64 < hello 3 amd64
    hello 3 amd64 < hello 3 amd64
    ");
    assert_eq!(decide_all(&versions[..3], 3), "");
}

proptest! {
    /// Nobody is left with a package whose arch:all kin, which was there, has gone.
    #[test]
    fn kin_stays_together(lines in prop::collection::vec((0..3usize, 0..3usize, 0..4usize), 1..14)) {
        let (names, architectures) = (["a", "b", "c"], ["amd64", "arm64", "all", "amd64"]);
        let all: Vec<Candidate> = (1..)
            .zip(&lines)
            .map(|(id, (n, v, a))| {
                let version = (v + 1).to_string();
                let source = Some(("s".to_owned(), version.clone()));
                Candidate { source, ..candidate(id, names[*n], &version, architectures[*a]) }
            })
            .collect();
        let decided = dominate(&all, &all, RULES);
        let goes = |id| decided.iter().any(|s| s.loser == id);
        for one in all.iter().filter(|one| one.architecture != ALL && !goes(one.id)) {
            for kin in all.iter().filter(|kin| kin.architecture == ALL && kin.source == one.source) {
                // Unless another record of it took its place.
                let same = |other: &&Candidate| other.name == kin.name && other.version == kin.version;
                prop_assert!(all.iter().filter(same).any(|other| !goes(other.id)), "{:?} of {:?}", kin, one);
            }
        }
        for s in &decided {
            prop_assert!(!goes(s.winner));
        }
    }

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
        let decided = dominate(&all, &[], RULES);
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
        prop_assert!(dominate(&rest, &[], RULES).is_empty());
    }
}
