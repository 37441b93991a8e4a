//! The registry of rules against the stories: a code without a story could be told of anything, or of nothing.

use std::path::Path;

use debpress::admin::conform::codes::RULES;

fn text_of(directory: &str, file_is_wanted: fn(&str) -> bool) -> String {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let wanted = files.filter(|path| file_is_wanted(path.file_name().unwrap().to_str().unwrap()));
    wanted.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn each_rule_has_a_story_and_is_used() {
    let stories = text_of("tests/it/conform", |_| true);
    let program = text_of("src/admin/conform", |name| name != "codes.rs");
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
