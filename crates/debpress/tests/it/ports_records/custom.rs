//! Custom files: of queue items, and of suites.

use debfmt::digest::Sha256;
use debpress::adapters::sqlite::SqliteRecords;
use debpress::model::custom::{
    CustomContent, CustomFile, CustomId, CustomPublication, CustomType, LinkTarget, NewCustomPublication,
    QueuedCustom,
};
use debpress::model::queue::{NewQueueItem, QueueId, QueueStatus};
use debpress::model::suite::SuiteKey;
use debpress::ports::db::{CustomChange, QueueFilter, RecordsError};

use super::queue::upload;
use super::sqlite::{database, meddle};
use super::{Site, at, contract, file, source};

contract! {
    a_queue_item_keeps_its_custom_files
    custom_files_are_placed_with_their_item
    a_custom_version_is_placed_once
    custom_files_become_visible_and_go_with_a_publication
    what_was_never_visible_goes_at_once
    custom_files_take_room_while_they_wait_or_are_shown
    custom_files_are_copied_into_another_suite
}

const DIRECTORY: &str = "main/installer-amd64";

pub(super) fn installer(version: &str) -> NewCustomPublication {
    let content = CustomContent::File { sha256: Sha256::of(version.as_bytes()), size: version.len() as u64 };
    let link = "latest".parse().unwrap();
    let target = LinkTarget::parse("boot/image", &link).unwrap();
    NewCustomPublication {
        kind: CustomType::DebianInstaller,
        directory: DIRECTORY.parse().unwrap(),
        version: Some(version.parse().unwrap()),
        files: vec![
            CustomFile { path: "boot/image".parse().unwrap(), content },
            CustomFile { path: link, content: CustomContent::Link(target) },
        ],
    }
}

/// An accepted item that is about this version.
fn accepted(site: &Site, suite: SuiteKey, version: &str) -> QueueId {
    let item = upload(suite, QueueStatus::Accepted, &[source("installer", version)]);
    let changes_sha256 = format!("{suite:?} {version}");
    let mut item = NewQueueItem { releases: Vec::new(), changes_sha256, ..item };
    let name = format!("images_{version}_amd64.tar.gz");
    item.custom = vec![QueuedCustom { kind: CustomType::DebianInstaller, file: file(&name, version) }];
    site.records.enter_queue(&item).unwrap()
}

fn place(site: &Site, suite: SuiteKey, version: &str, supersede: &[i64]) -> Result<usize, RecordsError> {
    let supersede = supersede.iter().map(|id| CustomId(*id)).collect();
    let change = CustomChange { place: vec![installer(version)], supersede };
    site.records.realise(accepted(site, suite, version), &change, "x", at(30))
}

fn shown(site: &Site, suite: SuiteKey) -> Vec<String> {
    let line = |it: CustomPublication| {
        let superseded = if it.superseded { " superseded" } else { "" };
        let published = it.published.map_or(String::new(), |at| format!(" since {}", at.0));
        let version = it.version.map_or(String::new(), |version| version.to_string());
        format!("{} {} {}/{version}{superseded}{published}", it.id.0, it.kind, it.directory)
    };
    site.records.custom_publications(suite).unwrap().into_iter().map(line).collect()
}

/// Every object that something needs.
fn needed(site: &Site) -> Vec<(Sha256, u64)> {
    let mut needed = Vec::new();
    let mut visit = |sha256, size| {
        needed.push((sha256, size));
        true
    };
    site.records.needed_objects(&mut visit).unwrap();
    needed
}

/// Publishes with custom files that enter and leave.
fn publish(site: &Site, suite: SuiteKey, enter: &[i64], leave: &[i64], when: i64) {
    let mut switch = site.switch(suite, &[], &[], when);
    switch.suites[0].custom_enter = enter.iter().map(|id| CustomId(*id)).collect();
    switch.suites[0].custom_leave = leave.iter().map(|id| CustomId(*id)).collect();
    site.records.begin_switch(&switch).unwrap();
    site.records.finish_switch(&switch, switch.at).unwrap();
}

