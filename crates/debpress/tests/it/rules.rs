//! What the tests of the reference system check, rule by rule, and where the same is told of debpress.
//!
//! `rules.txt` has each rule of behaviour map 9 in the order of the map, under the heading that it has there. Below a rule, with
//! blanks before it, stands where it is told: `publish::stories::NAME` is a test of this program, `src/..` one beside the code,
//! `debfmt/..` one of that crate; or `left out:` with the reason; or `later`, for copies between archives.

use std::collections::BTreeSet;
use std::path::Path;

use crate::architecture::source::rust_files;

const RULES: &str = include_str!("rules.txt");

/// A rule, the heading that it stands under, and where it is told.
struct Rule {
    about: &'static str,
    rule: &'static str,
    told: Vec<&'static str>,
}

fn rules() -> Vec<Rule> {
    let (mut about, mut rules) = ("", Vec::<Rule>::new());
    for line in RULES.lines().filter(|line| !line.is_empty()) {
        if let Some(heading) = line.strip_prefix("# ") {
            about = heading;
        } else if let Some(told) = line.strip_prefix("    ") {
            rules.last_mut().expect("a rule stands before what tells it").told.push(told);
        } else {
            rules.push(Rule { about, rule: line, told: Vec::new() });
        }
    }
    rules
}

/// The name of each test below a directory, with that of its module.
fn tests_below(directory: &Path, before: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for path in rust_files(directory) {
        let relative = path.strip_prefix(directory).unwrap().with_extension("");
        let parts = relative.iter().map(|part| part.to_str().unwrap());
        let module: String =
            parts.filter(|part| !["mod", "tests"].contains(part)).map(|part| format!("{part}::")).collect();
        let text = std::fs::read_to_string(&path).unwrap();
        names.extend(tests_of(&text).into_iter().map(|name| format!("{before}{module}{name}")));
    }
    names
}

/// The functions that are marked as tests, and those that a contract of a port names.
fn tests_of(text: &str) -> Vec<&str> {
    let (mut found, mut marked, mut in_contract) = (Vec::new(), false, false);
    for line in text.lines().map(str::trim) {
        in_contract |= line == "contract! {";
        marked |= line == "#[test]";
        if let Some(rest) = line.strip_prefix("fn ").filter(|_| marked) {
            found.extend(rest.split('(').next());
            marked = false;
        } else if in_contract && line != "contract! {" {
            found.extend(line.trim_end_matches('}').split_whitespace());
        }
        in_contract &= line != "}";
    }
    found
}

#[test]
fn every_rule_is_told_by_tests_that_there_are_or_says_why_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = tests_below(&root.join("tests/it"), "");
    known.extend(tests_below(&root.join("src"), "src/"));
    known.extend(tests_below(&root.join("../debfmt/src"), "debfmt/"));
    let mut wrong = Vec::new();
    for Rule { about, rule, told } in rules() {
        let says = match told[..] {
            [] => Some("nothing is said of it".to_owned()),
            ["later"] if about == "copies" => None,
            [reason] if reason.starts_with("left out: ") => None,
            _ => told
                .iter()
                .find(|test| !known.contains(**test))
                .map(|test| format!("there is no test {test}")),
        };
        wrong.extend(says.map(|says| format!("{about}: {rule}: {says}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_heading_of_the_map_has_rules_and_no_rule_is_there_twice() {
    let rules = rules();
    let mut about: Vec<&str> = rules.iter().map(|rule| rule.about).collect();
    about.dedup();
    let headings =
        ["publisher", "domination", "pool", "death row", "by-hash", "indexes", "queue", "uploads", "copies"];
    assert_eq!(about, headings);
    let different: BTreeSet<&str> = rules.iter().map(|rule| rule.rule).collect();
    assert_eq!(different.len(), rules.len());
}

#[test]
fn tests_are_found_however_they_are_written() {
    let text = "#[test]\n#[cfg(unix)]\nfn one() {\n}\nfn helper() {}\ncontract! {\n    two\n    three four\n}\nfn two() {}\n";
    assert_eq!(tests_of(text), ["one", "two", "three", "four"]);
}
