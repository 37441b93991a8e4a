//! Real clients fetch what other programs have staged.

use debfmt::builder::DebBuilder;

use crate::support::apt::Apt;
use crate::support::http::HttpServer;
use crate::support::site::TestSite;
use crate::support::tool::{Said, tool};

/// What the packages appstream and command-not-found tell apt to fetch.
const TARGETS: &str = r#"
    Acquire::IndexTargets::deb::DEP-11 {
        MetaKey "$(COMPONENT)/dep11/Components-$(NATIVE_ARCHITECTURE).yml";
        ShortDescription "Components"; Description "$(RELEASE)/$(COMPONENT) DEP-11 Metadata";
        KeepCompressed "true"; KeepCompressedAs "gz";
    };
    Acquire::IndexTargets::deb::DEP-11-icons-hidpi {
        MetaKey "$(COMPONENT)/dep11/icons-64x64@2.tar";
        ShortDescription "icons"; Description "$(RELEASE)/$(COMPONENT) DEP-11 64x64@2 Icons";
        KeepCompressed "true"; KeepCompressedAs "gz";
    };
    Acquire::IndexTargets::deb::CNF {
        MetaKey "$(COMPONENT)/cnf/Commands-$(NATIVE_ARCHITECTURE)";
        ShortDescription "Commands"; Description "$(RELEASE)/$(COMPONENT) Commands";
    };
"#;

const STAGED: &str = "staging/archives/debian/dists/stable/main";

/// Writes a file as its program does: under another name first.
fn stage(site: &TestSite, path: &str, bytes: &[u8]) {
    let path = site.root().join(STAGED).join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let new = path.with_extension("new");
    std::fs::write(&new, bytes).unwrap();
    std::fs::rename(new, path).unwrap();
}

/// A form that gzip or xz makes.
fn packed(site: &TestSite, program: &str, text: &str) -> Vec<u8> {
    let path = site.scratch().join("text");
    std::fs::write(&path, text).unwrap();
    tool(program, site.scratch()).args(["--stdout", "text"]).output().unwrap().stdout
}

/// Does not wait until staged files have been quiet.
fn without_waiting(site: &TestSite) {
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, after) = text.split_once("[staging]").unwrap();
    let after = after.replacen("settle = \"60s\"", "settle = \"0s\"", 1);
    std::fs::write(&path, format!("{before}[staging]{after}")).unwrap();
}

fn site() -> TestSite {
    let site = TestSite::new(&["amd64"]);
    without_waiting(&site);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    stage(&site, "dep11/Components-amd64.yml.gz", &packed(&site, "gzip", "File: DEP-11\nVersion: '0.16'\n"));
    stage(&site, "dep11/Components-amd64.yml.xz", &packed(&site, "xz", "File: DEP-11\nVersion: '0.16'\n"));
    stage(&site, "dep11/icons-64x64@2.tar.gz", &packed(&site, "gzip", "icons"));
    stage(&site, "cnf/Commands-amd64.xz", &packed(&site, "xz", "suite: stable\ncomponent: main\n"));
    site
}

/// What apt has of a list, unpacked if need be.
fn list(apt: &Apt, end: &str) -> String {
    let path = apt.list(end);
    let read = tool("zcat", &apt.work()).arg("-f").arg(path).output().unwrap();
    String::from_utf8(read.stdout).unwrap()
}

#[test]
fn apt_fetches_catalogues_icons_and_commands_and_believes_them() {
    let site = site();
    site.publish();
    let server = HttpServer::serve(&site.archive());
    let apt = Apt::with_configuration("amd64", TARGETS);
    apt.source(&server.uri(), "stable", &format!("Signed-By: {}", site.public_key().display()));
    apt.update();
    assert_eq!(list(&apt, "main_dep11_Components-amd64.yml.gz"), "File: DEP-11\nVersion: '0.16'\n");
    assert_eq!(list(&apt, "main_dep11_icons-64x64%402.tar.gz"), "icons");
    assert_eq!(list(&apt, "main_cnf_Commands-amd64"), "suite: stable\ncomponent: main\n");
    site.run(&["check", "--full"]).ok();
    // New content, by another writer who sets the time back.
    stage(&site, "cnf/Commands-amd64.xz", &packed(&site, "xz", "suite: stable\ncomponent: MAIN\n"));
    site.advance(60);
    site.publish();
    apt.update();
    assert_eq!(list(&apt, "main_cnf_Commands-amd64"), "suite: stable\ncomponent: MAIN\n");
    let Said { stderr, .. } = site.publish();
    assert!(stderr.contains("nothing to publish: 1 suite has no change"), "{stderr}");
}

#[test]
fn apt_refuses_a_catalogue_that_was_changed_afterwards() {
    let site = site();
    site.publish();
    let other = packed(&site, "gzip", "File: DEP-11\nVersion: '9.99'\n");
    let dep11 = site.archive().join("dists/stable/main/dep11");
    for directory in [dep11.clone(), dep11.join("by-hash/SHA256")] {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::remove_file(&path).unwrap();
                std::fs::write(&path, &other).unwrap();
            }
        }
    }
    let apt = Apt::with_configuration("amd64", TARGETS);
    let server = HttpServer::serve(&site.archive());
    apt.source(&server.uri(), "stable", &format!("Signed-By: {}", site.public_key().display()));
    let said = apt.run("apt-get", &["update"]).ends(100);
    assert!(said.stderr.contains("dep11"), "{}", said.stderr);
    site.run(&["check"]).ends(1);
}

#[test]
fn a_plan_names_what_would_be_taken() {
    let site = site();
    let plan = site.run(&["publish-distro", "--dry-run"]).ok().stdout;
    assert!(plan.contains("  staged   main/cnf/Commands-amd64.xz\n"), "{plan}");
    site.publish();
    std::fs::remove_file(site.root().join(STAGED).join("cnf/Commands-amd64.xz")).unwrap();
    let plan = site.run(&["publish-distro", "--dry-run"]).ok().stdout;
    assert!(plan.contains("  gone     main/cnf/Commands-amd64.xz\n"), "{plan}");
}

#[test]
fn what_was_written_a_moment_ago_waits_for_its_writer() {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").build()]);
    stage(&site, "cnf/Commands-amd64", b"suite: stable\n");
    let said = site.publish();
    assert!(said.stderr.contains("it changed a moment ago, and the next run takes it"), "{}", said.stderr);
    assert!(!site.archive().join("dists/stable/main/cnf").exists());
}