fn a_queue_item_keeps_its_custom_files(site: &Site) {
    let id = accepted(site, site.noble(), "20230607");
    let detail = site.records.queue_detail(id).unwrap().unwrap();
    let image = file("images_20230607_amd64.tar.gz", "20230607");
    assert_eq!(detail.custom, [QueuedCustom { kind: CustomType::DebianInstaller, file: image.clone() }]);
    assert_eq!(needed(site), [(image.checksums.sha256, 8)]);
}

fn custom_files_are_placed_with_their_item(site: &Site) {
    let noble = site.noble();
    assert_eq!(site.records.custom_publications(noble).unwrap(), []);
    assert_eq!(place(site, noble, "1", &[]).unwrap(), 0, "no package is published");
    let placed = site.records.custom_publications(noble).unwrap();
    assert_eq!(placed[0].files, installer("1").files);
    assert_eq!(placed[0].source.as_str(), "installer");
    assert_eq!((placed[0].superseded, placed[0].published), (false, None));
    assert_eq!(site.changes(noble), (1, 0, false), "the suite is dirty");
    assert_eq!(site.records.custom_publications(site.ppa()).unwrap(), []);
    assert!(needed(site).contains(&(Sha256::of(b"1"), 1)));

    let unversioned = NewCustomPublication { version: None, ..installer("9") };
    let change = CustomChange { place: vec![unversioned.clone()], supersede: Vec::new() };
    site.records.realise(accepted(site, noble, "9"), &change, "x", at(31)).unwrap();
    assert_eq!(shown(site, noble)[1], format!("2 debian-installer {DIRECTORY}/"));
}

fn a_custom_version_is_placed_once(site: &Site) {
    let noble = site.noble();
    place(site, noble, "1.0", &[]).unwrap();
    let again = upload(noble, QueueStatus::Accepted, &[source("other", "7")]);
    let again = site.records.enter_queue(&again).unwrap();
    let change = CustomChange { place: vec![installer("2"), installer("1.0")], supersede: Vec::new() };
    let error = site.records.realise(again, &change, "x", at(31)).unwrap_err();
    assert!(
        matches!(&error, RecordsError::Exists { name, .. } if name == "main/installer-amd64/1.0"),
        "{error:?}"
    );
    assert_eq!(shown(site, noble).len(), 1, "all or nothing");
    let waiting = QueueFilter { statuses: vec![QueueStatus::Accepted], ..QueueFilter::default() };
    assert_eq!(site.records.queue_items(&waiting).unwrap()[0].id, again);
    // Another suite, or another text of an equal version, is another directory.
    place(site, site.updates(), "1.0", &[]).unwrap();
    place(site, noble, "1.00", &[]).unwrap();
    // One that stands in for it takes its place.
    let item = accepted(site, noble, "8");
    let change = CustomChange { place: vec![installer("1.0")], supersede: vec![CustomId(1)] };
    site.records.realise(item, &change, "x", at(32)).unwrap();
    assert_eq!(shown(site, noble).len(), 2);
}

fn custom_files_become_visible_and_go_with_a_publication(site: &Site) {
    let noble = site.noble();
    place(site, noble, "1", &[]).unwrap();
    publish(site, noble, &[1], &[], 40);
    assert_eq!(shown(site, noble), [format!("1 debian-installer {DIRECTORY}/1 since 40")]);
    assert_eq!(site.changes(noble), (1, 1, true));
    place(site, noble, "2", &[1]).unwrap();
    let both = [
        format!("1 debian-installer {DIRECTORY}/1 superseded since 40"),
        format!("2 debian-installer {DIRECTORY}/2"),
    ];
    assert_eq!(shown(site, noble), both, "the old one is visible until the suite is published");
    publish(site, noble, &[2], &[1], 50);
    assert_eq!(shown(site, noble), [format!("2 debian-installer {DIRECTORY}/2 since 50")]);
    publish(site, noble, &[2], &[1], 60);
    assert_eq!(shown(site, noble), [format!("2 debian-installer {DIRECTORY}/2 since 50")], "as it was");
}

