//! The arrows of the house: which part may name which, and who may touch the world. `ARCHITECTURE.md` draws them.
//!
//! The checks read text, not types. That finds what a person would write by mistake, which is what they are for.

pub(crate) mod source;

use std::path::{Path, PathBuf};

use source::{Source, production, rust_files};

/// Each part of debpress and the parts that it may name, in the order of the flow.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("ports", &["model"]),
    ("lock", &["model", "ports"]),
    ("adapters", &["model", "ports"]),
    ("notice", &["model", "ports"]),
    ("upload", &["model", "ports", "notice"]),
    ("queue", &["model", "ports", "lock", "notice", "upload"]),
    ("publish", &["model", "ports", "lock", "upload", "queue"]),
    ("config", &["model", "upload", "publish"]),
    ("context", &["model", "ports", "lock", "adapters", "upload", "queue", "publish", "config"]),
    (
        "admin",
        &["model", "ports", "lock", "adapters", "notice", "upload", "queue", "publish", "config", "context"],
    ),
    (
        "cli",
        &[
            "model", "ports", "lock", "adapters", "notice", "upload", "queue", "publish", "config",
            "context", "admin",
        ],
    ),
    ("the crate root", &["cli"]),
];

/// Longer than this and nobody sees the file whole.
const LONGEST: usize = 500;

fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn debfmt_root() -> PathBuf {
    crate_root().join("../debfmt")
}

/// A part that names one it must not name.
fn wrong_arrows(source: &Source) -> Vec<String> {
    let part = source.part();
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == part) else {
        return vec![format!("{}: `{part}` has no place among the ARROWS of this test", source.path)];
    };
    let is_part = |name: &str| ARROWS.iter().any(|(part, _)| *part == name);
    let named = source.named_parts().into_iter();
    named
        .filter(|(_, name)| name != part && is_part(name) && !allowed.contains(&name.as_str()))
        .map(|(line, name)| format!("{}:{line}: {part} -> {name}", source.path))
        .collect()
}

/// A file that talks to the world though its part may not.
fn worldly(source: &Source) -> Vec<String> {
    let part = source.part();
    let mut found: Vec<(usize, String)> = Vec::new();
    let modules = |banned: &[&str]| {
        let named = source.after("std::").into_iter().filter(|(_, name)| banned.contains(&name.as_str()));
        named.map(|(line, name)| (line, format!("std::{name}"))).collect::<Vec<_>>()
    };
    match part {
        "adapters" | "lock" => {}
        // The command line reads the environment and its own arguments, once.
        "cli" => found.extend(modules(&["fs", "net"])),
        _ => found.extend(modules(&["fs", "net", "env"])),
    }
    if !["adapters", "lock"].contains(&part) {
        for word in ["SystemTime", "rusqlite"] {
            found.extend(source.lines_with(word).into_iter().map(|line| (line, word.to_owned())));
        }
        let commands = source.after("std::process::").into_iter().filter(|(_, name)| name == "Command");
        found.extend(commands.map(|(line, _)| (line, "std::process::Command".to_owned())));
    }
    found.into_iter().map(|(line, what)| format!("{}:{line}: {part} -> {what}", source.path)).collect()
}

/// A format that looks at the machine it runs on.
fn impure(source: &Source) -> Vec<String> {
    let banned = ["fs", "env", "thread", "time", "process", "net"];
    let named = source.after("std::").into_iter().filter(|(_, name)| banned.contains(&name.as_str()));
    named.map(|(line, name)| format!("debfmt/{}:{line}: debfmt -> std::{name}", source.path)).collect()
}

#[track_caller]
fn none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n{}", wrong.join("\n"));
}

#[test]
fn every_part_names_only_what_its_arrows_allow() {
    let wrong: Vec<String> = production(&crate_root()).iter().flat_map(wrong_arrows).collect();
    none(&wrong, "an arrow that ARCHITECTURE.md does not draw");
}

#[test]
fn only_adapters_and_the_lock_touch_the_world() {
    let wrong: Vec<String> = production(&crate_root()).iter().flat_map(worldly).collect();
    none(&wrong, "go through a port: `adapters` is the only place for files, SQL, programs and the clock");
}

#[test]
fn debfmt_sees_bytes_only() {
    let wrong: Vec<String> = production(&debfmt_root()).iter().flat_map(impure).collect();
    none(&wrong, "debfmt is pure: no files, environment, threads or clock");
}

#[test]
fn no_file_is_too_long_to_see_whole() {
    let roots = [crate_root(), debfmt_root()];
    let files = roots
        .iter()
        .flat_map(|root| ["src", "tests"].map(|name| root.join(name)))
        .flat_map(|d| rust_files(&d));
    let lines = |path: &Path| std::fs::read_to_string(path).unwrap().lines().count();
    let long: Vec<String> = files
        .map(|path| (lines(&path), path))
        .filter(|(count, _)| *count > LONGEST)
        .map(|(count, path)| format!("{}: {count} lines", path.display()))
        .collect();
    none(&long, "cut it where the reader takes a breath");
}

