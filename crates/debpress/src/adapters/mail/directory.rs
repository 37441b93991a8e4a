//! Each mail a file: for sites without mail, which look or let another program take it, and for tests.

use std::io;
use std::path::{Path, PathBuf};

use super::message::message;
use crate::adapters::fs::durable;
use crate::ports::mail::{Letter, Mail, MailError, Trouble};

/// Mode of the files: what uploaders are told is not for everybody.
const MODE: u32 = 0o640;

/// A directory of mails.
#[derive(Debug)]
pub struct MailDirectory {
    directory: PathBuf,
}

impl MailDirectory {
    /// Mails become `ID.eml` in `directory`, which is made when the first one comes.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory }
    }
}

impl Mail for MailDirectory {
    fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let name = letter.id.trim_matches(['<', '>']).replace(['/', '\0'], "_");
        let path = self.directory.join(format!("{name}.eml"));
        let bytes = message(letter, true)?.formatted();
        durable::create_durable_dir_all(&self.directory)
            .and_then(|()| durable::write_file(&path, &bytes, MODE))
            .map_err(|error| failed(&path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> MailError {
    MailError { trouble: Trouble::Server, message: format!("cannot write {}: {error}", path.display()) }
}
