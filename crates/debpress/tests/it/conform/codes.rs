//! The registry of rules against the stories: a code without a story could be told of anything, or of nothing.

use std::path::Path;

use debpress::admin::conform::codes::RULES;

/// All Rust texts below a directory but that of one file.
fn text_of(directory: &Path, but: &str) -> String {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.is_dir() {
        true => text_of(&path, but),
        false if path.ends_with(but) => String::new(),
        false => std::fs::read_to_string(path).unwrap(),
    });
    texts.collect()
}

#[test]
fn each_rule_has_a_story_and_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let stories = text_of(&root.join("tests/it/conform"), "codes.rs");
    let program = text_of(&root.join("src/admin/conform"), "codes.rs");
    for rule in RULES {
        assert!(stories.contains(&format!("\"{}\"", rule.code)), "no story tells {}", rule.code);
        let constant = rule.code.to_uppercase().replace(['.', '-'], "_");
        assert!(program.contains(&constant), "nobody uses {}", rule.code);
    }
}

#[test]
fn rules_say_what_they_are_in_whole_sentences() {
    for (number, rule) in RULES.iter().enumerate() {
        for text in [rule.what, rule.why] {
            assert!(text.ends_with('.') && !text.contains('|'), "{}: {text}", rule.code);
        }
        assert!(RULES[number + 1..].iter().all(|other| other.code != rule.code), "{} twice", rule.code);
    }
}
