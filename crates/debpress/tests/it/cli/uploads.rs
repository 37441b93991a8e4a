//! From a key to a published upload, by commands only.

use debfmt::builder::{BuiltFile, ChangesBuilder, DebBuilder, SourceBuilder};
use debpress::adapters::openpgp::{GeneratedKey, SequoiaSigner, generate};
use debpress::model::time::Timestamp;
use debpress::ports::signer::Signer;

use crate::support::site::TestSite;
use crate::support::tool::Ran;

/// When the keys were made and the uploads signed: before the site's clock.
pub(super) const THEN: Timestamp = Timestamp(debfmt::builder::DEFAULT_TIME);

pub(super) fn key(name: &str) -> GeneratedKey {
    generate(&format!("{name} <{name}@example.org>"), THEN).unwrap()
}

/// Records a key by the command; the key file stays beside the site.
pub(super) fn add_uploader(site: &TestSite, name: &str, key: &[u8], options: &[&str]) -> Ran {
    let file = site.scratch().join(format!("{name}.asc"));
    std::fs::write(&file, key).unwrap();
    site.run(&[&["uploader", "add", name, file.to_str().unwrap()], options].concat())
}

/// What dput does: the files of an upload lie in a directory of incoming.
fn upload(site: &TestSite, key: &GeneratedKey, name: &str, version: &str) {
    let package = DebBuilder::new(name, version, "amd64").build();
    let changes = ChangesBuilder::new(name, version, "stable").file(&package).build();
    send(site, key, &format!("{name}-{version}"), &changes, &[&package]);
}

/// Signs a .changes and puts it with its files into a directory of incoming.
pub(super) fn send(
    site: &TestSite,
    key: &GeneratedKey,
    name: &str,
    changes: &BuiltFile,
    files: &[&BuiltFile],
) {
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    let signed = signer.clear_sign(&changes.bytes, THEN).unwrap();
    let directory = site.root().join("incoming").join(name);
    std::fs::create_dir(&directory).unwrap();
    for file in files {
        std::fs::write(directory.join(&file.name), &file.bytes).unwrap();
    }
    std::fs::write(directory.join(&changes.name), signed).unwrap();
}

#[test]
fn a_new_name_waits_for_a_person_and_the_next_version_does_not() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    let said = add_uploader(&site, "ann", &ann.public, &["--component", "main"]).ok();
    assert_eq!(said.stdout, format!("ann may upload with key {} (ann <ann@example.org>)\n", ann.fingerprint));

    upload(&site, &ann, "hello", "1.0");
    assert_eq!(site.run(&["process-upload"]).ok().stdout, "hello 1.0 by ann: filed as new, queue item 1\n");
    let listed = site.run(&["queue", "list"]).ok().stdout;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.lines().nth(1).unwrap().starts_with("1     new     stable of debian  hello"), "{listed}");
    let shown = site.run(&["queue", "show", "1"]).ok().stdout;
    assert!(shown.contains("hello 1.0 amd64: main/misc optional, new"), "{shown}");
    assert!(shown.ends_with('\n') && shown.contains("\nSource: hello\n"), "{shown}");
    assert!(!shown.contains("BEGIN PGP"), "a stored signature could be replayed: {shown}");

    // Nobody has accepted it, so nothing is published.
    assert!(site.run(&["publish-ftpmaster"]).ok().stderr.contains("nothing to publish"));
    site.run(&["queue", "accept", "1", "--comment", "looks right"]).ok();
    let said = site.run(&["publish-ftpmaster", "-d", "debian"]).ok();
    assert!(
        said.stdout
            .starts_with("hello 1.0: 1 publication record, queue item 1\nstable of debian: 1 published")
    );
    assert!(site.run(&["queue", "show", "1"]).ok().stdout.contains(": looks right\n"));

    upload(&site, &ann, "hello", "1.1");
    assert_eq!(
        site.run(&["process-upload"]).ok().stdout,
        "hello 1.1 by ann: filed as accepted, queue item 2\n"
    );
    assert_eq!(
        site.run(&["process-accepted"]).ok().stdout,
        "hello 1.1: 1 publication record, queue item 2\n"
    );
    site.publish();
    insta::assert_snapshot!(site.run(&["ls", "--history"]).ok().stdout, @r"
    hello | 1.0 | stable | main | amd64 | superseded
    hello | 1.1 | stable | main | amd64
    ");
    assert_eq!(site.run(&["queue", "list"]).ok().stdout, "", "nothing waits any more");
}

