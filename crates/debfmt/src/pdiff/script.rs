//! Writing and applying ed scripts.

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use super::align::changes;

/// apt reads a script line by line into half a mebibyte; a text that needs longer lines gets no script.
const LINE: usize = 256 * 1024;
/// Ends the text of a command.
const END: &[u8] = b".\n";

/// What is wrong with a script, or with the text it is for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// A line is not a command of those that are known.
    #[error("line {line} is no command: {text:?}")]
    BadCommand {
        /// Its number, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A command is about lines that the text does not have, or that come after those of the command before it.
    #[error("line {line}: there are no such lines before those of the last command")]
    OutOfOrder {
        /// Its number, from 1.
        line: usize,
    },
    /// The script ends inside a text.
    #[error("the script ends before the text of its last command does")]
    Truncated,
}

/// Lines that change: `old` counts lines of the old text from 0, `text` is what stands there afterwards.
struct Edit<'a> {
    old: Range<usize>,
    text: &'a [u8],
}

/// The script that makes `new` of `old`; `None`: there is none, for a text does not end with its last line's end, or
/// has a line that a script cannot have (`.` alone, or longer than 256 KiB).
///
/// It is found stanza by stanza, then line by line in stanzas that changed. Memory: 16 bytes for each stanza of both
/// texts, and about a hundred for each that is in one of them only.
pub fn diff(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let ended = |text: &[u8]| text.is_empty() || text.ends_with(b"\n");
    if !ended(old) || !ended(new) {
        return None;
    }
    let mut script = Vec::new();
    for edit in edits(old, new).iter().rev() {
        write_edit(&mut script, edit)?;
    }
    Some(script)
}

fn edits<'a>(old: &[u8], new: &'a [u8]) -> Vec<Edit<'a>> {
    let (old_stanzas, new_stanzas) = (stanzas(old), stanzas(new));
    let mut edits = Vec::new();
    // Where the stanzas not looked at yet begin: stanza, line and byte of the old text, byte of the new one.
    let (mut stanza, mut line) = (0, 0);
    let mut new_at = Walk::default();
    for change in changes(&old_stanzas, &new_stanzas) {
        let skipped = old_stanzas.get(stanza..change.old.start).unwrap_or_default();
        line += skipped.iter().map(|it| memchr_iter(b'\n', it).count()).sum::<usize>();
        let gone = old_stanzas.get(change.old.clone()).unwrap_or_default();
        let old_lines: Vec<&[u8]> = gone.iter().flat_map(|it| lines(it)).collect();
        let come = new_at.bytes(&new_stanzas, new, &change.new);
        let new_lines: Vec<&[u8]> = lines(come).collect();
        let mut walk = Walk::default();
        for change in changes(&old_lines, &new_lines) {
            let text = walk.bytes(&new_lines, come, &change.new);
            edits.push(Edit { old: line + change.old.start..line + change.old.end, text });
        }
        line += old_lines.len();
        stanza = change.old.end;
    }
    edits
}

/// Finds the bytes of parts of a text, from first to last.
#[derive(Default)]
struct Walk {
    part: usize,
    byte: usize,
}

impl Walk {
    fn bytes<'a>(&mut self, parts: &[&[u8]], whole: &'a [u8], wanted: &Range<usize>) -> &'a [u8] {
        let length =
            |parts: Option<&[&[u8]]>| parts.unwrap_or_default().iter().map(|it| it.len()).sum::<usize>();
        let start = self.byte + length(parts.get(self.part..wanted.start));
        let end = start + length(parts.get(wanted.clone()));
        (self.part, self.byte) = (wanted.end, end);
        whole.get(start..end).unwrap_or_default()
    }
}

