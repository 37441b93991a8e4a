//! Where an upload may go, and whether a person must look at it.

use debfmt::builder::{BuiltFile, BuiltSource, ChangesBuilder, DebBuilder, SourceBuilder};
use debfmt::dsc::SourceFormat;
use debpress::model::permission::{Permission, Power, Scope};
use debpress::model::queue::QueueStatus;
use debpress::model::suite::{Pocket, SeriesStatus};

use debpress::ports::db::CustomChange;

use super::on_both;
use super::world::{Person, TODAY, World, deb, source};

/// A signed upload of `hello` into a suite.
fn to(world: &World, suite: &str, version: &str) -> Vec<BuiltFile> {
    let deb = deb("hello", version);
    let changes = ChangesBuilder::new("hello", version, suite).file(&deb).build();
    vec![world.alice.signed(&changes), deb]
}

/// The codes with which an upload is refused; empty when it is taken.
fn codes(world: &World, files: &[BuiltFile]) -> Vec<&'static str> {
    world.send("up", files);
    let report = world.run();
    assert_eq!(report.failed, []);
    report.rejected.iter().flat_map(|upload| upload.reasons.iter().map(|reason| reason.code)).collect()
}

fn grant(world: &World, person: &str, scope: Scope) {
    let permission = Permission { person: person.into(), power: Power::Upload, scope };
    assert!(world.records.grant(&permission, "root", TODAY).unwrap());
}

#[test]
fn a_released_series_takes_updates_and_no_more() {
    on_both(|world| {
        assert_eq!(
            codes(world, &to(world, "noble-updates", "1.0")),
            ["suite.closed"],
            "nothing to update yet"
        );
        world.set_status(SeriesStatus::Current);
        assert_eq!(codes(world, &to(world, "noble", "1.1")), ["suite.closed"]);
        assert_eq!(codes(world, &to(world, "noble-updates", "1.1")), [""; 0]);
        world.set_status(SeriesStatus::Obsolete);
        assert_eq!(codes(world, &to(world, "noble-updates", "1.2")), ["suite.obsolete"]);
        world.change_archive(|archive| archive.obsolete_uploads = true);
        assert_eq!(codes(world, &to(world, "noble-updates", "1.3")), ["suite.closed"]);
    });
}

#[test]
fn a_disabled_archive_takes_nothing() {
    on_both(|world| {
        world.change_archive(|archive| archive.enabled = false);
        assert_eq!(codes(world, &to(world, "noble", "1.0")), ["archive.disabled"]);
    });
}

#[test]
fn what_is_known_is_accepted_at_once_where_work_goes_on_and_waits_where_it_does_not() {
    on_both(|world| {
        let status = |suite: &str, version: &str| {
            world.send("up", &to(world, suite, version));
            world.run().accepted[0].status.unwrap()
        };
        assert_eq!(status("noble", "1.0"), QueueStatus::New);
        let lone = world.records.queue_items(&debpress::ports::db::QueueFilter::default()).unwrap()[0].id;
        debpress::queue::accept(
            world.records.as_ref(),
            lone,
            &debpress::queue::Choice {
                who: "root".into(),
                at: TODAY,
                comment: String::new(),
                audience: None,
            },
        )
        .unwrap();
        world.records.realise(lone, &CustomChange::default(), "test", TODAY).unwrap();
        assert_eq!(status("noble", "1.1"), QueueStatus::Accepted);
        world.set_status(SeriesStatus::Frozen);
        assert_eq!(status("noble", "1.2"), QueueStatus::Unapproved);
        world.set_status(SeriesStatus::Current);
        assert_eq!(status("noble-updates", "1.3"), QueueStatus::Unapproved);
    });
}

#[test]
fn where_a_distribution_tests_first_a_release_upload_goes_to_proposed() {
    on_both(|world| {
        world.change_distribution(|distribution| distribution.redirect_uploads = true);
        world.send("up", &to(world, "noble", "1.0"));
        let item = world.run().accepted[0].item;
        let detail = world.records.queue_detail(item).unwrap().unwrap();
        assert_eq!(detail.item.suite.pocket, Pocket::Proposed);
    });
}

#[test]
fn a_series_can_take_fewer_source_formats() {
    on_both(|world| {
        world.change_distribution(|it| it.series[0].source_formats = vec![SourceFormat::V1]);
        assert_eq!(codes(world, &source(&world.alice, "tool", "1.0")), ["source.format-not-permitted"]);
        world.change_distribution(|it| it.series[0].source_formats = vec![SourceFormat::V3Native]);
        assert_eq!(codes(world, &source(&world.alice, "tool", "1.1")), [""; 0]);
    });
}

