//! The guides in docs/ do what they say, as the README does.

use debpress::adapters::openpgp::generate;
use debpress::config::{Config, MailTransport};
use debpress::model::time::Timestamp;
use debpress::upload::reason::CODES;
use tempfile::TempDir;

use crate::support::document::{blocks, follow};

const APPLY: &str = include_str!("../../../../docs/apply.md");
const NOTICES: &str = include_str!("../../../../docs/notices.md");
const PERMISSIONS: &str = include_str!("../../../../docs/permissions.md");

#[test]
fn what_the_guide_declares_can_be_declared() {
    for block in blocks("apply.md", APPLY).iter().filter(|block| block.info == "toml") {
        let config = Config::parse(&block.text).unwrap();
        assert_eq!((config.distribution.len(), config.archive.len()), (1, 3));
    }
}

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

#[test]
fn the_guide_to_notices_shows_settings_that_work_and_names_every_one() {
    let guide = blocks("notices.md", NOTICES);
    let settings = guide.iter().find(|block| block.info == "toml").unwrap();
    let config = Config::parse(&settings.text).unwrap();
    assert_eq!(config.mail.transport, MailTransport::Smtp);
    let template = debpress::config::template(true);
    let (_, mail) = template.split_once("[mail]\n").unwrap();
    let assigned = |line: &str| Some(line.trim_start_matches("# ").split_once(" = ")?.0.to_owned());
    let keys: Vec<String> = mail.lines().filter_map(assigned).collect();
    assert_eq!(keys.len(), 10, "{keys:?}");
    for key in keys {
        assert!(NOTICES.contains(&format!("`{key}`")), "{key}");
    }
}
