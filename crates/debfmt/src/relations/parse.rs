//! The parser behind [`super::Relations::parse`].

use super::{Relation, RelationError, VersionOperator};
use crate::names::PackageName;
use crate::version::Version;

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Longest first, so that `<<` is not taken for `<`.
const OPERATORS: [(&str, VersionOperator); 7] = [
    ("<<", VersionOperator::Earlier),
    ("<=", VersionOperator::EarlierOrEqual),
    (">=", VersionOperator::LaterOrEqual),
    (">>", VersionOperator::Later),
    ("=", VersionOperator::Exactly),
    ("<", VersionOperator::EarlierOrEqual),
    (">", VersionOperator::LaterOrEqual),
];

pub(super) fn relations(text: &str) -> Result<Vec<Vec<Relation>>, RelationError> {
    let mut groups = Vec::new();
    let mut offset = 0;
    for part in text.split(',') {
        if !part.trim_matches(BLANKS).is_empty() {
            groups.push(group(part, offset)?);
        }
        offset += part.len() + 1;
    }
    Ok(groups)
}

fn group(text: &str, mut offset: usize) -> Result<Vec<Relation>, RelationError> {
    let mut alternatives = Vec::new();
    for part in text.split('|') {
        let mut cursor = Cursor { rest: part, offset };
        cursor.skip_blanks();
        if cursor.rest.is_empty() {
            return Err(RelationError::EmptyAlternative { offset: cursor.offset });
        }
        alternatives.push(cursor.relation()?);
        offset += part.len() + 1;
    }
    Ok(alternatives)
}

/// What is left of one relation, and where in the whole text it begins.
struct Cursor<'a> {
    rest: &'a str,
    offset: usize,
}

impl<'a> Cursor<'a> {
    fn relation(mut self) -> Result<Relation, RelationError> {
        let (offset, name) = (self.offset, self.take_word());
        let name = PackageName::parse(name).map_err(|error| RelationError::BadName { offset, error })?;
        let arch_qualifier = self.qualifier()?;
        let version = self.version()?;
        let architectures = match self.bracketed('[', ']')? {
            Some(list) => list.words("architecture", is_architecture)?,
            None => Vec::new(),
        };
        let mut profiles = Vec::new();
        while let Some(list) = self.bracketed('<', '>')? {
            profiles.push(list.words("build profile", is_profile)?);
        }
        self.skip_blanks();
        if !self.rest.is_empty() {
            let text = self.rest.chars().take(40).collect();
            return Err(RelationError::Unexpected { offset: self.offset, text });
        }
        Ok(Relation { name, arch_qualifier, version, architectures, profiles })
    }

    fn qualifier(&mut self) -> Result<Option<String>, RelationError> {
        if !self.rest.starts_with(':') {
            return Ok(None);
        }
        self.advance(1);
        let (offset, word) = (self.offset, self.take_word());
        if word.starts_with('!') || !is_architecture(word) {
            let text = word.to_owned();
            return Err(RelationError::BadWord { offset, what: "architecture qualifier", text });
        }
        Ok(Some(word.to_owned()))
    }

    fn version(&mut self) -> Result<Option<(VersionOperator, Version)>, RelationError> {
        let Some(mut inner) = self.bracketed('(', ')')? else { return Ok(None) };
        inner.skip_blanks();
        let known = OPERATORS.iter().find(|(text, _)| inner.rest.starts_with(text));
        let (text, operator) = known.ok_or(RelationError::BadOperator { offset: inner.offset })?;
        inner.advance(text.len());
        inner.skip_blanks();
        let version = Version::parse(inner.rest.trim_end_matches(BLANKS))
            .map_err(|error| RelationError::BadVersion { offset: inner.offset, error })?;
        Ok(Some((*operator, version)))
    }

    /// Takes what stands between two brackets, if the next thing is the first of them.
    fn bracketed(&mut self, open: char, close: char) -> Result<Option<Cursor<'a>>, RelationError> {
        self.skip_blanks();
        let Some(inner) = self.rest.strip_prefix(open) else { return Ok(None) };
        let (inner, _) =
            inner.split_once(close).ok_or(RelationError::Unclosed { offset: self.offset, open })?;
        let cursor = Cursor { rest: inner, offset: self.offset + 1 };
        self.advance(inner.len() + 2);
        Ok(Some(cursor))
    }

    fn words(
        mut self,
        what: &'static str,
        good: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, RelationError> {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            let end = self.rest.find(BLANKS).unwrap_or(self.rest.len());
            let (offset, word) = (self.offset, self.take(end));
            // An empty list is an error; after the last word there is only the end.
            if word.is_empty() && !words.is_empty() {
                return Ok(words);
            }
            if !good(word) {
                return Err(RelationError::BadWord { offset, what, text: word.to_owned() });
            }
            words.push(word.to_owned());
        }
    }

    /// Takes text up to a blank, bracket or colon.
    fn take_word(&mut self) -> &'a str {
        let ends = |c: char| BLANKS.contains(&c) || "()[]<>:".contains(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (word, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.offset += word.len();
        self.rest = rest;
        word
    }

    fn advance(&mut self, bytes: usize) {
        self.take(bytes);
    }

    fn skip_blanks(&mut self) {
        self.advance(self.rest.len() - self.rest.trim_start_matches(BLANKS).len());
    }
}

fn is_architecture(word: &str) -> bool {
    let name = word.strip_prefix('!').unwrap_or(word);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_profile(word: &str) -> bool {
    let name = word.strip_prefix('!').unwrap_or(word);
    !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-+.".contains(&b))
}
