//! Hooks: programs of the site that run with a publication of the real program.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use debfmt::builder::DebBuilder;
use debfmt::digest::Sha256;
use debpress::model::time::Timestamp;

use crate::support::apt::Apt;
use crate::support::gnupg::Gnupg;
use crate::support::site::TestSite;
use crate::support::tool::{Ran, Said, tool};

const EXAMPLE: &str = include_str!("../../../../examples/distro-parts/publish-distro.d/10-sign-releases");

/// A site with a package that waits to be published.
fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    add(&site, "1.0");
    site
}

fn add(site: &TestSite, version: &str) {
    site.add("stable", &[DebBuilder::new("hello", version, "amd64").build()]);
}

pub(crate) fn hook(site: &TestSite, path: &str, script: &str) {
    let path = site.root().join("distro-parts/debian").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}

fn publish(site: &TestSite) -> Ran {
    site.run(&["-v", "publish-distro"])
}

fn told(site: &TestSite) -> String {
    let text = std::fs::read_to_string(site.root().join("told")).unwrap_or_default();
    text.replace(site.root().to_str().unwrap(), "/site")
}

/// Tells what it sees.
const LOOKS: &str = r#"#!/bin/sh
echo "this is $0"
{
    echo "$(basename "$0") of $DISTRIBUTION in $PWD"
    echo "${ARCHIVEROOT-} ${DISTSROOT-} ${SUITES-} ${ARCHIVEROOTS-} ${SECURITY_UPLOAD_ONLY-}"
    [ -z "${DISTSROOT-}" ] || ls "$DISTSROOT/stable"
    ls archives/debian/dists/stable 2>/dev/null || echo "nobody sees it"
} >> told
"#;

