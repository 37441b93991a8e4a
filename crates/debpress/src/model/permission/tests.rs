//! Decisions about rights, case by case.

use super::*;

const NOBLE: SeriesId = SeriesId(1);

fn debian() -> ArchiveRef {
    "debian".parse().unwrap()
}

fn scope() -> Scope {
    Scope::default()
}

fn rights(permissions: &[(&str, Scope)]) -> Rights {
    let permission = |(person, scope): &(&str, Scope)| Permission {
        person: (*person).into(),
        power: Power::Upload,
        scope: scope.clone(),
    };
    Rights { permissions: permissions.iter().map(permission).collect(), ..Rights::default() }
}

fn ask(rights: &Rights, person: &str, source: &str, component: Option<&str>) -> Result<Ground, Denial> {
    ask_in(rights, person, (ArchiveId(1), &debian()), source, component)
}

fn ask_in(
    rights: &Rights,
    person: &str,
    archive: (ArchiveId, &ArchiveRef),
    source: &str,
    component: Option<&str>,
) -> Result<Ground, Denial> {
    let (source, component) = (source.parse().unwrap(), component.map(|name| name.parse().unwrap()));
    let component = component.as_ref();
    let (series, pocket, power) = (NOBLE, Pocket::Release, Power::Upload);
    rights.decide(&Request { person, power, archive, series, pocket, source: &source, component })
}

fn core(packages: &[&str], includes: &[&str], name: &str) -> PackageSet {
    PackageSet {
        series: NOBLE,
        name: name.into(),
        packages: packages.iter().map(|name| name.parse().unwrap()).collect(),
        includes: includes.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn bounds_hold_together() {
    let main = Scope { component: Some("main".parse().unwrap()), ..scope() };
    let hello = Scope { package: Some("hello".parse().unwrap()), ..scope() };
    let other_series = Scope { series: Some(SeriesId(2)), ..scope() };
    let security = Scope { pocket: Some(Pocket::Security), ..scope() };
    let elsewhere = Scope { archive: Some(ArchiveId(2)), ..scope() };
    let rights = rights(&[
        ("ann", main.clone()),
        ("bob", hello),
        ("zoe", other_series),
        ("sec", security),
        ("far", elsewhere),
    ]);
    let granted = Permission { person: "ann".into(), power: Power::Upload, scope: main };
    assert_eq!(ask(&rights, "ann", "tool", Some("main")), Ok(Ground::Granted(granted)));
    assert_eq!(ask(&rights, "ann", "tool", Some("universe")), Err(Denial::Component));
    assert!(ask(&rights, "ann", "tool", None).is_ok(), "a new package will be looked at");
    assert!(ask(&rights, "bob", "hello", Some("universe")).is_ok());
    assert_eq!(ask(&rights, "bob", "tool", None), Err(Denial::NotThis));
    assert_eq!(ask(&rights, "zoe", "tool", None), Err(Denial::NotThis));
    assert_eq!(ask(&rights, "sec", "tool", None), Err(Denial::NotThis));
    assert_eq!(ask(&rights, "far", "tool", None), Err(Denial::NoRights));
    assert_eq!(ask(&rights, "eve", "hello", None), Err(Denial::NoRights));
}

#[test]
fn a_right_to_decide_is_none_to_upload() {
    let mut rights = rights(&[("ann", scope())]);
    rights.permissions[0].power = Power::Queue;
    assert_eq!(ask(&rights, "ann", "hello", None), Err(Denial::NoRights));
}

#[test]
fn teams_of_teams_share_their_rights_even_in_a_circle() {
    let mut rights = rights(&[("all", scope())]);
    for (team, member) in [("core", "ann"), ("all", "core"), ("core", "all")] {
        rights.teams.entry(team.into()).or_default().insert(member.into());
    }
    assert!(ask(&rights, "ann", "hello", Some("main")).is_ok());
    assert_eq!(ask(&rights, "bob", "hello", Some("main")), Err(Denial::NoRights));
    rights.teams.insert("docs".into(), ["core".to_owned()].into());
    assert_eq!(["all", "core", "docs"].map(|team| rights.is_circular(team)), [true, true, false]);
}

#[test]
fn a_personal_archive_belongs_to_its_owner_and_whom_they_name() {
    let tools: ArchiveRef = "~team/debian/tools".parse().unwrap();
    let invited = Scope { archive: Some(ArchiveId(7)), ..scope() };
    let mut rights = rights(&[("all", scope()), ("guest", invited)]);
    rights.teams.insert("team".into(), ["ann".to_owned()].into());
    let ask = |person| ask_in(&rights, person, (ArchiveId(7), &tools), "hello", Some("main"));
    assert_eq!(ask("ann"), Ok(Ground::Owner("team".into())));
    assert!(ask("guest").is_ok());
    assert_eq!(ask("all"), Err(Denial::NoRights), "everything of the distribution is not everything");
}

#[test]
fn a_package_set_includes_others() {
    let mut rights = rights(&[("ann", Scope { package_set: Some("desktop".into()), ..scope() })]);
    rights.sets = vec![core(&["bash"], &["desktop"], "core"), core(&["gtk"], &["core"], "desktop")];
    assert!(ask(&rights, "ann", "gtk", None).is_ok());
    assert!(ask(&rights, "ann", "bash", None).is_ok(), "through core, whose circle ends");
    assert_eq!(ask(&rights, "ann", "hello", None), Err(Denial::NotThis));
}

#[test]
fn an_explicit_permission_keeps_the_others_of_the_set_out() {
    let of_set = |set: &str, explicit| Scope { package_set: Some(set.into()), explicit, ..scope() };
    let mut rights = rights(&[
        ("ann", of_set("core", false)),
        ("bob", of_set("kernel", true)),
        ("main", Scope { component: Some("main".parse().unwrap()), ..scope() }),
    ]);
    rights.sets = vec![core(&["bash"], &["kernel"], "core"), core(&["linux"], &[], "kernel")];
    assert!(ask(&rights, "bob", "linux", None).is_ok());
    assert_eq!(ask(&rights, "ann", "linux", None), Err(Denial::Explicit));
    assert!(ask(&rights, "ann", "bash", None).is_ok());
    assert!(ask(&rights, "main", "linux", Some("main")).is_ok(), "it is about package sets only");
}

#[test]
fn a_command_that_gives_a_permission_can_be_typed_as_it_stands() {
    let command = grant_command("ann", Power::Upload, None, "--package hello");
    assert_eq!(command, "debpress permission grant ann --package hello");
    let command = grant_command("Ann O'Neil", Power::Queue, Some("~core/debian/tools"), "");
    assert_eq!(command, r"debpress permission grant 'Ann O'\''Neil' --queue --archive ~core/debian/tools");
}
