//! The parser behind [`super::parse`].

use super::{BLANKS, Deb822Error, Field, Paragraph, is_field_name};
use crate::limits::Limits;

/// Parses every paragraph of a text.
///
/// Text without any field gives an empty list. Fails at the first thing that is wrong; see [`Deb822Error`].
pub fn parse(text: &[u8], limits: &Limits) -> Result<Vec<Paragraph>, Deb822Error> {
    paragraphs(text, limits)?.collect()
}

/// Parses a text that must have one paragraph: a `.dsc`, a `.changes`, the control file of a binary package.
///
/// Fails with [`Deb822Error::Empty`] or [`Deb822Error::MoreThanOneParagraph`] if it has not.
pub fn parse_single(text: &[u8], limits: &Limits) -> Result<Paragraph, Deb822Error> {
    let mut all = paragraphs(text, limits)?;
    let first = all.next().ok_or(Deb822Error::Empty)??;
    match all.skip_separators() {
        Some(line) => Err(Deb822Error::MoreThanOneParagraph { line }),
        None => Ok(first),
    }
}

/// Like [`parse`], but lines that begin with `#` are comments, as in `debian/control` (Policy 5.2).
pub fn parse_with_comments(text: &[u8], limits: &Limits) -> Result<Vec<Paragraph>, Deb822Error> {
    let mut all = paragraphs(text, limits)?;
    all.comments = true;
    all.collect()
}

/// Parses paragraph by paragraph, for texts too large to hold twice.
///
/// Fails at once if the text is too long, is not UTF-8 or has a NUL; the iterator ends after its first error.
pub fn paragraphs<'a>(text: &'a [u8], limits: &'a Limits) -> Result<Paragraphs<'a>, Deb822Error> {
    let bytes = text.len() as u64;
    if bytes > limits.text_bytes {
        return Err(Deb822Error::TextTooLong { bytes, limit: limits.text_bytes });
    }
    if let Some(offset) = memchr::memchr(0, text) {
        return Err(Deb822Error::Nul { line: line_at(text, offset) });
    }
    let rest = std::str::from_utf8(text)
        .map_err(|error| Deb822Error::NotUtf8 { line: line_at(text, error.valid_up_to()) })?;
    Ok(Paragraphs { rest, line: 0, count: 0, comments: false, limits })
}

fn line_at(text: &[u8], offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    memchr::memchr_iter(b'\n', before).count() + 1
}

/// The paragraphs of a text; see [`paragraphs`].
#[derive(Clone, Debug)]
pub struct Paragraphs<'a> {
    rest: &'a str,
    /// The line last taken from `rest`, from 1.
    line: usize,
    count: usize,
    comments: bool,
    limits: &'a Limits,
}

impl<'a> Paragraphs<'a> {
    /// Takes the next line, without its line end and the blanks before it.
    fn next_line(&mut self) -> Option<Result<&'a str, Deb822Error>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        self.line += 1;
        if line.len() > self.limits.line_bytes {
            return Some(Err(Deb822Error::LineTooLong { line: self.line, limit: self.limits.line_bytes }));
        }
        Some(Ok(line.trim_end_matches(BLANKS)))
    }

    /// Skips to the next line with text, without taking it, and says which it is.
    fn skip_separators(&mut self) -> Option<usize> {
        loop {
            let mut ahead = self.clone();
            match ahead.next_line()? {
                Ok("") => *self = ahead,
                Ok(_) | Err(_) => return Some(ahead.line),
            }
        }
    }

    /// Takes one paragraph; an empty one if nothing is left but separators and comments.
    fn read(&mut self) -> Result<Paragraph, Deb822Error> {
        let mut paragraph = Paragraph::new();
        while let Some(line) = self.next_line() {
            let line = line?;
            if line.is_empty() {
                if paragraph.is_empty() {
                    continue;
                }
                break;
            }
            if self.comments && line.starts_with('#') {
                continue;
            }
            if paragraph.is_empty() && self.count == self.limits.paragraphs {
                return Err(Deb822Error::TooManyParagraphs { line: self.line, limit: self.count });
            }
            self.add_line(&mut paragraph, line)?;
        }
        self.count += 1;
        Ok(paragraph)
    }

    fn add_line(&self, paragraph: &mut Paragraph, line: &str) -> Result<(), Deb822Error> {
        if line.starts_with([' ', '\t']) {
            let field =
                paragraph.fields.last_mut().ok_or(Deb822Error::OrphanContinuation { line: self.line })?;
            field.value.push('\n');
            field.value.push_str(line);
            return Ok(());
        }
        let field = self.field(line)?;
        if let Some(first) = paragraph.field(&field.name) {
            let first_line = first.line;
            return Err(Deb822Error::DuplicateField { line: self.line, name: field.name, first_line });
        }
        if paragraph.len() == self.limits.fields {
            return Err(Deb822Error::TooManyFields { line: self.line, limit: self.limits.fields });
        }
        paragraph.fields.push(field);
        Ok(())
    }

    fn field(&self, line: &str) -> Result<Field, Deb822Error> {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| Deb822Error::NoColon { line: self.line, text: beginning(line) })?;
        if !is_field_name(name) {
            return Err(Deb822Error::BadFieldName { line: self.line, name: beginning(name) });
        }
        Ok(Field { name: name.to_owned(), value: value.trim_matches(BLANKS).to_owned(), line: self.line })
    }
}

/// Enough of a bad line to recognise it in a message.
fn beginning(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Iterator for Paragraphs<'_> {
    type Item = Result<Paragraph, Deb822Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.read() {
            Ok(paragraph) if paragraph.is_empty() => None,
            Ok(paragraph) => Some(Ok(paragraph)),
            Err(error) => {
                // What follows a broken line cannot be trusted to mean what it says.
                self.rest = "";
                Some(Err(error))
            }
        }
    }
}