#[test]
fn a_refused_upload_is_explained_on_stderr_and_is_no_failure() {
    let site = TestSite::new(&["amd64"]);
    add_uploader(&site, "ann", &key("ann").public, &[]).ok();
    upload(&site, &key("mallory"), "hello", "1.0");
    let said = site.run(&["process-upload"]).ok();
    assert_eq!(said.stdout, "");
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert!(
        lines[0].starts_with("rejected hello-1.0: signature.unknown-key hello_1.0_amd64.changes: "),
        "{lines:?}"
    );
    assert_eq!(lines[1], "rejected hello-1.0 lies in rejected/hello-1.0");
    assert!(site.root().join("rejected/hello-1.0/reasons.json").is_file());
}

#[test]
fn an_accepted_item_that_cannot_be_published_is_told_and_does_not_keep_the_others() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    upload(&site, &ann, "hello", "1.0");
    upload(&site, &ann, "world", "1.0");
    site.run(&["process-upload"]).ok();
    site.run(&["queue", "accept", "1", "2"]).ok();
    // Before they are processed, an administrator adds another build of the first one.
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").description("built again").build()]);
    let said = site.run(&["publish-ftpmaster"]).ends(1);
    assert!(said.stderr.starts_with("queue item 1, hello 1.0, stays accepted: "), "{}", said.stderr);
    assert!(said.stdout.contains("world 1.0: 1 publication record, queue item 2\n"), "{}", said.stdout);
    assert!(said.stdout.contains("stable of debian: 2 published"), "{}", said.stdout);
    assert!(site.run(&["queue", "list"]).ok().stdout.contains("accepted"));
    site.run(&["queue", "reject", "1", "-c", "1.0 exists; upload 1.1"]).ok();
    site.run(&["publish-ftpmaster"]).ends(0);
}

#[test]
fn a_decision_that_cannot_be_taken_does_not_keep_the_others() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    upload(&site, &ann, "hello", "1.0");
    upload(&site, &ann, "world", "1.0");
    site.run(&["process-upload"]).ok();
    let said = site.run(&["queue", "reject", "1", "9", "2", "--comment", "not for us"]).ends(1);
    assert_eq!(said.stdout, "queue item 1 is rejected\nqueue item 2 is rejected\n");
    assert!(said.stderr.contains("error: there is no queue item 9"), "{}", said.stderr);
    site.run(&["queue", "reject", "1"]).ends(2);
    site.run(&["queue", "reject", "1", "--comment", " "]).ends(1);
    assert_eq!(site.run(&["queue", "accept", "2"]).ok().stdout, "queue item 2 is accepted\n");
    let rejected = site.run(&["queue", "list", "--status", "rejected"]).ok().stdout;
    assert!(rejected.contains("hello") && !rejected.contains("world"), "{rejected}");
}

#[test]
fn a_secret_key_is_refused_and_a_second_key_adds_to_the_first() {
    let site = TestSite::new(&["amd64"]);
    let (old, new) = (key("ann"), key("ann"));
    let said = add_uploader(&site, "ann", &old.secret, &[]).ends(1);
    assert!(said.stderr.contains("comes with its secret part"), "{}", said.stderr);
    add_uploader(&site, "ann", b"no key", &[]).ends(1);
    assert_eq!(site.run(&["uploader", "list"]).ok().stdout, "");
    add_uploader(&site, "ann", &old.public, &["--package", "hello"]).ok();
    add_uploader(&site, "ann", &new.public, &["--package", "hello", "--archive", "debian"]).ok();
    let said = site.run(&["uploader", "list", "--json"]).ok();
    let listed: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(listed[0]["keys"].as_array().unwrap().len(), 2);
    assert_eq!(listed[0]["grants"], serde_json::json!(["hello", "hello of debian"]));
    // One key is one person: otherwise nobody could say who has uploaded what.
    let said = add_uploader(&site, "bob", &old.public, &[]).ends(1);
    assert!(said.stderr.contains("cannot record uploader bob"), "{}", said.stderr);
}

