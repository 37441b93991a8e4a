//! Who may do what.

use std::collections::BTreeSet;

use debpress::model::archive::ArchiveId;
use debpress::model::permission::{PackageSet, Permission, Power, Scope};
use debpress::model::suite::{Pocket, SeriesId};

use super::{Site, at, component, contract};

contract! {
    a_permission_is_recorded_with_all_its_bounds
    a_permission_is_recorded_once_and_taken_back
    a_permission_needs_what_it_names
    a_team_has_the_members_it_was_given_last
    a_package_set_is_replaced_whole
}

fn permission(person: &str, scope: Scope) -> Permission {
    Permission { person: person.into(), power: Power::Upload, scope }
}

fn a_permission_is_recorded_with_all_its_bounds(site: &Site) {
    let all = Scope {
        archive: Some(site.primary),
        series: Some(site.noble().series),
        pocket: Some(Pocket::Security),
        component: Some(component("main")),
        package: Some("hello".parse().unwrap()),
        package_set: Some("core".into()),
        explicit: true,
    };
    let whole = permission("ann", all);
    assert!(site.records.grant(&whole, "root", at(1)).unwrap());
    let queue = Permission { power: Power::Queue, ..permission("ann", Scope::default()) };
    assert!(site.records.grant(&queue, "root", at(1)).unwrap());
    assert_eq!(site.records.rights().unwrap().permissions, [whole, queue]);
}

fn a_permission_is_recorded_once_and_taken_back(site: &Site) {
    let everything = permission("ann", Scope::default());
    let main = permission("ann", Scope { component: Some(component("main")), ..Scope::default() });
    assert!(site.records.grant(&everything, "root", at(1)).unwrap());
    assert!(!site.records.grant(&everything, "root", at(2)).unwrap());
    assert!(site.records.grant(&main, "root", at(3)).unwrap());
    assert!(site.records.revoke(&everything).unwrap(), "only that very one");
    assert!(!site.records.revoke(&everything).unwrap());
    assert_eq!(site.records.rights().unwrap().permissions, [main]);
}

fn a_permission_needs_what_it_names(site: &Site) {
    let nowhere = Scope { archive: Some(ArchiveId(99)), ..Scope::default() };
    site.records.grant(&permission("ann", nowhere), "root", at(1)).unwrap_err();
    let never = Scope { series: Some(SeriesId(99)), ..Scope::default() };
    site.records.grant(&permission("ann", never), "root", at(1)).unwrap_err();
    assert!(site.records.rights().unwrap().permissions.is_empty());
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn a_team_has_the_members_it_was_given_last(site: &Site) {
    let set = |team: &str, members: &[&str]| site.records.set_team(team, &names(members)).unwrap();
    set("core", &["ann", "bob"]);
    set("docs", &["zoe", "core"]);
    set("core", &["bob", "eve"]);
    let teams = site.records.rights().unwrap().teams;
    assert_eq!(teams["core"], names(&["bob", "eve"]));
    assert_eq!(teams["docs"], names(&["core", "zoe"]));
    set("docs", &[]);
    assert!(!site.records.rights().unwrap().teams.contains_key("docs"));
}

fn a_package_set_is_replaced_whole(site: &Site) {
    let noble = site.noble().series;
    let set = |series, packages: &[&str], includes: &[&str]| PackageSet {
        series,
        name: "core".into(),
        packages: packages.iter().map(|name| name.parse().unwrap()).collect(),
        includes: names(includes),
    };
    let elsewhere = set(site.stable().series, &["bash"], &[]);
    site.records.set_package_set(&elsewhere).unwrap();
    site.records.set_package_set(&set(noble, &["hello", "tool"], &["base"])).unwrap();
    let newer = set(noble, &["tool"], &["desktop"]);
    site.records.set_package_set(&newer).unwrap();
    assert_eq!(site.records.rights().unwrap().sets, [newer, elsewhere.clone()]);
    assert!(site.records.remove_package_set(noble, "core").unwrap());
    assert!(!site.records.remove_package_set(noble, "core").unwrap());
    assert_eq!(site.records.rights().unwrap().sets, [elsewhere]);
    site.records.set_package_set(&set(SeriesId(99), &[], &[])).unwrap_err();
}
