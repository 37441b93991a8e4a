//! Reads Rust text just well enough to see what it names: no parser, so that anyone can follow it.

use std::path::{Path, PathBuf};

/// A source file without what the rules do not look at: comments and the tests beside the code.
pub(crate) struct Source {
    /// Below the crate, with `/`: `src/publish/plan.rs`.
    pub(crate) path: String,
    /// Line for line as in the file.
    text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: without_tests(&without_comments(text)) }
    }

    /// The top-level module that the file belongs to: `publish` for `src/publish/plan.rs`.
    pub(crate) fn part(&self) -> &str {
        self.module().first().copied().unwrap_or("the crate root")
    }

    /// Each top-level module of this crate that the file names, with its line.
    pub(crate) fn named_parts(&self) -> Vec<(usize, String)> {
        let to_root = "super::".repeat(self.module().len());
        let mut found = self.after("crate::");
        found.extend(self.after("debpress::"));
        if !to_root.is_empty() {
            found.extend(self.after(&to_root));
        }
        found
    }

    /// What follows `prefix` wherever it occurs as a whole path: one name, or each first name of a `{..}` group.
    pub(crate) fn after(&self, prefix: &str) -> Vec<(usize, String)> {
        let starts = self.text.match_indices(prefix).map(|(at, _)| at);
        let whole = starts
            .filter(|&at| !self.text[..at].ends_with(|c: char| c.is_alphanumeric() || "_:".contains(c)));
        whole
            .flat_map(|at| {
                let line = self.line_of(at);
                first_names(&self.text[at + prefix.len()..]).into_iter().map(move |name| (line, name))
            })
            .collect()
    }

    /// The lines that contain `word` as a whole word.
    pub(crate) fn lines_with(&self, word: &str) -> Vec<usize> {
        let is_whole =
            |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|part| part == word);
        (1..).zip(self.text.lines()).filter(|(_, line)| is_whole(line)).map(|(number, _)| number).collect()
    }

    /// The first argument of each call that ends so: `"demo"` for `site.lock("demo", Wait::No)`; empty where there is none.
    pub(crate) fn arguments_of(&self, call: &str) -> Vec<String> {
        let call = format!("{call}(");
        let calls = self.text.split(&call).skip(1);
        calls.map(|rest| rest.split([',', ')']).next().unwrap_or_default().trim().to_owned()).collect()
    }

    /// The module path of the file: `["publish", "plan"]`; empty for the crate root.
    fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|part| !["mod", "lib", "main"].contains(part)).collect()
    }

    fn line_of(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }
}

/// The first name of each path that begins here: of `{a::b, c}` they are `a` and `c`.
fn first_names(text: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim_start().split(|c: char| !(c.is_alphanumeric() || c == '_')).next().map(str::to_owned)
    };
    let Some(group) = text.strip_prefix('{') else {
        return name(text).into_iter().collect();
    };
    let (mut depth, mut start, mut parts) = (1, 0, Vec::new());
    for (at, c) in group.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 || (c == ',' && depth == 1) {
            parts.extend(name(&group[start..at]));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Cuts `//` comments. A string that contains `//` is cut too, which hides nothing that the rules look for.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// Blanks each `#[cfg(test)]` item; rustfmt closes a long one with a brace in the first column.
fn without_tests(text: &str) -> String {
    let mut inside = false;
    let mut kept = String::new();
    for line in text.lines() {
        inside |= line == "#[cfg(test)]";
        if !inside {
            kept.push_str(line);
        }
        kept.push('\n');
        inside &= !(line == "}" || (line.ends_with(';') && !line.starts_with(' ')));
    }
    kept
}

/// The paths of all Rust files below `directory`, sorted.
pub(crate) fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in
        std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
    {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The production code of the crate in `root`.
pub(crate) fn production(root: &Path) -> Vec<Source> {
    let all = rust_files(&root.join("src"));
    let is_test = |path: &Path| {
        path.components().any(|part| ["tests", "tests.rs"].map(Some).contains(&part.as_os_str().to_str()))
    };
    let below = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    all.iter()
        .map(|path| (below(path), path))
        .filter(|(below, _)| !is_test(Path::new(below)))
        .map(|(below, path)| Source::new(&below, &std::fs::read_to_string(path).unwrap()))
        .collect()
}