#[test]
fn the_security_pocket_needs_a_right_for_it_by_name() {
    on_both(|world| {
        world.set_status(SeriesStatus::Current);
        assert_eq!(codes(world, &to(world, "noble-security", "1.0")), ["permission.security"]);
        grant(world, "alice", Scope { pocket: Some(Pocket::Security), ..Scope::default() });
        assert_eq!(codes(world, &to(world, "noble-security", "1.1")), [""; 0]);
    });
}

#[test]
fn a_right_for_security_updates_of_one_component_is_none_for_another() {
    on_both(|world| {
        world.send("up", &to(world, "noble", "1.0"));
        let first = world.run().accepted.remove(0);
        world.publish(first.item, first.status);
        world.set_status(SeriesStatus::Current);
        let security = |component: &str| Scope {
            pocket: Some(Pocket::Security),
            component: Some(component.parse().unwrap()),
            ..Scope::default()
        };
        grant(world, "alice", security("universe"));
        assert_eq!(codes(world, &to(world, "noble-security", "1.1")), ["permission.security"]);
        grant(world, "alice", security("main"));
        assert_eq!(codes(world, &to(world, "noble-security", "1.2")), [""; 0]);
    });
}

#[test]
fn what_nobody_granted_is_denied() {
    on_both(|world| {
        let everything = Permission { person: "alice".into(), power: Power::Upload, scope: Scope::default() };
        assert!(world.records.revoke(&everything).unwrap());
        assert_eq!(codes(world, &to(world, "noble", "1.0")), ["permission.none"]);
        let noble = world.records.distributions().unwrap()[0].series[0].id;
        grant(world, "core", Scope { series: Some(noble), ..Scope::default() });
        world.records.set_team("core", &["alice".to_owned()].into()).unwrap();
        assert_eq!(codes(world, &to(world, "noble", "1.1")), [""; 0], "through a team");
    });
}

#[test]
fn an_explicit_package_set_keeps_others_out() {
    on_both(|world| {
        let everything = Permission { person: "alice".into(), power: Power::Upload, scope: Scope::default() };
        world.records.revoke(&everything).unwrap();
        let series = world.records.distributions().unwrap()[0].series[0].id;
        let set = |name: &str, packages: &[&str], includes: &[&str]| {
            let set = debpress::model::permission::PackageSet {
                series,
                name: name.into(),
                packages: packages.iter().map(|name| name.parse().unwrap()).collect(),
                includes: includes.iter().map(|name| (*name).to_owned()).collect(),
            };
            world.records.set_package_set(&set).unwrap();
        };
        set("kernel", &["hello"], &[]);
        set("core", &[], &["kernel"]);
        let of_set =
            |set: &str, explicit| Scope { package_set: Some(set.into()), explicit, ..Scope::default() };
        grant(world, "alice", of_set("core", false));
        assert_eq!(codes(world, &to(world, "noble", "1.0")), [""; 0]);
        grant(world, "bob", of_set("kernel", true));
        assert_eq!(codes(world, &to(world, "noble", "1.1")), ["permission.package-set"]);
    });
}

#[test]
fn an_archive_has_room_for_so_much_source() {
    on_both(|world| {
        world.change_archive(|archive| archive.size_limit = Some(100));
        assert_eq!(codes(world, &source(&world.alice, "tool", "1.0")), ["archive.full"]);
        assert_eq!(codes(world, &to(world, "noble", "1.0")), [""; 0], "binaries never fail for that");
        world.change_archive(|archive| archive.size_limit = Some(1 << 20));
        assert_eq!(codes(world, &source(&world.alice, "tool", "1.1")), [""; 0]);
    });
}

