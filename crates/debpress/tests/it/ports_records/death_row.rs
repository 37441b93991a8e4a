//! What may leave the pool, and the record that it has left.

use debpress::model::package::{Release, SourceRelease};
use debpress::model::publication::PublicationId;
use debpress::model::suite::SuiteKey;
use debpress::ports::db::NewPublication;

use super::{Site, at, binary, collect, contract, deb, file, paths, placement, publication, source};

contract! {
    nothing_is_condemned_before_its_stay_is_over
    what_was_never_seen_has_no_stay
    what_was_removed_is_removed_once
    only_what_is_over_can_be_recorded_as_removed
    another_suite_needs_the_same_file
    what_waits_for_its_publication_needs_its_files
    another_component_is_another_path
    sources_share_files
    a_file_that_a_source_and_a_binary_have_is_needed_by_both
    archives_do_not_look_at_each_other
    a_source_is_held_by_what_was_built_from_it
    a_source_is_held_by_what_was_built_using_it
    a_source_that_another_publication_keeps_is_not_held
}

/// The removable publications of the primary archive: number, `held`, and its files, needed ones in brackets.
fn condemned(site: &Site, now: i64) -> Vec<String> {
    let rows = site.records.condemned(site.primary, at(now)).unwrap();
    let told = rows.iter().map(|row| {
        let mut words = vec![row.publication.0.to_string()];
        words.extend(row.held.then(|| "held".to_owned()));
        for file in &row.files {
            assert_eq!(file.entry.publication, row.publication);
            let path = format!("{}/{}/{}", file.entry.component, file.entry.source, file.entry.file);
            words.push(if file.needed { format!("({path})") } else { path });
        }
        words.join(" ")
    });
    told.collect()
}

fn remove(site: &Site, publications: &[i64], now: i64) -> usize {
    let publications: Vec<_> = publications.iter().copied().map(PublicationId).collect();
    site.records.record_removed(&publications, at(now)).unwrap()
}

/// Publishes these releases, after which `loser` gives way to `winner`.
fn replace(site: &Site, suite: SuiteKey, releases: &[Release], pair: (i64, i64), when: i64) {
    site.add(suite, releases);
    site.publish(suite, &[pair], &[], when);
}

fn nothing_is_condemned_before_its_stay_is_over(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all"), source("hello", "1"), binary("world", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    assert_eq!(condemned(site, 1000), [""; 0], "what is live stays");
    site.add(noble, &[binary("hello", "2", "all"), source("hello", "2")]);
    site.publish(noble, &[(1, 4), (2, 5)], &[], 10);
    assert_eq!(condemned(site, 109), [""; 0]);
    let over = ["1 main/hello/hello_1_all.deb", "2 main/hello/hello_1.tar.xz main/hello/hello_1.dsc"];
    assert_eq!(condemned(site, 110), over, "by number, files in the order of the package");
    let rows = site.records.condemned(site.primary, at(110)).unwrap();
    let (name, entry) = ("hello_1_all.deb", &rows[0].files[0].entry);
    assert_eq!((entry.sha256, entry.size), (file(name, name).checksums.sha256, name.len() as u64));
}

fn what_was_never_seen_has_no_stay(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all"), binary("hello", "2", "all")]);
    let mut switch = site.switch(noble, &[(1, 2)], &[], 5);
    switch.suites[0].publish = vec![PublicationId(2)];
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
    assert_eq!(condemned(site, 4), [""; 0]);
    assert_eq!(condemned(site, 5), ["1 main/hello/hello_1_all.deb"], "at once: nobody saw it");
    let entries = collect(|visit| site.records.pool_entries(site.primary, visit));
    assert_eq!(paths(&entries), ["main/hello/hello_2_all.deb"], "but others may have left it there");
    let name = "hello_2_all.deb";
    let size = site.records.archive_size(site.primary).unwrap();
    assert_eq!(size, name.len() as u64, "nor does it count");
    // It keeps nothing of those who were seen with the same file.
    site.add(site.updates(), &[binary("hello", "1", "all")]);
    site.publish(site.updates(), &[], &[], 6);
    replace(site, site.updates(), &[binary("hello", "3", "all")], (3, 4), 7);
    let both = ["1 main/hello/hello_1_all.deb", "3 main/hello/hello_1_all.deb"];
    assert_eq!(condemned(site, 106), ["1 (main/hello/hello_1_all.deb)"]);
    assert_eq!(condemned(site, 107), both);
    assert_eq!((remove(site, &[1], 107), condemned(site, 107)), (1, vec![both[1].to_owned()]));
}

