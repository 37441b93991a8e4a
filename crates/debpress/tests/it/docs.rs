//! Documents that are made from the program say what the program says.

use std::path::{Path, PathBuf};

use debpress::admin::check;
use debpress::admin::conform::codes::{RULES, Rule};
use debpress::model::publishing::SeriesOptions;
use debpress::upload::reason::CODES;

/// Set, the documents are written again instead of compared.
const UPDATE: &str = "DEBPRESS_UPDATE_DOCS";

fn document(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The text between two lines of a document that begin with these marks is `made`.
fn compare(name: &str, marks: (&str, &str), made: &str) {
    let path = document(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find(marks.0).unwrap_or_else(|| panic!("{name} has no line {:?}", marks.0));
    let start = start + text[start..].find('\n').unwrap() + 1;
    let end = start + text[start..].find(marks.1).unwrap_or_else(|| panic!("{name} has no {:?}", marks.1));
    if std::env::var_os(UPDATE).is_some() {
        let text = format!("{}{made}{}", &text[..start], &text[end..]);
        std::fs::write(path, text).unwrap();
        return;
    }
    assert_eq!(&text[start..end], made, "{name} is older than the program: run with {UPDATE}=1");
}

#[test]
fn the_table_of_reasons_is_that_of_the_program() {
    let mut table = "\n| code | meaning |\n|---|---|\n".to_owned();
    for (code, meaning) in CODES {
        table.push_str(&format!("| `{code}` | {meaning} |\n"));
    }
    table.push('\n');
    compare("uploads.md", ("<!-- codes:", "<!-- end of codes -->"), &table);
}

#[test]
fn the_table_of_rules_is_that_of_the_program() {
    let mut table =
        "\n| code | weight | what is found | why it matters | source |\n|---|---|---|---|---|\n".to_owned();
    for rule in RULES {
        let Rule { code, severity, what, why, source } = rule;
        table.push_str(&format!("| `{code}` | {severity} | {what} | {why} | {source} |\n"));
    }
    table.push('\n');
    compare("conform.md", ("<!-- rules:", "<!-- end of rules -->"), &table);
}

#[test]
fn the_table_of_checks_is_that_of_the_program() {
    let mut table = "\n| code | severity | meaning | `--repair` |\n|---|---|---|---|\n".to_owned();
    for check::Code { code, severity, repair, meaning } in check::CODES {
        let (severity, repair) = (severity.as_str(), repair.words());
        table.push_str(&format!("| `{code}` | {severity} | {meaning} | {repair} |\n"));
    }
    table.push('\n');
    compare("checking.md", ("<!-- check codes:", "<!-- end of check codes -->"), &table);
}

#[test]
fn every_option_of_a_series_is_explained() {
    let text = std::fs::read_to_string(document("publishing.md")).unwrap();
    let rows: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|it| it.0).collect();
    let mut names: Vec<String> = SeriesOptions::default().shown().into_iter().map(|it| it.0).collect();
    names.push("field.NAME".to_owned());
    assert_eq!(rows, names, "the table of docs/publishing.md");
}
