//! The guides in docs/ do what they say, as the README does.

use debpress::adapters::openpgp::generate;
use debpress::model::time::Timestamp;
use debpress::upload::reason::CODES;
use tempfile::TempDir;

use crate::support::document::{blocks, follow};

const PERMISSIONS: &str = include_str!("../../../../docs/permissions.md");

#[test]
fn the_guide_to_permissions_works_as_written() {
    let home = TempDir::new().unwrap();
    for name in ["ann", "bob", "eve"] {
        let key = generate(&format!("{name} <{name}@tux.example>"), Timestamp(debfmt::builder::DEFAULT_TIME));
        std::fs::write(home.path().join(format!("{name}.asc")), key.unwrap().public).unwrap();
    }
    let guide = blocks("permissions.md", PERMISSIONS);
    for block in &guide {
        assert!(["sh", "output"].contains(&block.info), "line {}: nobody looks after it", block.line);
    }
    follow(home.path(), &guide);
}

#[test]
fn the_guide_to_permissions_names_every_refusal_for_want_of_one() {
    for (code, _) in CODES.iter().filter(|(code, _)| code.starts_with("permission.")) {
        assert!(PERMISSIONS.contains(&format!("| `{code}` |")), "{code}");
    }
}
