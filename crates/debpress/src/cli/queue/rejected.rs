//! `debpress queue rejected`

use crate::admin::rejected::{Rejected, rejected};
use crate::cli::Context;
use crate::cli::error::{CliError, Status};
use crate::context::Site;

pub(super) fn list(context: &Context, site: &Site) -> Result<Status, CliError> {
    let found = rejected(site.directory())?;
    let out = &context.output;
    if out.is_json() {
        out.json(&found)?;
        return Ok(Status::Done);
    }
    for Rejected { at, upload, path, anonymous, reasons } in &found {
        let who = if *anonymous { ", signed by nobody known" } else { "" };
        out.line(format_args!("{at} {upload}{who}, in {path}"))?;
        for reason in reasons {
            let file = reason.file.as_ref().map(|file| format!(" {file}")).unwrap_or_default();
            out.line(format_args!("  {}{file}: {}", reason.code, reason.message))?;
        }
    }
    let anonymous = found.iter().filter(|one| one.anonymous).count();
    out.note(format_args!("{} refused, {anonymous} of them signed by nobody known", found.len()));
    Ok(Status::Done)
}