fn what_was_never_visible_goes_at_once(site: &Site) {
    let noble = site.noble();
    place(site, noble, "1", &[]).unwrap();
    place(site, noble, "2", &[1]).unwrap();
    assert_eq!(shown(site, noble), [format!("2 debian-installer {DIRECTORY}/2")]);
    // Unless a publication that was interrupted is making it visible.
    publish(site, noble, &[1], &[], 40);
    let both = [
        format!("1 debian-installer {DIRECTORY}/1 superseded since 40"),
        format!("2 debian-installer {DIRECTORY}/2"),
    ];
    assert_eq!(shown(site, noble), both);
}

fn custom_files_take_room_while_they_wait_or_are_shown(site: &Site) {
    let noble = site.noble();
    let size = || site.records.archive_size(site.primary).unwrap();
    let item = accepted(site, noble, "12");
    assert_eq!(size(), 2, "the file that waits");
    let change = CustomChange { place: vec![installer("123")], supersede: Vec::new() };
    site.records.realise(item, &change, "x", at(30)).unwrap();
    assert_eq!(
        (size(), site.records.archive_size(site.ppa).unwrap()),
        (3, 0),
        "what it holds; a link is nothing"
    );
    publish(site, noble, &[1], &[], 40);
    place(site, noble, "1234", &[1]).unwrap();
    assert_eq!(size(), 3 + 4, "both, until the suite is published");
    publish(site, noble, &[2], &[1], 50);
    assert_eq!(size(), 4);
}

fn custom_files_are_copied_into_another_suite(site: &Site) {
    let (noble, updates) = (site.noble(), site.updates());
    place(site, noble, "1", &[]).unwrap();
    place(site, noble, "2", &[]).unwrap();
    publish(site, noble, &[1, 2], &[], 40);
    site.records.copy_custom(updates, &[CustomId(1), CustomId(2)], at(50)).unwrap();
    let copies = [format!("3 debian-installer {DIRECTORY}/1"), format!("4 debian-installer {DIRECTORY}/2")];
    assert_eq!(shown(site, updates), copies, "they are not visible yet");
    assert_eq!(site.changes(updates), (1, 0, false));
    let files = |suite| site.records.custom_publications(suite).unwrap()[0].files.clone();
    assert_eq!(files(updates), files(noble));
    let error = site.records.copy_custom(updates, &[CustomId(1)], at(51)).unwrap_err();
    assert!(
        matches!(&error, RecordsError::Exists { name, .. } if name == "main/installer-amd64/1"),
        "{error:?}"
    );
    site.records.copy_custom(updates, &[], at(52)).unwrap();
    assert_eq!(site.changes(updates), (1, 0, false));
}

#[test]
fn a_path_that_leaves_its_place_is_not_believed() {
    let cases = [
        (
            "UPDATE custom_file SET path = '../boot/image' WHERE path = 'boot/image'",
            "a path of a custom file",
        ),
        ("UPDATE custom_file SET path = '/etc/passwd' WHERE path = 'latest'", "a path of a custom file"),
        ("UPDATE custom_file SET target = '../../..' WHERE path = 'latest'", "the target of a link"),
        ("UPDATE custom_publication SET directory = '../etc'", "a directory of custom uploads"),
        ("UPDATE custom_publication SET directory = 'main/binary-amd64'", "a directory of custom uploads"),
        ("UPDATE custom_publication SET version = '../1'", "a version"),
        ("UPDATE custom_publication SET type = 'kernel'", "a type of custom uploads"),
    ];
    for (damage, what) in cases {
        let (_directory, path) = database();
        let site = Site::new(Box::new(SqliteRecords::create(&path).unwrap()));
        place(&site, site.noble(), "1", &[]).unwrap();
        meddle(&path, damage);
        let error = site.records.custom_publications(site.noble()).unwrap_err();
        assert!(matches!(&error, RecordsError::Corrupt { what: w, .. } if *w == what), "{damage}: {error:?}");
    }
}
