//! The help text of every command. Whoever changes what a command does reads here what it says about itself.

use tempfile::TempDir;

use crate::support::tool::{Ran, tool};

fn help(command: &[&str]) -> String {
    let home = TempDir::new().unwrap();
    let mut program = tool(env!("CARGO_BIN_EXE_debpress"), home.path());
    Ran::of(program.args(command).arg("--help")).ok().stdout
}

/// The commands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let section = help.split_once("\nCommands:\n").map(|(_, rest)| rest).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.is_empty());
    let named = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = named.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Every command with its words, in the order in which help lists them; groups before their commands.
fn commands() -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for name in listed(&help(&[])) {
        all.push(vec![name.clone()]);
        all.extend(listed(&help(&[&name])).into_iter().map(|below| vec![name.clone(), below]));
    }
    all
}

#[test]
fn every_command_explains_itself() {
    let commands = commands();
    assert!(commands.len() > 15, "the list of commands was not found: {commands:?}");
    for command in &commands {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let name = [&["debpress"], &words[..]].concat().join("-");
        insta::assert_snapshot!(name, help(&words));
    }
}

#[test]
fn every_command_that_does_something_tells_its_exit_status() {
    let commands = commands();
    let groups: Vec<&str> = commands.iter().filter(|c| c.len() == 2).map(|c| c[0].as_str()).collect();
    for command in commands.iter().filter(|c| !(c.len() == 1 && groups.contains(&c[0].as_str()))) {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        assert!(help(&words).contains("Exit status: 0"), "{words:?}");
    }
}