/// A text cut behind each blank line.
fn stanzas(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((part, after)) = memmem::find(rest, b"\n\n").and_then(|at| rest.split_at_checked(at + 2)) {
        parts.push(part);
        rest = after;
    }
    parts.extend(Some(rest).filter(|rest| !rest.is_empty()));
    parts
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn write_edit(script: &mut Vec<u8>, Edit { old, text }: &Edit<'_>) -> Option<()> {
    if lines(text).any(|line| line == END || line.len() > LINE) {
        return None;
    }
    let command = match (old.is_empty(), text.is_empty()) {
        (true, true) => return Some(()),
        // After that many lines.
        (true, false) => format!("{}a\n", old.start),
        (false, empty) => {
            let command = if empty { 'd' } else { 'c' };
            let (first, last) = (old.start + 1, old.end);
            if first == last { format!("{first}{command}\n") } else { format!("{first},{last}{command}\n") }
        }
    };
    script.extend_from_slice(command.as_bytes());
    if !text.is_empty() {
        script.extend_from_slice(text);
        script.extend_from_slice(END);
    }
    Some(())
}

/// What a script makes of a text.
///
/// # Errors
/// [`ScriptError`]: it has other commands than `a`, `c` and `d`, or they are not in order from last line to first.
pub fn apply(old: &[u8], script: &[u8]) -> Result<Vec<u8>, ScriptError> {
    let edits = parse(script)?;
    let mut old_lines = lines(old);
    let mut at = 0;
    let mut new = Vec::with_capacity(old.len());
    for (number, Edit { old: range, text }) in edits.into_iter().rev() {
        let out_of_order = || ScriptError::OutOfOrder { line: number };
        let keep = range.start.checked_sub(at).ok_or_else(out_of_order)?;
        for _ in 0..keep {
            new.extend_from_slice(old_lines.next().ok_or_else(out_of_order)?);
        }
        for _ in range.clone() {
            old_lines.next().ok_or_else(out_of_order)?;
        }
        new.extend_from_slice(text);
        at = range.end;
    }
    old_lines.for_each(|line| new.extend_from_slice(line));
    Ok(new)
}

/// The edits of a script, each with the number of its command's line.
fn parse(script: &[u8]) -> Result<Vec<(usize, Edit<'_>)>, ScriptError> {
    let mut edits = Vec::new();
    let (mut number, mut at) = (0, 0);
    let mut lines = lines(script);
    while let Some(line) = lines.next() {
        number += 1;
        at += line.len();
        let bad = || {
            let text = String::from_utf8_lossy(line.get(..60).unwrap_or(line)).into_owned();
            ScriptError::BadCommand { line: number, text }
        };
        let (old, has_text) = command(line).ok_or_else(bad)?;
        let (of, start) = (number, at);
        let text = if has_text { text_of(&mut lines).ok_or(ScriptError::Truncated)? } else { Vec::new() };
        let end = start + text.iter().map(|line| line.len()).sum::<usize>();
        edits.push((of, Edit { old, text: script.get(start..end).unwrap_or_default() }));
        if has_text {
            (number, at) = (number + text.len() + 1, end + END.len());
        }
    }
    Ok(edits)
}

/// The lines up to the one that ends a text; `None`: there is no such line.
fn text_of<'a>(lines: &mut impl Iterator<Item = &'a [u8]>) -> Option<Vec<&'a [u8]>> {
    let mut text = Vec::new();
    loop {
        match lines.next()? {
            line if line == END => return Some(text),
            line => text.push(line),
        }
    }
}

/// The lines of the old text that a command is about, and whether a text follows.
fn command(line: &[u8]) -> Option<(Range<usize>, bool)> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (places, command) = line.split_at_checked(line.len().checked_sub(1)?)?;
    let number =
        |text: &str| text.parse::<usize>().ok().filter(|_| text.bytes().all(|it| it.is_ascii_digit()));
    if command == "a" {
        let after = number(places)?;
        return Some((after..after, true));
    }
    let (first, last) = places.split_once(',').unwrap_or((places, places));
    let (first, last) = (number(first)?.checked_sub(1)?, number(last)?);
    let has_text = match command {
        "c" => true,
        "d" => false,
        _ => return None,
    };
    (first < last).then_some((first..last, has_text))
}