fn what_was_removed_is_removed_once(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[binary("hello", "2", "all")], (1, 2), 10);
    let (before, history) = (site.records.archive_size(site.primary).unwrap(), site.history(noble));
    assert_eq!((remove(site, &[1], 110), remove(site, &[1], 111)), (1, 0));
    assert_eq!(condemned(site, 1000), [""; 0]);
    let entries = collect(|visit| site.records.pool_entries(site.primary, visit));
    assert_eq!(paths(&entries), ["main/hello/hello_2_all.deb"]);
    assert_eq!(site.records.archive_size(site.primary).unwrap(), before / 2);
    assert_eq!(site.history(noble), history, "what is shown of it does not change");
    // It comes back as a new publication, which needs its file.
    site.add(noble, &[binary("hello", "1", "all")]);
    let files = collect(|visit| site.records.pending_files(&site.snapshot(noble), visit));
    assert_eq!(paths(&files), ["main/hello/hello_1_all.deb"]);
}

fn only_what_is_over_can_be_recorded_as_removed(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[binary("hello", "2", "all")], (1, 2), 10);
    site.add(noble, &[binary("hello", "3", "all")]);
    assert_eq!(remove(site, &[1, 2, 3, 99], 109), 0);
    assert_eq!(collect(|visit| site.records.pool_entries(site.primary, visit)).len(), 2);
    assert_eq!(remove(site, &[3, 2, 1, 1], 110), 1);
    assert_eq!(remove(site, &[], 110), 0);
}

fn another_suite_needs_the_same_file(site: &Site) {
    let (noble, updates) = (site.noble(), site.updates());
    site.add(noble, &[binary("hello", "1", "all"), source("hello", "1")]);
    site.add(updates, &[binary("hello", "1", "all"), source("hello", "1")]);
    site.publish(noble, &[], &[], 5);
    site.publish(updates, &[], &[], 5);
    site.add(noble, &[binary("hello", "2", "all"), source("hello", "2")]);
    site.publish(noble, &[(1, 5), (2, 6)], &[], 10);
    let shared = ["1 (main/hello/hello_1_all.deb)", "2 (main/hello/hello_1.tar.xz) (main/hello/hello_1.dsc)"];
    assert_eq!(condemned(site, 110), shared);
    site.add(updates, &[binary("hello", "2", "all"), source("hello", "2")]);
    site.publish(updates, &[(3, 7), (4, 8)], &[], 20);
    assert_eq!(condemned(site, 119), shared, "superseded there, too, and not over yet");
    let all = condemned(site, 120);
    assert_eq!((all.len(), all.concat().contains('(')), (4, false), "{all:?}");
    assert_eq!(remove(site, &[1, 2], 120), 2);
    assert_eq!(condemned(site, 120), all[2..]);
}

fn what_waits_for_its_publication_needs_its_files(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[binary("hello", "2", "all")], (1, 2), 10);
    site.add(site.stable(), &[binary("hello", "1", "all")]);
    assert_eq!(condemned(site, 110), ["1 (main/hello/hello_1_all.deb)"]);
}

fn another_component_is_another_path(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[binary("hello", "1", "all"), source("world", "1")]);
    site.publish(noble, &[], &[], 5);
    let moved = [binary("hello", "1", "all"), source("world", "1")].map(|it| publication(&it, "universe"));
    site.records.import(noble, &moved, at(6)).unwrap();
    site.publish(noble, &[(1, 3), (2, 4)], &[], 10);
    let old = ["1 main/hello/hello_1_all.deb", "2 main/world/world_1.tar.xz main/world/world_1.dsc"];
    assert_eq!(condemned(site, 110), old);
}

/// A source with the upstream tarball of its version.
fn revision(version: &str) -> Release {
    let Release::Source(made) = source("hello", version) else { unreachable!() };
    let orig = file("hello_1.orig.tar.xz", "upstream");
    let files = made.files.iter().cloned().chain([orig]).collect();
    Release::Source(SourceRelease { files, ..made })
}

fn sources_share_files(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[revision("1-1")]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[revision("1-2")], (1, 2), 10);
    let first = "1 main/hello/hello_1-1.tar.xz main/hello/hello_1-1.dsc (main/hello/hello_1.orig.tar.xz)";
    assert_eq!(condemned(site, 110), [first]);
    replace(site, noble, &[source("hello", "2")], (2, 3), 20);
    assert_eq!(condemned(site, 119), [first]);
    let both = condemned(site, 120);
    assert_eq!(both.len(), 2);
    assert!(both.iter().all(|it| it.ends_with(" main/hello/hello_1.orig.tar.xz")), "{both:?}");
}

