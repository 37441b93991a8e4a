//! What becomes of an upload after it was judged: where it goes, and what the report and `reasons.json` say of it.

use std::collections::BTreeSet;

use debfmt::names::FileName;

use super::judge::Judge;
use super::process::{UploadError, UploadSite};
use super::reason::Reason;
use super::receive::{self, ChangesPlace, Shared, Text};
use super::refusal::{self, Judged};
use super::report::{
    AcceptedUpload, FailedUpload, FiledChanges, PassedUpload, ReasonsFile, RejectedUpload, UploadReport,
    UploadWarning,
};
use super::verdict::{Entered, Fault, Filed, Upload, Verdict};
use crate::ports::incoming::{Arrival, Claim, End, Entry, IncomingError, Listing, Place, below, fit_to_show};
use crate::ports::shortage::in_one_line;

/// How many left-over files a warning names.
const SHOWN: usize = 10;

/// Claims an upload, unless another run was faster, and takes it to its end.
pub(super) fn take(
    judge: &Judge<'_>,
    arrival: &Arrival,
    shared: &mut Shared,
    report: &mut UploadReport,
) -> Result<(), IncomingError> {
    shared.leave(arrival);
    if let Some(claim) = judge.site.incoming.claim(arrival)? {
        end(judge, claim, shared, report);
    }
    Ok(())
}

/// Judges an upload where it lies, and leaves it there.
pub(super) fn look(
    judge: &Judge<'_>,
    arrival: &Arrival,
    report: &mut UploadReport,
) -> Result<(), IncomingError> {
    let name = arrival.shown();
    let place = judge.site.settings.policy.context.place(&name);
    let keep = judge.site.settings.keep;
    match judge_all(judge, &Upload::arrived(arrival, keep), report) {
        Ok(judged) if judged.reasons.is_empty() => {}
        // Taken by another run while we looked: that run judges it.
        Ok(_) if receive::is_gone(judge.site, arrival)? => {}
        Ok(judged) => match refusal::record(judge.site, None, &name, &judged) {
            Ok(_) => {
                let reasons = judged.reasons;
                report.rejected.push(RejectedUpload { name, moved_to: place, reasons });
            }
            Err(error) => {
                report.failed.push(FailedUpload { name, moved_to: Some(place), error: in_one_line(&error) });
            }
        },
        Err(Fault::Upload(error)) => {
            let error = in_one_line(error.as_ref());
            report.failed.push(FailedUpload { name, moved_to: Some(place), error });
        }
        Err(Fault::Site(error)) => {
            report.failed.push(FailedUpload { name, moved_to: Some(place), error: in_one_line(&error) });
        }
    }
    Ok(())
}

/// Judges a claimed upload and moves it to where it belongs. What cannot be judged or moved because the site fails
/// stays claimed: the next run inherits it.
pub(super) fn end(judge: &Judge<'_>, claim: Claim, shared: &Shared, report: &mut UploadReport) {
    let name = claim.shown();
    if let Err(error) = bring_to_end(judge, claim, shared, report) {
        report.failed.push(FailedUpload { name, moved_to: None, error: in_one_line(&error) });
    }
}

fn bring_to_end(
    judge: &Judge<'_>,
    claim: Claim,
    shared: &Shared,
    report: &mut UploadReport,
) -> Result<(), UploadError> {
    if let Some((reasons, text)) = refusal::recorded(judge.site, &claim)? {
        return reject(judge.site, claim, reasons, &text, report);
    }
    let judged = match claim.loose.then(|| gather(judge, &claim, shared)) {
        Some(Err(fault)) => Err(fault),
        Some(Ok(())) | None => judge_all(judge, &Upload::claimed(&claim), report),
    };
    match judged {
        Ok(judged) if judged.reasons.is_empty() => accept(judge.site, claim),
        Ok(judged) => {
            let text = refusal::record(judge.site, Some(&claim), &claim.shown(), &judged)?;
            reject(judge.site, claim, judged.reasons, &text, report)
        }
        Err(Fault::Upload(error)) => fail(judge.site, claim, in_one_line(error.as_ref()), report),
        Err(Fault::Site(error)) => Err(error),
    }
}

fn accept(site: &UploadSite<'_>, claim: Claim) -> Result<(), UploadError> {
    site.incoming.finish(claim, End::Accepted, None)?;
    Ok(())
}

fn reject(
    site: &UploadSite<'_>,
    claim: Claim,
    reasons: Vec<Reason>,
    text: &str,
    report: &mut UploadReport,
) -> Result<(), UploadError> {
    let name = claim.shown();
    let moved_to = site.incoming.finish(claim, End::Rejected, Some(text.as_bytes()))?;
    report.rejected.push(RejectedUpload { name, moved_to, reasons });
    Ok(())
}

