//! Paragraphs of `Name: value` fields: deb822(5) and Debian Policy 5.1.
//!
//! [`parse`] takes UTF-8 text and gives ordered [`Paragraph`]s whose values are kept byte for byte, apart from
//! blanks at the ends of lines, so that rendering what was parsed gives the same paragraphs again.
//!
//! It is as lenient as deb822(5) asks readers to be (CRLF line ends, separator lines of blanks) and strict in
//! everything else: two readers that repair a broken text differently are how a signed text comes to mean two
//! things. Comment lines exist in `debian/control` only; see [`parse_with_comments`].

use std::fmt::{self, Write as _};

mod parse;

pub use parse::{Paragraphs, paragraphs, parse, parse_single, parse_with_comments};

/// Text that is not deb822. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Deb822Error {
    /// The text is longer than [`Limits::text_bytes`](crate::limits::Limits::text_bytes).
    #[error("the text has {bytes} bytes, more than the limit of {limit}")]
    TextTooLong {
        /// Length of the text in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A byte sequence is not UTF-8.
    #[error("line {line} is not UTF-8")]
    NotUtf8 {
        /// Where.
        line: usize,
    },
    /// A NUL byte, which C programs take for the end of the text.
    #[error("line {line} contains a NUL byte")]
    Nul {
        /// Where.
        line: usize,
    },
    /// A line is longer than [`Limits::line_bytes`](crate::limits::Limits::line_bytes).
    #[error("line {line} is longer than the limit of {limit} bytes")]
    LineTooLong {
        /// Where.
        line: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A line begins a field but has no colon.
    #[error("line {line} has no colon: {text:?}")]
    NoColon {
        /// Where.
        line: usize,
        /// The beginning of the line.
        text: String,
    },
    /// The part before the colon is not a field name (Policy 5.1).
    #[error("line {line} has a bad field name: {name:?}")]
    BadFieldName {
        /// Where.
        line: usize,
        /// The beginning of what stands before the colon.
        name: String,
    },
    /// A line begins with a blank but continues no field.
    #[error("line {line} begins with a blank but there is no field to continue")]
    OrphanContinuation {
        /// Where.
        line: usize,
    },
    /// A field occurs twice in a paragraph; names that differ in case only are the same.
    #[error("line {line} repeats the field {name}, first seen on line {first_line}")]
    DuplicateField {
        /// Where the second one is.
        line: usize,
        /// The name as written there.
        name: String,
        /// Where the first one is.
        first_line: usize,
    },
    /// A paragraph has more fields than [`Limits::fields`](crate::limits::Limits::fields).
    #[error("line {line} begins field number {} of its paragraph; the limit is {limit}", .limit + 1)]
    TooManyFields {
        /// Where the first field over the limit is.
        line: usize,
        /// The limit.
        limit: usize,
    },
    /// There are more paragraphs than [`Limits::paragraphs`](crate::limits::Limits::paragraphs).
    #[error("line {line} begins paragraph number {}; the limit is {limit}", .limit + 1)]
    TooManyParagraphs {
        /// Where the first paragraph over the limit begins.
        line: usize,
        /// The limit.
        limit: usize,
    },
    /// One paragraph was wanted and there is none.
    #[error("the text has no fields")]
    Empty,
    /// One paragraph was wanted and there are more.
    #[error("line {line} begins a second paragraph, but there may be only one")]
    MoreThanOneParagraph {
        /// Where the second begins.
        line: usize,
    },
}

impl Deb822Error {
    /// The line that is wrong, from 1; `None` if the error is about the whole text.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::TextTooLong { .. } | Self::Empty => None,
            Self::NotUtf8 { line }
            | Self::Nul { line }
            | Self::LineTooLong { line, .. }
            | Self::NoColon { line, .. }
            | Self::BadFieldName { line, .. }
            | Self::OrphanContinuation { line }
            | Self::DuplicateField { line, .. }
            | Self::TooManyFields { line, .. }
            | Self::TooManyParagraphs { line, .. }
            | Self::MoreThanOneParagraph { line } => Some(*line),
        }
    }

    /// A stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TextTooLong { .. } => "text-too-long",
            Self::NotUtf8 { .. } => "not-utf8",
            Self::Nul { .. } => "nul-byte",
            Self::LineTooLong { .. } => "line-too-long",
            Self::NoColon { .. } => "no-colon",
            Self::BadFieldName { .. } => "bad-field-name",
            Self::OrphanContinuation { .. } => "orphan-continuation",
            Self::DuplicateField { .. } => "duplicate-field",
            Self::TooManyFields { .. } => "too-many-fields",
            Self::TooManyParagraphs { .. } => "too-many-paragraphs",
            Self::Empty => "empty",
            Self::MoreThanOneParagraph { .. } => "more-than-one-paragraph",
        }
    }
}