#[test]
fn a_version_of_a_source_is_taken_once_and_a_package_twice_for_nothing() {
    on_both(|world| {
        let publish = |files: &[BuiltFile]| {
            world.send("up", files);
            let item = world.run().accepted[0].item;
            let choice = debpress::queue::Choice {
                who: "root".into(),
                at: TODAY,
                comment: String::new(),
                audience: None,
            };
            debpress::queue::accept(world.records.as_ref(), item, &choice).unwrap();
            world.records.realise(item, &CustomChange::default(), "test", TODAY).unwrap();
        };
        publish(&to(world, "noble", "1.0"));
        let again =
            DebBuilder::new("hello", "1.0", "amd64").section("utils").file("usr/bin/tool", "hello").build();
        let text = ChangesBuilder::new("hello", "1.0", "noble").field("Urgency", "high").file(&again).build();
        assert_eq!(codes(world, &[world.alice.signed(&text), again]), ["upload.nothing-new"]);

        let tool = source(&world.alice, "tool", "1.0");
        publish(&tool);
        let again = with_another_changes(&world.alice, tool);
        assert_eq!(codes(world, &again), ["version.taken", "upload.nothing-new"]);
        world.change_distribution(|it| it.series[0].status = SeriesStatus::Current);
        assert_eq!(
            codes(world, &to(world, "noble-updates", "0.9")),
            ["version.not-newer"],
            "than the release"
        );
    });
}

/// The files of an upload of `tool` once more, with a .changes that says something else.
fn with_another_changes(person: &Person, mut files: Vec<BuiltFile>) -> Vec<BuiltFile> {
    let parts = files.split_off(2);
    let (section, priority) = ("misc".into(), "optional".into());
    let built = BuiltSource { dsc: files.remove(1), files: parts, section, priority };
    let changes =
        ChangesBuilder::new("tool", "1.0", "noble").field("Urgency", "high").source_files(&built).build();
    [vec![person.signed(&changes), built.dsc], built.files].concat()
}

#[test]
fn partner_and_copies_take_uploads_when_the_series_is_released() {
    on_both(|world| {
        world.set_status(SeriesStatus::Current);
        for archive in ["debian/partner", "debian/rebuild"] {
            world.add_archive(archive);
            assert_eq!(refused_there(world, archive), [""; 0], "{archive}");
        }
        assert_eq!(
            codes(world, &to(world, "noble", "1.0")),
            ["suite.closed"],
            "the primary archive does not"
        );
    });
}

#[test]
fn a_personal_archive_has_one_component_whatever_its_maker_writes() {
    on_both(|world| {
        world.add_archive("~ann/debian/tools");
        let deb = DebBuilder::new("hello", "1.0", "amd64").section("extra/games").build();
        let text = ChangesBuilder::new("hello", "1.0", "noble").file(&deb).build();
        for file in [world.alice.signed(&text), deb] {
            world.put(&format!("incoming/~ann/debian/tools/{}", file.name), &file.bytes);
        }
        let report = world.run_on(world.incoming().as_ref(), super::world::AT_ONCE);
        assert_eq!((report.accepted.len(), &report.rejected), (1, &vec![]), "{report:?}");
        let detail = world.records.queue_detail(report.accepted[0].item).unwrap().unwrap();
        let package = &detail.packages[0];
        assert_eq!((package.component.as_str(), package.section.as_str()), ("main", "games"));
        assert!(detail.changes_text.contains("extra/games"), "what was sent is kept as it was sent");
    });
}

#[test]
fn a_new_binary_goes_where_its_source_is() {
    on_both(|world| {
        let mut built =
            SourceBuilder::new("tool", "1.0").section("extra/utils").binary("tool", "any").build();
        built.dsc = world.alice.signed(&built.dsc);
        let mut text = ChangesBuilder::new("tool", "1.0", "noble").architecture("source");
        for file in std::iter::once(&built.dsc).chain(&built.files) {
            text = text.file_in(file, "extra/utils", "optional");
        }
        world.send("source", &[vec![world.alice.signed(&text.build()), built.dsc], built.files].concat());
        let filed = world.run().accepted.remove(0);
        world.publish(filed.item, filed.status);
        let deb = deb("tool", "1.0");
        let text = ChangesBuilder::new("tool", "1.0", "noble").file(&deb).build();
        world.send("binary", &[world.alice.signed(&text), deb]);
        let filed = world.run().accepted.remove(0);
        let detail = world.records.queue_detail(filed.item).unwrap().unwrap();
        let package = &detail.packages[0];
        assert_eq!((package.component.as_str(), package.section.as_str()), ("extra", "utils"));
    });
}

/// The codes with which an upload of a new version is refused that was put where an archive takes it.
fn refused_there(world: &World, archive: &str) -> Vec<&'static str> {
    for file in to(world, "noble", "1.0") {
        world.put(&format!("incoming/{archive}/{}", file.name), &file.bytes);
    }
    let report = world.run_on(world.incoming().as_ref(), super::world::AT_ONCE);
    assert_eq!(report.failed, []);
    report.rejected.iter().flat_map(|upload| upload.reasons.iter().map(|reason| reason.code)).collect()
}