fn fail(
    site: &UploadSite<'_>,
    claim: Claim,
    error: String,
    report: &mut UploadReport,
) -> Result<(), UploadError> {
    let name = claim.shown();
    let file = ReasonsFile { error: Some(&error), ..ReasonsFile::new(&name, site.now, &[]) };
    let moved_to = Some(site.incoming.finish(claim, End::Failed, Some(file.text()?.as_bytes()))?);
    report.failed.push(FailedUpload { name, moved_to, error });
    Ok(())
}

/// Judges every .changes of an upload.
fn judge_all(judge: &Judge<'_>, upload: &Upload<'_>, report: &mut UploadReport) -> Result<Judged, Fault> {
    let Some(listing) = judge.site.incoming.list(upload.files)? else {
        return Ok(Judged::default());
    };
    let changes = match receive::changes_of(&listing) {
        Ok(changes) => changes,
        Err(reasons) => return Ok(Judged { reasons, ..Judged::default() }),
    };
    let mut judged = Judged::default();
    let mut named = BTreeSet::new();
    for place in &changes {
        match judge.judge(upload, place)? {
            Verdict::Refused(refused) => {
                judged.reasons.extend(refused.reasons);
                judged.notices.extend(refused.notices);
            }
            Verdict::Filed(filed) => {
                named.extend(filed.files.iter().map(|name| (place.directory.clone(), name.to_string())));
                if let Entered::Now(item, _) | Entered::Before(item) = filed.entered {
                    judged.filed.push(FiledChanges { changes: place.name.to_string(), item });
                }
                tell(upload, place, filed, report);
            }
        }
    }
    if judged.reasons.is_empty() {
        report.warnings.extend(left_over(&upload.shown, &listing, &named));
    }
    Ok(judged)
}

fn tell(upload: &Upload<'_>, place: &ChangesPlace, filed: Filed, report: &mut UploadReport) {
    let (name, changes) = (upload.shown.clone(), place.name.to_string());
    let Filed { entered, source, version, uploader, warnings, .. } = filed;
    let warning = |message| UploadWarning { name: name.clone(), message };
    report.warnings.extend(warnings.into_iter().map(warning));
    let (item, status) = match entered {
        Entered::Now(item, status) => (item, Some(status)),
        Entered::Before(item) => (item, None),
        Entered::NotReally(status) => {
            report.passed.push(PassedUpload { name, changes, status, source, version, uploader });
            return;
        }
    };
    report.accepted.push(AcceptedUpload { name, changes, item, status, source, version, uploader });
}

/// Files of an upload that none of its .changes names: nobody has looked at them, and they go where the upload goes.
fn left_over(upload: &str, listing: &Listing, named: &BTreeSet<(String, String)>) -> Option<UploadWarning> {
    let is_left_over = |directory: &str, name: &str| {
        !name.ends_with(".changes") && !named.contains(&(directory.to_owned(), name.to_owned()))
    };
    let entries = listing.entries.iter().filter(|entry| is_left_over(&entry.directory, &entry.name));
    let path = |entry: &Entry| fit_to_show(below(&entry.directory, &entry.name).as_ref());
    let paths: Vec<String> = entries.map(path).collect();
    let shown = paths.get(..SHOWN.min(paths.len())).unwrap_or_default().join(", ");
    let more = paths.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("no .changes names {shown}{more}; nothing was done with it");
    (!paths.is_empty()).then(|| UploadWarning { name: upload.to_owned(), message })
}

/// Brings the files that a loose .changes names into the claim: only when it is believed, because loose uploads lie side
/// by side and anybody could name the files of others. A .changes is an upload of its own, and never brought along.
/// What another upload that lies there names too is copied.
fn gather(judge: &Judge<'_>, claim: &Claim, shared: &Shared) -> Result<(), Fault> {
    let (site, place) = (judge.site, Place::Claimed(claim));
    let Some(listing) = site.incoming.list(place)? else { return Ok(()) };
    for ChangesPlace { directory, name } in receive::changes_of(&listing).unwrap_or_default() {
        let limits = &site.settings.limits;
        let Text::Bytes(bytes) = receive::read_text(site.incoming, place, &directory, &name, limits)? else {
            continue;
        };
        let Ok(believed) = judge.keyring.believe(&name, &bytes) else { continue };
        let named = receive::listed_files(&believed.payload, limits).unwrap_or_default();
        let names = named.into_iter().map(|(name, _)| name);
        let names = names.filter(|name| !name.as_str().ends_with(".changes"));
        let (both, own): (Vec<FileName>, Vec<FileName>) =
            names.partition(|name| shared.is_needed(&claim.path, name));
        site.incoming.gather_copies(claim, &both)?;
        site.incoming.gather(claim, &own)?;
    }
    Ok(())
}