#[test]
fn hooks_see_what_is_ready_and_then_what_is_visible() {
    let site = site();
    hook(&site, "publish-distro.d/20-look", LOOKS);
    hook(&site, "publish-distro.d/10-first", LOOKS);
    hook(&site, "finalize.d/look", LOOKS);
    let said = publish(&site).ok();
    insta::assert_snapshot!(told(&site), @r"
    10-first of debian in /site
    /site/archives/debian /site/archives/debian/.staged stable  
    Release
    main
    nobody sees it
    20-look of debian in /site
    /site/archives/debian /site/archives/debian/.staged stable  
    Release
    main
    nobody sees it
    look of debian in /site
       /site/archives/debian no
    Release
    by-hash
    main
    ");
    assert!(said.stderr.contains("this is ") && said.stderr.contains("10-first"), "{}", said.stderr);
    std::fs::remove_file(site.root().join("told")).unwrap();
    publish(&site).ok();
    assert_eq!(told(&site), "", "where nothing is published, nothing runs");
}

#[test]
fn a_hook_that_fails_before_the_switch_keeps_the_archive_as_it_was() {
    let site = site();
    publish(&site).ok();
    let before = site.read("dists/stable/Release");
    add(&site, "2.0");
    site.advance(60);
    hook(&site, "publish-distro.d/fails", "#!/bin/sh\necho so be it >&2\nexit 3\n");
    hook(&site, "finalize.d/look", LOOKS);
    let said = publish(&site).ends(1);
    let expected = "error: cannot publish debian: a hook failed; it stays as it was\n  caused by: hook ";
    assert!(said.stderr.contains(expected) && said.stderr.contains("so be it"), "{}", said.stderr);
    assert!(said.stderr.contains("publish-distro.d/fails ended with status 3"), "{}", said.stderr);
    assert_eq!((site.read("dists/stable/Release"), told(&site)), (before, String::new()));
    // Mended, the next run does it.
    hook(&site, "publish-distro.d/fails", "#!/bin/sh\n");
    assert!(publish(&site).ok().stdout.contains("1 published"));
}

#[test]
fn a_hook_that_fails_after_the_switch_is_reported() {
    let site = site();
    hook(&site, "finalize.d/fails", "#!/bin/sh\nkill -9 $$\n");
    let said = publish(&site).ends(1);
    assert!(
        said.stderr.contains("error: debian is published, and a hook that follows failed"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("was killed by signal 9"), "{}", said.stderr);
    assert!(!said.stderr.contains("was not published"), "{}", said.stderr);
    assert!(site.archive().join("dists/stable/Release").is_file());
    site.run(&["check"]).ok();
}

#[test]
fn what_is_no_hook_is_left_out_and_said_so() {
    let site = site();
    for name in ["10-sign.sh", "README", ".hidden"] {
        hook(&site, &format!("publish-distro.d/{name}"), LOOKS);
    }
    let readme = site.root().join("distro-parts/debian/publish-distro.d/README");
    std::fs::set_permissions(readme, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::create_dir(site.root().join("distro-parts/debian/publish-distro.d/old")).unwrap();
    let said = publish(&site).ok();
    for part in [
        "10-sign.sh is no hook and was left out: its name has other characters",
        "README is no hook and was left out: it may not be run",
        "old is no hook and was left out: it is no file",
    ] {
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
    }
    assert_eq!(told(&site), "");
}

/// Whether a process is at work: one that was killed may be left as a name until somebody asks for its end.
pub(crate) fn is_alive(pid: &str) -> bool {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    status.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[test]
fn a_hook_that_takes_too_long_is_killed_with_all_that_it_has_started() {
    let site = site();
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("timeout = \"1h\"", "timeout = \"1s\"")).unwrap();
    let script = "#!/bin/sh\nsleep 600 &\necho $! > child\necho $$ > hook\nwait\n";
    hook(&site, "publish-distro.d/slow", script);
    let said = publish(&site).ends(1);
    assert!(said.stderr.contains("slow was killed after 1 s"), "{}", said.stderr);
    for name in ["hook", "child"] {
        let pid = std::fs::read_to_string(site.root().join(name)).unwrap();
        assert!(!is_alive(pid.trim()), "{name} {pid}");
    }
}

#[test]
fn a_publisher_that_is_told_to_stop_ends_cleanly_and_leaves_a_record() {
    for (signal, status) in [("TERM", 143), ("INT", 130)] {
        let site = site();
        let script = format!("#!/bin/sh\necho $$ > hook\nkill -{signal} $PPID\nexec sleep 600\n");
        hook(&site, "publish-distro.d/waits", &script);
        let said = publish(&site).ends(status);
        let sentence = format!("waits was killed: debpress was stopped by SIG{signal}");
        assert!(said.stderr.contains(&sentence), "{}", said.stderr);
        let pid = std::fs::read_to_string(site.root().join("hook")).unwrap();
        assert!(!is_alive(pid.trim()), "the hook goes with it");
        assert!(!site.archive().join("dists/stable").exists(), "nothing is seen");
        assert_eq!(site.run(&["lock", "status"]).ok().stdout, "free\n");
        let runs = site.run(&["runs", "show", "1"]).ok().stdout;
        assert!(runs.contains("failed") && runs.contains(&sentence), "{runs}");
        std::fs::remove_file(site.root().join("distro-parts/debian/publish-distro.d/waits")).unwrap();
        publish(&site).ok();
        site.run(&["check", "--full"]).ok();
    }
}

#[test]
fn what_follows_a_publication_is_done_to_its_end() {
    let site = site();
    hook(&site, "finalize.d/10-mirrors", "#!/bin/sh\nkill -TERM $PPID\nsleep 0.1\necho pushed >> told\n");
    hook(&site, "finalize.d/20-more", "#!/bin/sh\necho more >> told\n");
    publish(&site).ok();
    assert_eq!(told(&site), "pushed\nmore\n");
    assert!(site.archive().join("dists/stable/Release").is_file());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let site = site();
    hook(&site, "finalize.d/waits", "#!/bin/sh\nwhile kill -TERM $PPID; do :; done\n");
    publish(&site).ends(143);
    assert_eq!(site.run(&["lock", "status"]).ok().stdout, "free\n");
    site.run(&["check", "--full"]).ok();
}

/// Publishes with the example, and a home of gpg.
fn publish_with(site: &TestSite, gnupg: &Path) -> Said {
    let mut command = site.program();
    command.env("GNUPGHOME", gnupg).arg("-v").arg("--site").arg(site.root()).arg("publish-distro");
    Ran::of(&mut command).ok()
}

#[test]
fn the_example_signs_where_gpg_is_set_up_and_goes_on_where_it_is_not() {
    let site = site();
    hook(&site, "publish-distro.d/10-sign-releases", EXAMPLE);
    let said = publish_with(&site, &site.scratch().join("nowhere"));
    assert!(said.stderr.contains("nowhere: Release files are not signed"), "{}", said.stderr);
    let suite = site.archive().join("dists/stable");
    assert!(suite.join("Release").is_file() && !suite.join("InRelease").exists());

    let gnupg = Gnupg::new();
    let made = Timestamp(site.now() - 86_400);
    let key = gnupg.make_key(made, "Archive <archive@example.org>", "ed25519", "never");
    add(&site, "2.0");
    site.advance(60);
    let said = publish_with(&site, gnupg.home());
    assert!(said.stderr.contains("signed stable"), "{}", said.stderr);
    let keyring = site.scratch().join("key.gpg");
    std::fs::write(&keyring, gnupg.export(made, &key)).unwrap();
    Ran::of(tool("gpg", site.scratch()).args(["--dearmor", "--output", "ring.gpg", "key.gpg"])).ok();
    let mut gpgv = tool("gpgv", site.scratch());
    Ran::of(gpgv.args(["--keyring", "./ring.gpg"]).arg(suite.join("InRelease"))).ok();
    let mut gpgv = tool("gpgv", site.scratch());
    let gpgv =
        gpgv.args(["--keyring", "./ring.gpg"]).arg(suite.join("Release.gpg")).arg(suite.join("Release"));
    Ran::of(gpgv).ok();
    // What the hook has signed is what is found by its hash.
    for name in ["InRelease", "Release.gpg", "Release"] {
        let bytes = std::fs::read(suite.join(name)).unwrap();
        let by_hash = suite.join("by-hash/SHA256").join(Sha256::of(&bytes).to_string());
        assert_eq!(std::fs::read(by_hash).unwrap(), bytes, "{name}");
    }
    // What was published with a signature is published again without any, and none of the old ones stays.
    add(&site, "3.0");
    site.advance(60);
    publish_with(&site, &site.scratch().join("nowhere"));
    assert!(!suite.join("InRelease").exists() && !suite.join("Release.gpg").exists());
}

#[test]
fn a_hook_that_spoils_release_is_found_before_anybody_sees_it() {
    let site = TestSite::new(&["amd64"]);
    add(&site, "1.0");
    site.publish();
    let before = site.read("dists/stable/InRelease");
    add(&site, "2.0");
    for (script, answer) in [
        ("echo 'X-Built: here' >> \"$DISTSROOT/stable/Release\"", "a hook has signed another text"),
        ("rm \"$DISTSROOT/stable/Release.gpg\"", "Release.gpg"),
        ("rm \"$DISTSROOT\"/stable/*Release*", "a hook removed Release and InRelease of stable"),
    ] {
        hook(&site, "publish-distro.d/10-spoil", &format!("#!/bin/sh\n{script}\n"));
        let said = publish(&site).fails();
        assert!(said.stderr.contains(answer), "{script}: {}", said.stderr);
        assert_eq!(site.read("dists/stable/InRelease"), before, "{script}");
    }
    std::fs::remove_file(site.root().join("distro-parts/debian/publish-distro.d/10-spoil")).unwrap();
    site.publish();
    assert_ne!(site.read("dists/stable/InRelease"), before, "and nothing is in the way of the next run");
}

/// Signs with gpg what it is asked to, at the time of the site.
const SIGNS: &str = r#"#!/bin/sh
set -eu
case $MODE in clear) how=--clear-sign ;; detached) how=--detach-sign ;; esac
echo "$MODE $(basename "$INPUT_PATH") of $SUITE of $DISTRIBUTION in $ARCHIVEROOT" >> told
gpg --batch --yes --quiet --armor --faked-system-time "$(date -u -d "@$DEBPRESS_NOW" +%Y%m%dT%H%M%S)!" \
    --output "$OUTPUT_PATH" "$how" "$INPUT_PATH"
"#;

#[test]
fn hooks_sign_with_a_key_that_debpress_never_sees_and_apt_believes_it() {
    let site = site();
    hook(&site, "sign.d/10-gpg", SIGNS);
    let gnupg = Gnupg::new();
    let made = Timestamp(site.now() - 86_400);
    let key = gnupg.make_key(made, "Archive <archive@example.org>", "ed25519", "never");
    std::fs::create_dir_all(site.root().join("keys")).unwrap();
    std::fs::write(site.public_key(), gnupg.export(made, &key)).unwrap();
    let said = publish_with(&site, gnupg.home());
    assert!(said.stdout.contains("signed by sign.d"), "{}", said.stdout);
    let expected = "clear Release of stable of debian in /site/archives/debian\n\
                    detached Release of stable of debian in /site/archives/debian\n";
    assert_eq!(told(&site), expected);
    let apt = Apt::new("amd64");
    let signed_by = format!("Signed-By: {}", site.public_key().display());
    apt.source(&format!("file:{}", site.archive().display()), "stable", &signed_by);
    apt.update();
    site.run(&["check"]).ok();
    // A key that users do not have stops the archive; the old state stays.
    let before = site.read("dists/stable/InRelease");
    let other = Gnupg::new();
    other.make_key(made, "Somebody <somebody@example.org>", "ed25519", "never");
    add(&site, "2.0");
    site.advance(60);
    let mut command = site.program();
    command.env("GNUPGHOME", other.home()).arg("--site").arg(site.root()).arg("publish-distro");
    let said = Ran::of(&mut command).ends(1);
    assert!(
        said.stderr.contains("users with keys/archive-key.asc do not believe InRelease"),
        "{}",
        said.stderr
    );
    assert_eq!(site.read("dists/stable/InRelease"), before);
    apt.update();
}
