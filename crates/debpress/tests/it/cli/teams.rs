//! Teams and package sets, and what they give.

use super::people::{fails, ok, uploader};
use crate::support::site::TestSite;

fn site(people: &[&str]) -> TestSite {
    let site = TestSite::with_components("main,universe");
    for name in people {
        uploader(&site, name);
    }
    site
}

#[test]
fn a_team_gives_its_rights_to_its_members_and_takes_them_back() {
    let site = site(&["ann", "bob"]);
    assert_eq!(ok(&site, "team set core ann").stdout, "team core has ann\n");
    ok(&site, "team set all core");
    ok(&site, "permission grant all --component main");
    let said = ok(&site, "permission check ann hello").stdout;
    assert!(said.ends_with("as a member of team all\n"), "{said}");
    fails(&site, "permission check bob hello");

    assert_eq!(ok(&site, "team add core bob").stdout, "team core has ann, bob\n");
    ok(&site, "permission check bob hello");
    insta::assert_snapshot!(ok(&site, "team list").stdout, @r"
    TEAM  MEMBERS
    all   core
    core  ann, bob
    ");
    // What reaches somebody through teams is theirs, and listed as such.
    assert!(ok(&site, "permission list bob").stdout.contains("all  upload  component main"));
    ok(&site, "team remove core ann");
    fails(&site, "permission check ann hello");
    let said = ok(&site, "team remove core bob").stdout;
    assert_eq!(said, "team core has no members any more, and is gone\n");
}

#[test]
fn a_name_means_one_of_the_two() {
    let site = site(&["ann"]);
    let said = fails(&site, "team set ann ann");
    assert_eq!(
        said.stderr,
        "error: `ann` is the name of an uploader already, and a permission must mean one of the two: take another name\n"
    );
    ok(&site, "team set core ann");
    let key = site.scratch().join("ann.asc");
    let said = site.run(&["uploader", "add", "core", key.to_str().unwrap()]).ends(1);
    assert!(said.stderr.contains("`core` is the name of a team already"), "{}", said.stderr);
    for (command, answer) in [
        ("team add core eve", "there is no uploader and no team `eve`; there are ann, core"),
        ("team add cor ann", "there is no team `cor`; there are core"),
        ("team remove core eve", "eve is not in team core, whose members are ann"),
    ] {
        let said = fails(&site, command);
        assert!(said.stderr.contains(answer), "{command}: {}", said.stderr);
    }
}

#[test]
fn a_circle_of_teams_is_recorded_with_a_warning() {
    let site = site(&["ann"]);
    ok(&site, "team set core ann");
    ok(&site, "team set all core");
    let said = ok(&site, "team add core all");
    assert!(said.stderr.starts_with("warning: team core is a member of itself"), "{}", said.stderr);
    ok(&site, "permission grant all");
    ok(&site, "permission check ann hello");
}

#[test]
fn a_permission_for_a_package_set_follows_the_set() {
    let site = site(&["ann", "bob"]);
    ok(&site, "package-set set core --series stable bash");
    let said = ok(&site, "package-set set desktop --series stable gtk --include core");
    assert_eq!(said.stdout, "package set desktop of stable: gtk, all of core\n");
    ok(&site, "permission grant ann --package-set desktop");
    ok(&site, "permission check ann bash");
    fails(&site, "permission check ann linux");

    ok(&site, "package-set add core --series stable linux");
    ok(&site, "permission check ann linux");
    ok(&site, "package-set set kernel --series stable linux");
    ok(&site, "permission grant bob --package-set kernel --explicit");
    ok(&site, "permission check bob linux");
    let said = fails(&site, "permission check ann linux");
    assert!(said.stdout.contains("linux is in package set kernel, which is open to"), "{}", said.stdout);
    assert!(said.stderr.contains("grant ann --package-set kernel --explicit` would"), "{}", said.stderr);

    ok(&site, "package-set remove core --series stable linux bash");
    ok(&site, "package-set delete kernel --series stable");
    insta::assert_snapshot!(ok(&site, "package-set list").stdout, @r"
    SET      SERIES  PACKAGES
    core     stable  empty
    desktop  stable  gtk, all of core
    ");
    for (command, answer) in [
        (
            "package-set add cor --series stable bash",
            "no package set `cor` in stable; there are core, desktop",
        ),
        ("package-set add core --series sid bash", "there is no series `sid`; the site has stable"),
        ("package-set add core --series stable --include base", "no package set `base` in stable"),
        ("package-set remove core --series stable bash", "bash does not stand directly in package set core"),
        ("package-set delete kernel --series stable", "no package set `kernel` in stable"),
    ] {
        let said = fails(&site, command);
        assert!(said.stderr.contains(answer), "{command}: {}", said.stderr);
    }
}
