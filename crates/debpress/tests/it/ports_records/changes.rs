//! Publications that are placed elsewhere by hand, and such that shall be gone.

use debpress::model::publication::{PackageKind, PublicationId};
use debpress::model::queue::Note;
use debpress::model::suite::SuiteKey;
use debpress::ports::db::{ListFilter, Replacement};

use super::{Site, at, binary, collect, component, contract, deb, debs, paths, placement, source};
use debpress::model::package::Release;

contract! {
    what_is_placed_elsewhere_is_a_publication_of_its_own
    only_the_newest_live_record_of_a_release_is_replaced
    what_shall_be_gone_is_there_until_its_publication
    a_removal_waits_for_a_publication_that_has_seen_it
    what_leaves_may_come_back_at_any_time
    a_name_means_what_has_it_and_what_was_built_from_it
    other_suites_are_left_alone
}

fn note(who: &str, text: &str) -> Note {
    Note { who: who.into(), at: at(7), text: text.into() }
}

fn to(publication: i64, component: &str, phase: Option<u8>) -> Replacement {
    Replacement { publication: PublicationId(publication), placement: placement(component), phase }
}

fn replace(site: &Site, suite: SuiteKey, replacements: &[Replacement]) -> usize {
    site.records.replace(suite, replacements, &note("ann", "for all")).unwrap()
}

fn ask(site: &Site, suite: SuiteKey, publications: &[i64]) -> usize {
    let publications: Vec<_> = publications.iter().copied().map(PublicationId).collect();
    site.records.request_removal(suite, &publications, &note("bob", "nobody wants it")).unwrap()
}

fn leaving(site: &Site, suite: SuiteKey) -> Vec<i64> {
    site.records.leaving(&site.snapshot(suite)).unwrap().iter().map(|it| it.id.0).collect()
}

/// A publication in which these become Deleted.
fn publish_without(site: &Site, suite: SuiteKey, deleted: &[i64], when: i64) {
    let mut switch = site.switch(suite, &[], &[], when);
    switch.suites[0].delete = deleted.iter().copied().map(PublicationId).collect();
    switch.suites[0].publish.retain(|id| !deleted.contains(&id.0));
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
}

fn what_is_placed_elsewhere_is_a_publication_of_its_own(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[source("hello", "1"), binary("hello", "1", "amd64")]);
    site.publish(noble, &[], &[], 5);
    let changes = site.changes(noble).0;
    assert_eq!(replace(site, noble, &[]), 0);
    assert_eq!(site.changes(noble).0, changes, "nothing is no change");
    assert_eq!(replace(site, noble, &[to(1, "universe", None), to(2, "universe", Some(30))]), 2);
    assert_eq!(site.changes(noble).0, changes + 1);
    let all = site.records.list(&ListFilter { suites: vec![noble], ..ListFilter::default() }).unwrap();
    let told = all.iter().map(|it| {
        let words = it.made_by.as_ref().map_or("-".into(), |it| format!("{}: {}", it.who, it.reason));
        let (status, phase) = (it.status.as_str(), it.phase);
        format!("{} {} {} {status} {phase:?} {words}", it.architecture, it.component, it.created.0)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            "amd64 main 1 published None -",
            "amd64 universe 7 pending Some(30) ann: for all",
            "source main 1 published None -",
            "source universe 7 pending None ann: for all",
        ]
    );
    let files = collect(|visit| site.records.pending_files(&site.snapshot(noble), visit));
    assert_eq!(
        paths(&files),
        ["universe/hello/hello_1.dsc", "universe/hello/hello_1.tar.xz", "universe/hello/hello_1_amd64.deb"]
    );
    let machines = [super::architecture("amd64")];
    let rows = collect(|visit| {
        site.records.binary_rows(&site.snapshot(noble), &component("universe"), debs(&machines), visit)
    });
    assert_eq!((rows.len(), rows[0].phase), (1, Some(30)));
}

fn only_the_newest_live_record_of_a_release_is_replaced(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "amd64")]);
    site.publish(noble, &[], &[], 5);
    assert_eq!(replace(site, noble, &[to(1, "universe", None), to(1, "main", None)]), 1, "once");
    assert_eq!(replace(site, noble, &[to(1, "universe", None)]), 0, "somebody was faster");
    assert_eq!(replace(site, noble, &[to(2, "main", None)]), 1, "before it was ever seen");
    site.publish(noble, &[(1, 3), (2, 3)], &[], 10);
    assert_eq!(replace(site, noble, &[to(1, "universe", None), to(2, "universe", None)]), 0);
    assert_eq!(replace(site, noble, &[to(99, "universe", None)]), 0);
    assert_eq!(site.history(noble).len(), 3);
    assert_eq!(ask(site, noble, &[3]), 1);
    assert_eq!(replace(site, noble, &[to(3, "universe", None)]), 0, "what leaves stays where it is");
}

