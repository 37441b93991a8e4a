//! Files that other programs contribute to suites.

use debfmt::digest::Sha256;
use debpress::model::contribution::{Contribution, FileStamp};
use debpress::model::key::IndexName;
use debpress::model::suite::SuiteKey;

use super::{Site, at, contract};

contract! {
    contributed_files_are_those_that_were_recorded_last
    only_what_clients_see_changes_a_suite
}

pub(super) fn file(path: &str, bytes: &str, looks: &str) -> Contribution {
    let (index, compression) = IndexName::of_path(path).unwrap();
    Contribution {
        index,
        compression,
        sha256: Sha256::of(bytes.as_bytes()),
        size: bytes.len() as u64,
        text_sha256: Sha256::of(b"text"),
        text_size: 4,
        stamp: FileStamp(looks.to_owned()),
    }
}

fn changes(site: &Site, suite: SuiteKey) -> i64 {
    let states = site.records.suite_states().unwrap();
    states.iter().find(|state| state.key == suite).map_or(0, |state| state.changes)
}

fn contributed_files_are_those_that_were_recorded_last(site: &Site) {
    let noble = site.noble();
    let (icons, commands) =
        (file("main/dep11/icons-48x48.tar.gz", "a", "1"), file("main/cnf/Commands-amd64", "b", "1"));
    assert_eq!(site.records.contributions().unwrap(), []);
    assert!(!site.records.contribute(noble, &[], at(5)).unwrap(), "nothing in place of nothing");
    assert!(site.records.contribute(noble, &[icons.clone(), commands.clone()], at(5)).unwrap());
    let both = [(noble, vec![commands.clone(), icons])];
    assert_eq!(site.records.contributions().unwrap(), both, "by path");
    assert!(site.records.contribute(noble, std::slice::from_ref(&commands), at(6)).unwrap());
    assert_eq!(site.records.contributions().unwrap(), [(noble, vec![commands])]);
    assert!(site.records.contribute(noble, &[], at(7)).unwrap());
    assert_eq!(site.records.contributions().unwrap(), []);
}

fn only_what_clients_see_changes_a_suite(site: &Site) {
    let noble = site.noble();
    let path = "main/cnf/Commands-amd64";
    let before = changes(site, noble);
    assert!(site.records.contribute(noble, &[file(path, "a", "1")], at(5)).unwrap());
    assert_eq!(changes(site, noble), before + 1);
    assert!(!site.records.contribute(noble, &[file(path, "a", "2")], at(6)).unwrap());
    assert_eq!(
        site.records.contributions().unwrap(),
        [(noble, vec![file(path, "a", "2")])],
        "it looks otherwise"
    );
    assert_eq!(changes(site, noble), before + 1);
    assert!(site.records.contribute(noble, &[file(path, "b", "2")], at(7)).unwrap());
    assert_eq!(changes(site, noble), before + 2);
}
