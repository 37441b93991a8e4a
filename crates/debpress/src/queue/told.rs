//! What people hear of a decision about a queue item.

use debfmt::deb822;
use debfmt::limits::Limits;

use super::review::{Choice, place_of};
use crate::model::notice::NewNotice;
use crate::model::permission::Rights;
use crate::model::queue::{QueueDetail, QueuePackage, QueueStatus};
use crate::notice::{self, Decided, Destination, News, People, ToldPackage, ToldUpload};
use crate::ports::db::{Records, RecordsError, Uploader};

/// Everybody who can be told, read once for many decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    uploaders: Vec<Uploader>,
    rights: Rights,
}

impl Audience {
    /// Those whom the records know.
    ///
    /// # Errors
    /// The database fails.
    pub fn read(records: &dyn Records) -> Result<Self, RecordsError> {
        Ok(Self { uploaders: records.uploaders()?, rights: records.rights()? })
    }
}

/// What is told when somebody moves an item to `status`.
pub(super) fn notices(
    records: &dyn Records,
    detail: &QueueDetail,
    status: QueueStatus,
    choice: &Choice,
    audience: &Audience,
) -> Result<Vec<NewNotice>, RecordsError> {
    let decided = Decided { who: &choice.who, comment: &choice.comment };
    let news = match status {
        QueueStatus::Accepted => News::Accepted(Some(decided)),
        QueueStatus::Rejected => News::Rejected(decided),
        QueueStatus::New | QueueStatus::Unapproved | QueueStatus::Done => return Ok(Vec::new()),
    };
    let place = place_of(records, &detail.item)?;
    let destination = place
        .as_ref()
        .map(|(archive, series)| Destination { archive, suite: Some((series, detail.item.suite.pocket)) });
    let fields = deb822::parse_single(detail.changes_text.as_bytes(), &Limits::default()).ok();
    let is_signed = !detail.item.fingerprint.is_empty();
    let told = ToldUpload {
        changes_name: &detail.item.changes_name,
        changes_text: &detail.changes_text,
        fields: fields.as_ref(),
        signer: is_signed.then_some(detail.item.uploader.as_str()),
        destination,
        packages: detail.packages.iter().map(told_package).collect(),
        warnings: &[],
        at: choice.at,
        about: None,
    };
    let people = People { uploaders: &audience.uploaders, rights: &audience.rights };
    Ok(notice::notices(people, &told, news))
}

fn told_package(package: &QueuePackage) -> ToldPackage<'_> {
    ToldPackage {
        files: package.files.iter().map(|(name, _)| name.as_str()).collect(),
        is_source: package.architecture == "source",
        component: &package.component,
        section: &package.section,
        priority: &package.priority,
        new: package.new,
    }
}
