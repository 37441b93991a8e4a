//! The signatures of a suite against its Release and the site's key.

use super::codes::{SIGNATURE_BAD, SIGNATURE_DIFFERS, SIGNATURE_MISSING, SIGNATURE_STALE};
use super::suites::{PUBLISH_AGAIN, SuiteCheck, SuiteFiles};
use super::{CheckReport, Judge};
use crate::model::key::SuiteFile;

/// Checks InRelease and Release.gpg. `release` is the text of Release.
pub(super) fn check(check: &SuiteCheck<'_>, report: &mut CheckReport, files: &SuiteFiles, release: &[u8]) {
    for file in [SuiteFile::InRelease, SuiteFile::ReleaseGpg] {
        let path = check.path(&file);
        match (check.judge, files.get(&file.path())) {
            (Judge::Nothing, _) | (Judge::Unsigned | Judge::Others(_), None) => {}
            (Judge::Unsigned, Some(_)) => {
                let message = format!(
                    "no signing key is configured, so that nobody keeps this signature true; configure the key, put the \
                     public key where public_key of [signing] says if hooks sign, or {PUBLISH_AGAIN}, which leaves no \
                     signature behind"
                );
                report.add(SIGNATURE_STALE, path, message);
            }
            (Judge::Certificates(_), None) => {
                let message = format!("it is not there, and a signing key is configured; {PUBLISH_AGAIN}");
                report.add(SIGNATURE_MISSING, path, message);
            }
            (Judge::Certificates(key) | Judge::Others(key), Some(size)) => {
                let fault = match check.read(file.clone(), *size) {
                    Ok(signed) if file == SuiteFile::InRelease => clear_signed(check, &signed, key, release),
                    Ok(signature) => detached(check, &signature, key, release),
                    Err(fault) => Some((SIGNATURE_BAD, fault)),
                };
                if let Some((code, fault)) = fault {
                    report.add(code, path, format!("{fault}; {PUBLISH_AGAIN}"));
                }
            }
        }
    }
}

type Fault = (&'static str, String);

fn clear_signed(check: &SuiteCheck<'_>, signed: &[u8], key: &[u8], release: &[u8]) -> Option<Fault> {
    match check.site.verifier.verify_clearsigned(signed, &[key], check.site.now) {
        Ok(verified) if same_text(&verified.payload, release) => None,
        Ok(_) => Some((SIGNATURE_DIFFERS, "it signs another text than Release has".to_owned())),
        Err(error) => Some((SIGNATURE_BAD, unbelieved(&error))),
    }
}

/// Whether `release` is what the signature signs.
pub(super) fn detached(
    check: &SuiteCheck<'_>,
    signature: &[u8],
    key: &[u8],
    release: &[u8],
) -> Option<Fault> {
    let verified = check.site.verifier.verify_detached(release, signature, &[key], check.site.now);
    verified.err().map(|error| (SIGNATURE_BAD, unbelieved(&error)))
}

fn unbelieved(error: &crate::ports::verifier::VerifyError) -> String {
    format!("clients with the configured key do not believe it ({}: {error})", error.code())
}

/// Cleartext signatures do not cover blanks at the end of a line, nor whether the last line is ended.
fn same_text(one: &[u8], other: &[u8]) -> bool {
    let lines = |text: &[u8]| -> Vec<Vec<u8>> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        text.split(|byte| *byte == b'\n').map(|line| line.trim_ascii_end().to_vec()).collect()
    };
    lines(one) == lines(other)
}
