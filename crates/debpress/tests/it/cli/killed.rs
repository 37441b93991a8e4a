//! Publishers that are killed, and those that run after them.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use debfmt::builder::DebBuilder;

use super::everything_below;
use crate::support::site::TestSite;

/// A published site to which something new has come.
fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    site.publish();
    site.advance(3600);
    site.add("stable", &[DebBuilder::new("hello", "2.0", "amd64").build()]);
    site
}

fn hook(site: &TestSite, path: &str, script: &str) {
    let path = site.root().join("distro-parts/debian").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
}

/// Every file of the archive by its path, with its bytes.
fn files(site: &TestSite) -> BTreeMap<String, Vec<u8>> {
    let root = site.archive().display().to_string();
    let below = |(path, bytes): (String, Vec<u8>)| (path.trim_start_matches(&root).to_owned(), bytes);
    everything_below(&site.archive()).into_iter().map(below).collect()
}

/// What clients see of the suite.
fn release(site: &TestSite) -> Vec<u8> {
    site.read("dists/stable/Release")
}

#[test]
fn after_a_publisher_that_was_killed_the_next_one_makes_what_an_undisturbed_one_would_have_made() {
    let undisturbed = site();
    undisturbed.publish();
    let expected = files(&undisturbed);
    for directory in ["publish-distro.d", "finalize.d"] {
        let site = site();
        let before = release(&site);
        hook(&site, &format!("{directory}/10-kill"), "#!/bin/sh\nkill -9 $PPID\n");
        assert!(!site.run(&["publish-ftpmaster"]).succeeds(), "{directory}");
        assert_eq!(
            release(&site) == before,
            directory == "publish-distro.d",
            "old or new, and whole: {directory}"
        );
        std::fs::remove_file(site.root().join(format!("distro-parts/debian/{directory}/10-kill"))).unwrap();
        site.run(&["publish-ftpmaster"]).ok();
        let made = files(&site);
        assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{directory}");
        assert!(made == expected, "{directory}");
        assert_eq!(site.run(&["check"]).ok().stdout, "", "{directory}");
    }
}

#[test]
fn a_pause_that_begins_during_a_run_does_not_interrupt_it() {
    let site = site();
    let program = env!("CARGO_BIN_EXE_debpress");
    let script = format!("#!/bin/sh\nexec {program} --site . pause --reason maintenance\n");
    hook(&site, "publish-distro.d/10-pause", &script);
    site.run(&["publish-ftpmaster", "--scheduled"]).ok();
    let packages = String::from_utf8(site.read("dists/stable/Release")).unwrap();
    assert!(!packages.is_empty() && site.archive().join("pool/main/h/hello/hello_2.0_amd64.deb").is_file());
    let listed = site.run(&["ls", "hello"]).ok().stdout;
    assert!(listed.contains("2.0") && !listed.contains("pending"), "{listed}");
    let said = site.run(&["publish-ftpmaster", "--scheduled"]).ok().stderr;
    assert!(said.contains("maintenance; nothing was done"), "{said}");
}
