//! Documents whose commands are run as written.
//!
//! Blocks are told apart by their info string:
//!
//! ```text
//! sh        runs in the directory of its tutorial, after those before it
//! output    its lines come, in this order, from the `sh` block above it
//! ```

use std::path::Path;

use super::tool::{Ran, tool};

/// A block of a document.
#[derive(Debug)]
pub(crate) struct Block {
    /// Name of the document, for messages.
    document: &'static str,
    /// The heading above it.
    pub(crate) section: &'static str,
    /// What kind it is.
    pub(crate) info: &'static str,
    /// Line in the document of its first line of text.
    pub(crate) line: usize,
    /// Its text.
    pub(crate) text: String,
}

/// The blocks of a document.
pub(crate) fn blocks(document: &'static str, text: &'static str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut section, mut open) = ("", false);
    for (number, line) in (1..).zip(text.lines()) {
        match (open, line.strip_prefix("```")) {
            (false, Some(info)) => {
                blocks.push(Block { document, section, info, line: number + 1, text: String::new() });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            (false, None) => section = line.strip_prefix("## ").unwrap_or(section),
        }
    }
    blocks
}

/// Runs the `sh` blocks in `directory` in one shell, and compares the `output` blocks.
pub(crate) fn follow(directory: &Path, blocks: &[Block]) {
    let mut script = String::from("exec 2>&1\n");
    for block in blocks.iter().filter(|block| block.info == "sh") {
        script += &format!("echo '@@ line {}'\n{}", block.line, block.text);
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_debpress")).parent().unwrap();
    let mut shell = tool("bash", directory);
    shell
        .args(["-euo", "pipefail", "-c", &script])
        .env("PATH", format!("{}:/usr/bin:/bin", binary.display()));
    let said = Ran::of(&mut shell).ok().stdout;
    for pair in blocks.windows(2) {
        if let [command, shown] = pair
            && shown.info == "output"
        {
            let marker = format!("@@ line {}\n", command.line);
            let (_, after) = said.split_once(&marker).unwrap();
            let printed = after.split("@@ line").next().unwrap();
            let mut lines = printed.lines();
            for line in shown.text.lines() {
                assert!(
                    lines.any(|one| one == line),
                    "{} line {}: not printed: {line}\n{printed}",
                    shown.document,
                    shown.line
                );
            }
        }
    }
}
