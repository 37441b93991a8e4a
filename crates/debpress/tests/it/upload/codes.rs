//! The table of codes against the code that uses them: nothing is refused without a code of the table, and the table
//! holds none that nobody uses.

use std::path::Path;

use debpress::upload::reason::{CODES, Family};

fn source_of(path: &Path, skip: &str, out: &mut String) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            source_of(&entry.unwrap().path(), skip, out);
        }
    } else if !path.ends_with(skip) && !path.ends_with("tests.rs") {
        out.push_str(&std::fs::read_to_string(path).unwrap());
    }
}

fn all_source(directories: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = String::new();
    for directory in directories {
        source_of(&root.join(directory), "reason.rs", &mut out);
    }
    out
}

/// `"deb.truncated"` is `DEB_TRUNCATED` in the program.
fn constant(code: &str) -> String {
    code.to_uppercase().replace(['.', '-'], "_")
}

#[test]
fn every_code_is_used_by_us_or_by_a_reader() {
    let ours = all_source(&["src/upload"]);
    let readers = all_source(&["../debfmt/src", "src/ports", "src/upload/custom"]);
    for (code, _) in CODES {
        let word = code.rsplit_once('.').unwrap().1;
        let told = [format!("\"{word}\""), format!("\"{code}\"")];
        let used = ours.contains(&constant(code)) || told.iter().any(|word| readers.contains(word));
        assert!(used, "nobody uses {code}");
    }
}

/// The words after `=>` in a file: what its `code()` can return.
fn words(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let after = text.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let kebab = |word: &String| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || "-.".contains(c))
    };
    after.filter(kebab).collect()
}

#[test]
fn every_fault_that_a_reader_knows_has_its_code() {
    let readers = [
        (Family::Changes, "../debfmt/src/changes.rs"),
        (Family::Changes, "../debfmt/src/dsc/files.rs"),
        (Family::Dsc, "../debfmt/src/dsc.rs"),
        (Family::Dsc, "../debfmt/src/dsc/files.rs"),
        (Family::Dsc, "../debfmt/src/dsc/layout.rs"),
        (Family::Source, "../debfmt/src/source_tree.rs"),
        (Family::Deb, "../debfmt/src/deb/error.rs"),
        (Family::Deb, "../debfmt/src/ar.rs"),
        (Family::Deb, "../debfmt/src/tar/error.rs"),
        (Family::Custom, "../debfmt/src/tar/error.rs"),
        (Family::Custom, "src/upload/custom/fault.rs"),
        (Family::Signature, "src/ports/verifier.rs"),
    ];
    for (family, file) in readers {
        let words = words(file);
        assert!(words.len() > 2, "{file} has no codes: did it move?");
        for word in words.iter().map(|word| word.trim_start_matches("signature.")) {
            // A reader that failed is no fault of what it read.
            if word != "io" {
                assert!(
                    family.code(word).ends_with(&format!(".{word}")),
                    "{file}: {word} is not in the table"
                );
            }
        }
    }
}

/// A code without a story could be told of anything, or of nothing.
#[test]
fn every_code_is_told_by_a_story() {
    // No context refuses source packages yet: that rule has a unit test.
    let stories = all_source(&["tests/it", "src/upload/policy.rs"]);
    for (code, _) in CODES {
        let (family, word) = code.split_once('.').unwrap();
        // The table of hostile archives for custom uploads says only what comes after the dot.
        let told =
            stories.contains(*code) || (family == "custom" && stories.contains(&format!("\"{word}\"")));
        assert!(told, "no story tells {code}");
    }
}