fn what_shall_be_gone_is_there_until_its_publication(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "amd64"), binary("world", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    site.add(noble, &[binary("extra", "1", "all")]);
    assert_eq!(site.changes(noble), (2, 1, true));
    assert_eq!((ask(site, noble, &[1, 3, 99]), leaving(site, noble)), (2, vec![1, 3]));
    assert_eq!((ask(site, noble, &[1]), site.changes(noble)), (0, (3, 1, true)), "once is enough");
    assert_eq!(site.live(noble).len(), 3, "clients see it");
    assert!(site.records.condemned(site.primary, at(10_000)).unwrap().is_empty());
    publish_without(site, noble, &[1, 3], 10);
    assert_eq!(site.live(noble), ["world 1 all main published"]);
    assert_eq!((leaving(site, noble), site.changes(noble)), (vec![], (3, 3, true)));
    let all = ListFilter { suites: vec![noble], history: true, name: Some("hello".into()) };
    let gone = site.records.list(&all).unwrap().remove(0);
    let (when, words) = gone.removal.unwrap();
    assert_eq!((gone.status.as_str(), gone.ended, gone.superseded_by), ("deleted", Some(at(10)), None));
    assert_eq!((when, words.who.as_str(), words.reason.as_str()), (at(7), "bob", "nobody wants it"));
    let condemned = |now| {
        let rows = site.records.condemned(site.primary, at(now)).unwrap();
        rows.iter().map(|it| it.publication.0).collect::<Vec<_>>()
    };
    assert_eq!(condemned(10), [3], "nobody has seen it");
    assert_eq!((condemned(109), condemned(110)), (vec![3], vec![1, 3]));
}

fn a_removal_waits_for_a_publication_that_has_seen_it(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "amd64")]);
    site.publish(noble, &[], &[], 5);
    let earlier = site.snapshot(noble);
    ask(site, noble, &[1]);
    assert!(site.records.leaving(&earlier).unwrap().is_empty(), "a run that goes on leaves it in");
    assert_eq!(leaving(site, noble), [1]);
    assert!(leaving(site, site.updates()).is_empty());
}

fn what_leaves_may_come_back_at_any_time(site: &Site) {
    let noble = site.noble();
    let hello = [binary("hello", "1", "amd64")];
    site.add(noble, &hello);
    site.publish(noble, &[], &[], 5);
    ask(site, noble, &[1]);
    site.add(noble, &hello);
    site.add(noble, &hello);
    assert_eq!(site.live(noble).len(), 2, "added again, once");
    publish_without(site, noble, &[1], 10);
    assert_eq!(site.live(noble), ["hello 1 amd64 main published"]);
    ask(site, noble, &[2]);
    publish_without(site, noble, &[2], 20);
    site.add(noble, &hello);
    site.publish(noble, &[], &[], 30);
    assert_eq!(site.live(noble), ["hello 1 amd64 main published"]);
    assert_eq!(site.history(noble).len(), 3);
}

fn a_name_means_what_has_it_and_what_was_built_from_it(site: &Site) {
    let noble = site.noble();
    let mut built = deb("libhello", "2", "i386");
    (built.source_name, built.source_version) = ("hello".parse().unwrap(), "1".parse().unwrap());
    let stranger = binary("other", "1", "all");
    site.add(noble, &[source("hello", "1"), Release::Binary(built), stranger, binary("hello", "3", "all")]);
    site.publish(noble, &[], &[], 5);
    let named = |name: &str| {
        let found = site.records.live_named(noble, name).unwrap();
        let told = found.iter().map(|it| {
            let (source, version) = &it.source;
            let kind = if it.kind == PackageKind::Source { "source " } else { "" };
            format!("{} {kind}{} {} of {source} {version}", it.id.0, it.name, it.version)
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(
        named("hello"),
        ["1 source hello 1 of hello 1", "2 libhello 2 of hello 1", "4 hello 3 of hello 3"]
    );
    assert_eq!(named("libhello"), ["2 libhello 2 of hello 1"]);
    ask(site, noble, &[1, 4]);
    assert_eq!(named("hello"), ["2 libhello 2 of hello 1"], "what leaves is nobody's any more");
    assert_eq!(named("nothing"), [""; 0]);
    let found = site.records.live_named(noble, "libhello").unwrap().remove(0);
    assert_eq!((found.placement, found.phase, found.debug), (placement("main"), None, false));
}

fn other_suites_are_left_alone(site: &Site) {
    let (noble, updates) = (site.noble(), site.updates());
    site.add(noble, &[binary("hello", "1", "amd64")]);
    site.publish(noble, &[], &[], 5);
    assert_eq!(replace(site, updates, &[to(1, "universe", None)]), 0);
    assert_eq!(ask(site, updates, &[1]), 0);
    site.add(updates, &[binary("hello", "2", "amd64")]);
    assert_eq!(replace(site, updates, &[to(1, "universe", None)]), 0);
    assert_eq!((ask(site, updates, &[1]), leaving(site, noble)), (0, vec![]));
    assert_eq!(site.records.live_named(updates, "hello").unwrap().len(), 1);
    assert!(site.records.live_named(site.ppa(), "hello").unwrap().is_empty());
}