/// The file of `all` that must declare `path`, and the name it must declare.
fn declared_by(path: &Path, all: &[PathBuf]) -> (PathBuf, String) {
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let (directory, name) = match stem(path).as_str() {
        "mod" => (path.parent().unwrap().parent().unwrap(), stem(path.parent().unwrap())),
        other => (path.parent().unwrap(), other.to_owned()),
    };
    let candidates = [directory.join("main.rs"), directory.join("mod.rs"), directory.with_extension("rs")];
    let parent = candidates.into_iter().find(|file| all.contains(file) && file != path);
    (parent.unwrap_or_else(|| panic!("nothing can declare {}", path.display())), name)
}

#[test]
fn every_test_file_is_part_of_a_test_program() {
    let mut forgotten = Vec::new();
    for root in [crate_root(), debfmt_root()] {
        let tests = root.join("tests/it");
        let all = rust_files(&tests);
        for path in all.iter().filter(|path| **path != tests.join("main.rs")) {
            let (parent, name) = declared_by(path, &all);
            let text = std::fs::read_to_string(&parent).unwrap();
            let declarations =
                [format!("mod {name};"), format!("pub(crate) mod {name};"), format!("pub mod {name};")];
            if !text.lines().any(|line| declarations.iter().any(|one| one == line.trim())) {
                forgotten.push(format!(
                    "{}: {} does not say `mod {name};`",
                    path.display(),
                    parent.display()
                ));
            }
        }
    }
    none(&forgotten, "these tests never run");
}

#[test]
fn a_wrong_arrow_is_found_however_it_is_written() {
    let written = [
        ("src/model/suite.rs", "\nuse crate::ports::db::Records;\n", "src/model/suite.rs:2: model -> ports"),
        ("src/ports/db/mod.rs", "fn f() -> crate::cli::Args;", "src/ports/db/mod.rs:1: ports -> cli"),
        ("src/queue/review.rs", "use super::super::publish::run;", "src/queue/review.rs:1: queue -> publish"),
        (
            "src/publish/plan.rs",
            "use crate::{model::{key, suite}, admin::add};",
            "src/publish/plan.rs:1: publish -> admin",
        ),
        ("src/upload/mod.rs", "use super::{\n    queue,\n};", "src/upload/mod.rs:1: upload -> queue"),
        (
            "src/adapters/clock.rs",
            "pub(crate) use crate::upload::Reason;",
            "src/adapters/clock.rs:1: adapters -> upload",
        ),
    ];
    for (path, text, message) in written {
        assert_eq!(wrong_arrows(&Source::new(path, text)), [message], "{text}");
    }
    let unknown = Source::new("src/helpers.rs", "");
    assert_eq!(
        wrong_arrows(&unknown),
        ["src/helpers.rs: `helpers` has no place among the ARROWS of this test"]
    );
}

#[test]
fn an_arrow_that_is_drawn_or_only_spoken_of_is_no_finding() {
    let text = "//! See [`crate::adapters`].\nuse crate::model::suite::Suite;\nuse super::db::Records;\n\
                /* */\n#[cfg(test)]\nmod tests {\n    use crate::adapters::memory::MemoryRecords;\n}\n";
    assert!(wrong_arrows(&Source::new("src/ports/clock.rs", text)).is_empty());
    // A test inside the file ends where its brace does: what follows is production code again.
    let after = format!("{text}use crate::adapters::clock;\n");
    assert_eq!(
        wrong_arrows(&Source::new("src/ports/clock.rs", &after)),
        ["src/ports/clock.rs:9: ports -> adapters"]
    );
}

#[test]
fn a_file_that_touches_the_world_is_found() {
    let found = |path: &str, text: &str| worldly(&Source::new(path, text));
    assert_eq!(
        found("src/publish/pool.rs", "use std::{fs, io};"),
        ["src/publish/pool.rs:1: publish -> std::fs"]
    );
    assert_eq!(
        found("src/upload/verify.rs", "\nlet now = std::time::SystemTime::now();"),
        ["src/upload/verify.rs:2: upload -> SystemTime"]
    );
    assert_eq!(
        found("src/admin/check.rs", "use std::process::{Command, ExitCode};"),
        ["src/admin/check.rs:1: admin -> std::process::Command"]
    );
    assert_eq!(found("src/queue/mod.rs", "rusqlite::params![]"), ["src/queue/mod.rs:1: queue -> rusqlite"]);
    assert_eq!(found("src/cli/mod.rs", "use std::env;\nuse std::process::ExitCode;"), [""; 0]);
    assert_eq!(found("src/adapters/clock.rs", "use std::time::SystemTime;\nuse std::fs;"), [""; 0]);
    let format = Source::new("src/deb.rs", "use std::time::Duration;");
    assert_eq!(impure(&format), ["debfmt/src/deb.rs:1: debfmt -> std::time"]);
}
