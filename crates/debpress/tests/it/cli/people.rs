//! Uploaders for stories about who may do what: each with a key of their own.

use debpress::adapters::openpgp::{GeneratedKey, generate};
use debpress::model::time::Timestamp;

use crate::support::site::TestSite;
use crate::support::tool::Said;

/// When the keys are made: before the site's clock.
pub(crate) const THEN: Timestamp = Timestamp(debfmt::builder::DEFAULT_TIME);

/// Records an uploader with a new key and without any permission.
#[track_caller]
pub(crate) fn uploader(site: &TestSite, name: &str) -> GeneratedKey {
    let key = generate(&format!("{name} <{name}@example.org>"), THEN).unwrap();
    let file = site.scratch().join(format!("{name}.asc"));
    std::fs::write(&file, &key.public).unwrap();
    let said = site.run(&["uploader", "add", name, file.to_str().unwrap(), "--only-key"]).ok();
    assert!(said.stdout.starts_with(&format!("{name} has key {}", key.fingerprint)), "{}", said.stdout);
    key
}

/// Runs a command, written as in a shell without quotes, that must succeed.
#[track_caller]
pub(super) fn ok(site: &TestSite, command: &str) -> Said {
    site.run(&command.split_whitespace().collect::<Vec<_>>()).ok()
}

/// Runs a command that must end with status 1.
#[track_caller]
pub(super) fn fails(site: &TestSite, command: &str) -> Said {
    site.run(&command.split_whitespace().collect::<Vec<_>>()).ends(1)
}
