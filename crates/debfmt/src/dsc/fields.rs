//! Reading the fields of one paragraph while collecting everything that is wrong.

use crate::deb822::Paragraph;

/// A paragraph that is being read, and the errors met so far.
pub(crate) struct Fields<'a, 'e, E> {
    pub(crate) paragraph: &'a Paragraph,
    /// Makes the error for a field that is absent or empty.
    pub(crate) missing: fn(&'static str) -> E,
    pub(crate) errors: &'e mut Vec<E>,
}

impl<'a, E> Fields<'a, '_, E> {
    /// The value of a field that must be there and not be empty.
    pub(crate) fn required(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.paragraph.get(name).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            self.errors.push((self.missing)(name));
        }
        value
    }

    /// Parses the value of a field that must be there.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.required(name)?;
        self.keep(parse(value))
    }

    /// Parses the items of a field that must be there. Blanks and line ends separate items too.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        separator: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let items = words(self.required(name).unwrap_or_default(), separator);
        items.filter_map(|item| self.keep(parse(item))).collect()
    }

    /// Puts an error with the others.
    pub(crate) fn keep<T>(&mut self, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }
}

/// The items of a folded list that blanks, line ends and `separator` separate.
pub(crate) fn words<'a>(value: &'a str, separator: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let separator = separator.chars().next().unwrap_or(' ');
    value.split(move |c: char| c.is_ascii_whitespace() || c == separator).filter(|item| !item.is_empty())
}
