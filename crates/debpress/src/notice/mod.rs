//! Notices: what people are told by mail about uploads (behaviour map 4.6).
//!
//! ```text
//! recipients   who hears of it, and who does not
//! compose      what they read
//! deliver      what was recorded goes out
//! ```
//! A notice is recorded in the transaction of the decision that it tells, so that nobody hears of what did not happen,
//! and nobody misses what did. It is sent afterwards, by whichever run comes first, and tried again while a server
//! does not take it: mail that fails never fails an upload.
//!
//! Only people whom the site has recorded are written to, at the address that it has recorded. What an upload says about
//! itself chooses among them, and never adds one.

mod compose;
mod deliver;
mod recipients;

use debfmt::deb822::Paragraph;
use debfmt::names::Component;

use crate::model::archive::Archive;
use crate::model::notice::NewNotice;
use crate::model::permission::Rights;
use crate::model::suite::{Pocket, Series};
use crate::model::time::Timestamp;
use crate::ports::db::Uploader;

pub use deliver::{Delivery, Post, Undelivered, deliver};

/// What has become of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// It waits for a person, because it brings names that the archive has never had.
    New,
    /// It waits for approval.
    Unapproved,
    /// It is accepted: by a rule, or by a person with perhaps a word about it.
    Accepted(Option<Decided<'a>>),
    /// A person has rejected it.
    Rejected(Decided<'a>),
    /// It was refused at the door, for these reasons.
    Refused(&'a [String]),
}

/// Who has decided, and what they say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided<'a> {
    /// Who.
    pub who: &'a str,
    /// Why; may be empty.
    pub comment: &'a str,
}

/// Where an upload goes, as far as that is known.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The archive.
    pub archive: &'a Archive,
    /// The suite; `None`: the upload names none that there is.
    pub suite: Option<(&'a Series, Pocket)>,
}

/// A package of an upload, and where it is placed.
#[derive(Clone, Debug)]
pub struct ToldPackage<'a> {
    /// Its files; of a source the .dsc and the rest.
    pub files: Vec<&'a str>,
    /// Whether it is a source package.
    pub is_source: bool,
    /// Component.
    pub component: &'a Component,
    /// Section.
    pub section: &'a str,
    /// Priority.
    pub priority: &'a str,
    /// Whether a person looks at it because its name is new.
    pub new: bool,
}

/// An upload that people are told of.
#[derive(Clone, Debug)]
pub struct ToldUpload<'a> {
    /// Name of its .changes.
    pub changes_name: &'a str,
    /// The text of the .changes without its signature, which could be replayed; empty where it is not known.
    pub changes_text: &'a str,
    /// Its fields; `None`: they cannot be read.
    pub fields: Option<&'a Paragraph>,
    /// The uploader who has signed it; `None`: nobody, and nobody need.
    pub signer: Option<&'a str>,
    /// Where it goes.
    pub destination: Option<Destination<'a>>,
    /// Its packages.
    pub packages: Vec<ToldPackage<'a>>,
    /// What is not wrong enough to refuse it.
    pub warnings: &'a [String],
    /// Now.
    pub at: Timestamp,
    /// See [`NewNotice::about`].
    pub about: Option<String>,
}

/// Everybody who can be told.
#[derive(Clone, Copy, Debug)]
pub struct People<'a> {
    /// Uploaders, with their addresses.
    pub uploaders: &'a [Uploader],
    /// What they may do.
    pub rights: &'a Rights,
}

/// What is told of an upload, one notice for each who hears of it.
pub fn notices(people: People<'_>, upload: &ToldUpload<'_>, news: News<'_>) -> Vec<NewNotice> {
    let recipients = recipients::of(people, upload, news);
    recipients.iter().map(|recipient| compose::notice(upload, news, recipient)).collect()
}

impl ToldUpload<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields?.get(name)
    }

    /// The source package, for placement and rights.
    fn source(&self) -> Option<&ToldPackage<'_>> {
        self.packages.iter().find(|package| package.is_source)
    }
}
