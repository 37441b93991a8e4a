//! Mail that stays in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::ports::mail::{Letter, Mail, MailError, Trouble};

/// A server that keeps what it takes, and fails for whom it is told to.
#[derive(Debug, Default)]
pub struct MemoryMail {
    taken: RefCell<Vec<Letter>>,
    troubles: RefCell<BTreeMap<String, Trouble>>,
}

impl MemoryMail {
    /// A server that takes everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Mail to this address is not taken from now on; `None`: it is again.
    pub fn set_trouble(&self, address: &str, trouble: Option<Trouble>) {
        let mut troubles = self.troubles.borrow_mut();
        match trouble {
            Some(trouble) => troubles.insert(address.to_owned(), trouble),
            None => troubles.remove(address),
        };
    }

    /// What it has taken, the oldest first, and takes no more account of.
    pub fn take(&self) -> Vec<Letter> {
        self.taken.take()
    }
}

impl Mail for MemoryMail {
    fn send(&self, letter: &Letter) -> Result<(), MailError> {
        match self.troubles.borrow().get(&letter.to) {
            Some(trouble) => {
                let message = format!("no mail is taken for {}", letter.to);
                Err(MailError { trouble: *trouble, message })
            }
            None => {
                self.taken.borrow_mut().push(letter.clone());
                Ok(())
            }
        }
    }
}
