//! `debpress init`

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::everything_below;
use crate::support::tool::{Ran, tool};

fn init(home: &Path, arguments: &[&str]) -> Ran {
    Ran::of(tool(env!("CARGO_BIN_EXE_debpress"), home).arg("init").args(arguments))
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_new_site_has_all_that_the_next_commands_need() {
    let home = TempDir::new().unwrap();
    let made =
        init(home.path(), &["site", "--distribution", "acme", "--series", "old,new", "--arch", "amd64"]);
    let said = made.ok();
    assert!(
        said.stdout.starts_with("made the site site with the archive acme\nsigning key "),
        "{}",
        said.stdout
    );
    assert!(said.stderr.contains("debpress --site site add FILE.deb --suite old"), "{}", said.stderr);
    let site = home.path().join("site");
    for directory in ["objects", "incoming/acme", "claimed", "accepted", "rejected", "failed"] {
        assert!(site.join(directory).is_dir(), "{directory}");
    }
    assert_eq!(mode(&site.join("keys")), 0o700, "the key is nobody else's business");
    assert_eq!(mode(&site.join("keys/signing.asc")), 0o600);
    assert_eq!(mode(&site.join("keys/archive-key.asc")), 0o644);
    let secret = std::fs::read_to_string(site.join("keys/signing.asc")).unwrap();
    let public = std::fs::read_to_string(site.join("keys/archive-key.asc")).unwrap();
    assert!(secret.starts_with("-----BEGIN PGP PRIVATE KEY BLOCK-----"));
    assert!(public.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    for suite in ["old", "new", "new-proposed"] {
        let published =
            Ran::of(tool(env!("CARGO_BIN_EXE_debpress"), &site).args(["publish-distro", "-s", suite]));
        published.ok();
        assert!(site.join(format!("archives/acme/dists/{suite}/InRelease")).is_file(), "{suite}");
    }
}

#[test]
fn the_mode_does_not_depend_on_the_umask() {
    let home = TempDir::new().unwrap();
    let mut shell = tool("sh", home.path());
    shell.args(["-c", "umask 077; exec \"$0\" init site --distribution acme --series stable --arch amd64"]);
    Ran::of(shell.arg(env!("CARGO_BIN_EXE_debpress"))).ok();
    assert_eq!(mode(&home.path().join("site")), 0o755, "a web server must get through to archives/");
    assert_eq!(mode(&home.path().join("site/keys")), 0o700);
    assert_eq!(mode(&home.path().join("site/keys/archive-key.asc")), 0o644);
}

#[test]
fn a_directory_that_is_not_empty_is_left_alone() {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join("full")).unwrap();
    std::fs::write(home.path().join("full/precious"), "bytes").unwrap();
    let before = everything_below(home.path());
    let refused = init(home.path(), &["full", "--distribution", "acme", "--series", "stable"]);
    let said = refused.ends(1);
    assert_eq!(said.stderr, "error: full is not empty: choose a new directory, or empty this one first\n");
    assert_eq!(everything_below(home.path()), before);
}

#[test]
fn wrong_lists_are_refused_before_anything_is_made() {
    for (arguments, part) in [
        (["--series", "a,b,a", "--arch", "amd64"], "--series: `a` is named twice"),
        (["--series", "a", "--arch", "amd64,all"], "--arch: `all` is part of every archive"),
        (["--series", "a", "--component", "main,main"], "--component: `main` is named twice"),
    ] {
        let home = TempDir::new().unwrap();
        let arguments = [&["site", "--distribution", "acme"], &arguments[..]].concat();
        let said = init(home.path(), &arguments).ends(1);
        assert!(said.stderr.contains(part), "{}", said.stderr);
        assert!(!home.path().join("site").exists());
    }
}

#[test]
fn names_that_would_leave_the_site_are_wrong_usage() {
    let home = TempDir::new().unwrap();
    for arguments in
        [["--distribution", "../acme", "--series", "stable"], ["--distribution", "acme", "--series", "a/b"]]
    {
        init(home.path(), &[&["site"], &arguments[..]].concat()).ends(2);
    }
    assert!(!home.path().join("site").exists());
}