#[derive(Clone, Debug)]
struct Field {
    name: String,
    value: String,
    /// 0 for a field that was set by code and stands on no line.
    line: usize,
}

/// Fields in the order they were written. Names are looked up without regard to ASCII case.
///
/// A value is the text after the colon without surrounding blanks; each further line follows as `"\n"` and the
/// line with its leading blank. `"Depends:\n a,\n b\n"` has the value `"\n a,\n b"`.
///
/// Two paragraphs are equal if they have the same names and values in the same order, wherever they stood.
#[derive(Clone, Debug, Default)]
pub struct Paragraph {
    fields: Vec<Field>,
}

impl Paragraph {
    /// A paragraph without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.field(name).map(|field| field.value.as_str())
    }

    /// The first line of a value: all of a simple field, the synopsis of a description.
    pub fn first_line(&self, name: &str) -> Option<&str> {
        self.get(name).map(|value| value.split_once('\n').map_or(value, |(first, _)| first))
    }

    /// The line, from 1, on which a field began; `None` if it is not there or was not parsed.
    pub fn line_of(&self, name: &str) -> Option<usize> {
        self.field(name).map(|field| field.line).filter(|line| *line > 0)
    }

    /// Whether the field is there, even if empty.
    pub fn contains(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// Replaces a value in its place, or appends the field.
    ///
    /// The result always renders as one field: in `value`, a further line that does not begin with a blank gets
    /// one, an empty further line becomes ` .`, and blanks at line ends are dropped. Bytes that no field name
    /// may have become `-` in `name`; names come from code and from parsed paragraphs, so this is a safety net.
    pub fn set(&mut self, name: &str, value: &str) {
        let value = foldable(value);
        match self.fields.iter_mut().find(|field| field.name.eq_ignore_ascii_case(name)) {
            Some(field) => field.value = value,
            None => self.fields.push(Field { name: legal_name(name), value, line: 0 }),
        }
    }

    /// Takes a field out and gives its value.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let index = self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(self.fields.remove(index).value)
    }

    /// Names, as written, and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (field.name.as_str(), field.value.as_str()))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Appends the text of the paragraph, without a separator line.
    pub fn render_into(&self, out: &mut String) {
        for (name, value) in self.iter() {
            render_field(out, name, value);
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

/// Appends one field. The value must be as [`Paragraph`] keeps it.
pub(crate) fn render_field(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push(':');
    if !value.is_empty() && !value.starts_with('\n') {
        out.push(' ');
    }
    out.push_str(value);
    out.push('\n');
}

impl fmt::Display for Paragraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.render_into(&mut text);
        f.write_str(&text)
    }
}

impl PartialEq for Paragraph {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Paragraph {}

/// What may stand in a field name: printable ASCII without blank and colon, not beginning with `#` or `-`.
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['#', '-']) && name.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b':'
}

/// Blanks at the ends of lines mean nothing; CR is there because of CRLF.
const BLANKS: [char; 3] = [' ', '\t', '\r'];

fn legal_name(name: &str) -> String {
    let mut legal: String =
        name.chars().map(|c| if u8::try_from(c).is_ok_and(is_name_byte) { c } else { '-' }).collect();
    if !is_field_name(&legal) {
        legal.insert(0, 'X');
    }
    legal
}

/// Brings a value into the form that renders as one field.
fn foldable(value: &str) -> String {
    let mut lines = value.split('\n');
    let mut out = lines.next().unwrap_or_default().trim_matches(BLANKS).replace('\0', "");
    for line in lines {
        let line = line.trim_end_matches(BLANKS);
        let lead = match line.chars().next() {
            None => " .",
            Some(' ' | '\t') => "",
            Some(_) => " ",
        };
        // Writing to a String cannot fail.
        let _infallible = write!(out, "\n{lead}{line}");
    }
    out
}

#[cfg(test)]
mod tests;