#[test]
fn each_context_has_an_incoming_of_its_own() {
    let site = TestSite::new(&["amd64"]);
    let package = DebBuilder::new("hello", "1.0", "amd64").build();
    let changes = ChangesBuilder::new("hello", "1.0", "stable").file(&package).build();
    let said = site.run(&["process-upload", "--context", "buildd"]).ends(1);
    assert!(said.stderr.contains("buildd/incoming is missing: create it"), "{}", said.stderr);
    for incoming in ["incoming/up", "buildd/incoming/up"] {
        let directory = site.root().join(incoming);
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(&package.name), &package.bytes).unwrap();
        std::fs::write(directory.join(&changes.name), &changes.bytes).unwrap();
    }
    site.add_source("stable", &SourceBuilder::new("hello", "1.0").binary("hello", "any").build());
    let said = site.run(&["process-upload", "-C", "buildd"]).ok();
    assert_eq!(said.stdout, "hello 1.0 by buildd: filed as new, queue item 1\n");
    assert!(site.root().join("buildd/accepted/up/hello_1.0_amd64.deb").is_file());
    let shown = site.run(&["queue", "show", "1"]).ok().stdout;
    assert!(shown.contains("uploaded by buildd without a signature, received "), "{shown}");
    // The same site, named as the reference system does.
    let root = site.root();
    let said = Ran::of(site.program().args(["process-upload", root.to_str().unwrap()])).ok();
    assert!(said.stderr.contains("signature.missing"), "{}", said.stderr);
    assert!(site.root().join("rejected/up/reasons.json").is_file());
}

#[test]
fn a_dry_run_says_what_would_happen_and_leaves_no_trace() {
    let site = TestSite::new(&["amd64"]);
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &["--package", "hello"]).ok();
    upload(&site, &ann, "hello", "1.0");
    upload(&site, &ann, "world", "1.0");
    // The write-ahead log comes and goes with each who opens the database.
    let look = || {
        let mut files = super::everything_below(&site.root());
        files.retain(|(path, _)| !path.contains("debpress.db-"));
        files
    };
    let before = look();
    let said = site.run(&["process-upload", "--dry-run"]).ok();
    assert_eq!(said.stdout, "hello 1.0 by ann: would be filed as new\n");
    assert!(said.stderr.starts_with("would reject world-1.0: permission.package: "), "{}", said.stderr);
    assert!(look() == before);

    let said = site.run(&["process-upload", "-n", "-J", "hello-1.0", "--json"]).ok();
    let told: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&told["passed"][0]["status"], &told["rejected"]), (&"new".into(), &serde_json::json!([])));
    let said = site.run(&["process-upload", "-J", "hullo"]).ends(1);
    assert!(said.stderr.contains("there is no upload hullo in incoming"), "{}", said.stderr);

    site.run(&["process-upload", "-K", "-M", "-J", "hello-1.0"]).ok();
    let said = site.run(&["process-upload", "--keep", "--no-mails", "--just-leaf", "hello-1.0"]).ok();
    assert_eq!(said.stdout, "hello 1.0 by ann: had been filed before, queue item 1\n");
    assert!(site.root().join("incoming/hello-1.0").is_dir());
}

#[test]
fn an_item_that_fails_again_and_again_is_held_until_somebody_says_otherwise() {
    let site = TestSite::new(&["amd64"]);
    let path = site.root().join("debpress.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("attempts = 5", "attempts = 2")).unwrap();
    let ann = key("ann");
    add_uploader(&site, "ann", &ann.public, &[]).ok();
    upload(&site, &ann, "hello", "1.0");
    site.run(&["process-upload"]).ok();
    site.run(&["queue", "accept", "1"]).ok();
    site.add("stable", &[DebBuilder::new("hello", "1.0", "amd64").description("built again").build()]);
    for _ in 0..2 {
        site.run(&["process-accepted"]).ends(1);
    }
    let said = site.run(&["process-accepted"]).ok();
    let start = "queue item 1, hello 1.0, is held after 2 attempts: ";
    assert!(said.stderr.starts_with(start) && said.stderr.contains("queue retry 1"), "{}", said.stderr);
    let shown = site.run(&["queue", "show", "1"]).ok().stdout;
    assert!(shown.contains("held after 2 attempts: "), "{shown}");
    site.run(&["queue", "retry", "1"]).ok();
    site.run(&["process-accepted"]).ends(1);
    let said = site.run(&["queue", "retry", "1", "1"]).ends(1);
    assert!(said.stderr.contains("queue item 1 has not failed"), "{}", said.stderr);
}
