//! Translation files: descriptions by the MD5 of the English one.

use std::collections::BTreeSet;
use std::io::BufRead;

use debfmt::packages::description_md5;

use super::codes::{STANZA_FIELD, TRANSLATION_TEXT};
use super::report::Findings;
use super::room::Room;
use super::stanzas::{self, needed};

/// Reads one of them.
pub(super) struct TranslationReader {
    language: String,
    /// What descriptions it has, where it is in English.
    pub(super) md5s: BTreeSet<String>,
}

impl TranslationReader {
    pub(super) fn new(language: &str) -> Self {
        Self { language: language.to_owned(), md5s: BTreeSet::new() }
    }

    /// Whether packages refer to it.
    pub(super) fn is_english(&self) -> bool {
        self.language == "en"
    }

    /// Reads the text of the file with this path.
    pub(super) fn take(&mut self, text: &mut dyn BufRead, path: &str, findings: &mut Findings, room: &Room) {
        let english = self.is_english();
        let field = format!("Description-{}", self.language);
        stanzas::each(text, path, findings, room, &mut |stanza, findings| {
            let package = stanza.get("Package").unwrap_or("without a name");
            let (Some(md5), Some(text)) = (needed(stanza, "Description-md5"), needed(stanza, &field)) else {
                findings.add(
                    STANZA_FIELD,
                    format!("{path}: {package}"),
                    format!("it lacks Description-md5 or {field}"),
                );
                return 0;
            };
            if !english {
                return 0;
            }
            let own = description_md5(text).to_string();
            if own != md5 {
                let message = format!("Description-md5 is {md5}, that of the text is {own}");
                findings.add(TRANSLATION_TEXT, format!("{path}: {package}"), message);
            }
            self.md5s.insert(md5.to_owned());
            md5.len() + size_of::<String>()
        });
    }
}