fn a_file_that_a_source_and_a_binary_have_is_needed_by_both(site: &Site) {
    let (noble, updates) = (site.noble(), site.updates());
    let Release::Source(made) = source("hello", "1") else { unreachable!() };
    let files = vec![made.files[1].clone(), file("hello_1_all.deb", "hello_1_all.deb")];
    let odd = Release::Source(SourceRelease { files, ..made });
    site.add(noble, &[odd.clone(), binary("hello", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[source("hello", "2")], (1, 3), 10);
    assert_eq!(condemned(site, 110), ["1 held main/hello/hello_1.dsc (main/hello/hello_1_all.deb)"]);
    // And the other way round.
    site.add(updates, &[odd]);
    site.publish(updates, &[], &[], 10);
    replace(site, noble, &[binary("hello", "2", "all")], (2, 5), 20);
    assert_eq!(condemned(site, 120)[1..], ["2 (main/hello/hello_1_all.deb)"]);
}

fn archives_do_not_look_at_each_other(site: &Site) {
    for suite in [site.noble(), site.ppa()] {
        site.add(suite, &[binary("hello", "1", "all"), source("hello", "1")]);
        site.publish(suite, &[], &[], 5);
    }
    site.add(site.noble(), &[binary("hello", "2", "all"), source("hello", "2")]);
    site.publish(site.noble(), &[(1, 5), (2, 6)], &[], 10);
    let over = condemned(site, 110);
    assert_eq!((over.len(), over.concat().contains('(') || over.concat().contains("held")), (2, false));
    assert_eq!(site.records.condemned(site.ppa, at(110)).unwrap(), []);
}

fn a_source_is_held_by_what_was_built_from_it(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[source("hello", "1"), binary("hello", "1", "i386")]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[source("hello", "2")], (1, 3), 10);
    let held = "1 held main/hello/hello_1.tar.xz main/hello/hello_1.dsc";
    assert_eq!(condemned(site, 110), [held], "by a binary of one architecture");
    replace(site, noble, &[binary("hello", "2", "i386")], (2, 4), 20);
    assert_eq!(condemned(site, 119), [held], "by one whose stay is not over");
    let both = [&held.replace("held ", ""), "2 main/hello/hello_1_i386.deb"];
    assert_eq!(condemned(site, 120), both);
    // In another suite, even before it is published, and only of that version.
    site.add(site.stable(), &[binary("hello", "1", "amd64")]);
    assert_eq!(condemned(site, 120), [held, both[1]]);
}

fn a_source_is_held_by_what_was_built_using_it(site: &Site) {
    let noble = site.noble();
    let using = |version: &str, field: &str| {
        let mut made = deb("tool", version, "amd64");
        made.stanza.push_str(field);
        Release::Binary(made)
    };
    let first = using("1", "Built-Using: other (= 3),\n hello (= 1), hello (= 1)\n");
    site.add(noble, &[source("hello", "1"), first]);
    site.publish(noble, &[], &[], 5);
    replace(site, noble, &[source("hello", "2")], (1, 3), 10);
    let held = "1 held main/hello/hello_1.tar.xz main/hello/hello_1.dsc";
    assert_eq!(condemned(site, 110), [held]);
    replace(site, noble, &[using("2", "Built-Using: hello (>= 1), hello (= 2)\n")], (2, 4), 20);
    assert_eq!(condemned(site, 119), [held]);
    assert_eq!(condemned(site, 120)[0], held.replace("held ", ""));
}

fn a_source_that_another_publication_keeps_is_not_held(site: &Site) {
    let noble = site.noble();
    site.add(noble, &[source("hello", "1"), binary("hello", "1", "all")]);
    site.publish(noble, &[], &[], 5);
    let moved = NewPublication { release: source("hello", "1"), placement: placement("universe") };
    site.records.import(noble, std::slice::from_ref(&moved), at(6)).unwrap();
    site.publish(noble, &[(1, 3)], &[], 10);
    let old = "1 main/hello/hello_1.tar.xz main/hello/hello_1.dsc";
    assert_eq!(condemned(site, 110), [old]);
    replace(site, noble, &[source("hello", "2")], (3, 4), 20);
    assert_eq!(condemned(site, 119), [old], "the other one is in the pool yet");
    let both = condemned(site, 120);
    assert!(both[0].starts_with("1 held main/") && both[1].starts_with("3 held universe/"), "{both:?}");
    // One that waits is not in the pool yet.
    site.add(site.stable(), &[source("hello", "1")]);
    assert!(condemned(site, 120)[0].starts_with("1 held (main/"), "{both:?}");
}
