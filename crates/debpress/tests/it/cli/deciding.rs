//! Who may decide about queue items, and under which name.

use debfmt::builder::{ChangesBuilder, DebBuilder};
use debpress::adapters::openpgp::SequoiaSigner;
use debpress::ports::signer::Signer;

use super::people::{THEN, fails, ok, uploader};
use crate::support::site::TestSite;

/// A site on which ann has uploaded a new package, which waits as item 1.
fn waiting() -> TestSite {
    let site = TestSite::with_components("main,universe");
    let key = uploader(&site, "ann");
    ok(&site, "permission grant ann");
    let package = DebBuilder::new("hello", "1.0", "amd64").build();
    let changes = ChangesBuilder::new("hello", "1.0", "stable").file(&package).build();
    let signer = SequoiaSigner::from_armoured_secret(&key.secret).unwrap();
    let directory = site.root().join("incoming/hello");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join(&package.name), &package.bytes).unwrap();
    std::fs::write(directory.join(&changes.name), signer.clear_sign(&changes.bytes, THEN).unwrap()).unwrap();
    ok(&site, "process-upload");
    site
}

#[test]
fn a_person_decides_within_their_permission_and_is_named_in_the_history() {
    let site = waiting();
    let said = fails(&site, "queue accept 1 --as ann");
    assert_eq!(
        said.stderr,
        "error: ann may not decide about hello in debian: they have no permission for its queue; \
         `debpress permission grant ann --queue --component main` would allow it\n",
        "who may upload everything may decide nothing"
    );
    ok(&site, "permission grant ann --queue --component universe");
    let said = fails(&site, "queue reject 1 --as ann --comment no");
    assert!(said.stderr.contains("no permission covers component main"), "{}", said.stderr);
    assert!(ok(&site, "queue show 1").stdout.starts_with("queue item 1: hello 1.0, new"), "nothing happened");

    ok(&site, "permission grant ann --queue --component main");
    ok(&site, "queue accept 1 --as ann");
    let shown = ok(&site, "queue show 1").stdout;
    assert!(shown.contains(" accepted by ann\n"), "{shown}");
}

#[test]
fn the_owner_of_the_site_needs_no_permission() {
    let site = waiting();
    assert_eq!(ok(&site, "queue accept 1").stdout, "queue item 1 is accepted\n");
}
