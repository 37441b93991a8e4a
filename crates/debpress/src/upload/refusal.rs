//! Refusals of which somebody is told. The record of one is its commit: mail that says so is recorded with it, and whatever
//! happens to the run, the upload goes nowhere else.

use serde::Deserialize;

use super::process::{UploadError, UploadSite};
use super::reason::Reason;
use super::report::{FiledChanges, ReasonsFile};
use crate::model::notice::NewNotice;
use crate::ports::db::{RecordsError, Refusal};
use crate::ports::incoming::Claim;

/// What was found about all .changes of an upload.
#[derive(Default)]
pub(super) struct Judged {
    /// The reasons against it, which are none when all were filed.
    pub(super) reasons: Vec<Reason>,
    /// Those that were filed nevertheless.
    pub(super) filed: Vec<FiledChanges>,
    /// What is told of those that were not.
    pub(super) notices: Vec<NewNotice>,
}

/// Records a refusal, if anybody is told of it, and returns the text of its `reasons.json`. Strangers fill no database:
/// what nobody known has signed, or is sent again and was told before, is not recorded, and is judged again after a crash.
pub(super) fn record(
    site: &UploadSite<'_>,
    claim: Option<&Claim>,
    name: &str,
    judged: &Judged,
) -> Result<String, UploadError> {
    let file = ReasonsFile { filed: &judged.filed, ..ReasonsFile::new(name, site.now, &judged.reasons) };
    let report = file.text()?;
    if !judged.notices.is_empty() {
        let claim = claim.map(|claim| claim.id.as_str()).filter(|id| !id.is_empty());
        let notices = &judged.notices;
        site.records.refuse(&Refusal { claim, report: &report, at: site.now, notices })?;
    }
    Ok(report)
}

/// The part of a report that is needed.
#[derive(Deserialize)]
struct Recorded {
    reasons: Vec<RecordedReason>,
}

#[derive(Deserialize)]
struct RecordedReason {
    code: String,
    file: Option<String>,
    message: String,
}

/// What a run that died has recorded of a claim before it could move it: the reasons, and their text.
pub(super) fn recorded(
    site: &UploadSite<'_>,
    claim: &Claim,
) -> Result<Option<(Vec<Reason>, String)>, UploadError> {
    if !claim.inherited || claim.id.is_empty() {
        return Ok(None);
    }
    let Some(text) = site.records.refusal(&claim.id)? else { return Ok(None) };
    let corrupt = || RecordsError::Corrupt { what: "the report of a refused upload", value: text.clone() };
    let recorded: Recorded = serde_json::from_str(&text).map_err(|_| corrupt())?;
    let reasons = recorded.reasons.into_iter();
    let reasons: Option<Vec<Reason>> =
        reasons.map(|reason| Reason::recorded(&reason.code, reason.file, reason.message)).collect();
    Ok(Some((reasons.ok_or_else(corrupt)?, text)))
}
