//! Whether the keys will go on signing: what an administrator must do, before it is late.

use std::fmt;

use serde::Serialize;

use super::KeyAdminError;
use super::list::{KeySite, Place, places};
use crate::adapters::fs::local;
use crate::adapters::openpgp::{Algorithm, KeyFacts, SequoiaSigner, inspect};
use crate::model::time::Timestamp;

const DAY: i64 = 86_400;
/// No key is larger.
const LARGEST: u64 = 4 * 1024 * 1024;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// To be planned.
    Note,
    /// To be done.
    Warning,
    /// To be done at once: users are, or soon will be, without a signature that they believe.
    Error,
}

/// Something that is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// A stable name: `key.expires`.
    pub code: &'static str,
    /// The key, as `key list` names it.
    pub key: String,
    /// What is wrong, and the way out.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        write!(f, "{level}: {}: {}: {}", self.code, self.key, self.message)
    }
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// How many keys that somebody uses were looked at.
    pub keys: usize,
    /// What is to be done, the worst first.
    pub findings: Vec<Finding>,
}

impl DoctorReport {
    /// Whether something must be done now.
    pub fn is_ill(&self) -> bool {
        self.findings.iter().any(|finding| finding.level > Level::Note)
    }
}

/// Looks at every key that somebody uses. `valid_for` is how many seconds after its date a Release says that it is
/// valid; `None`: it does not say.
///
/// # Errors
/// `keys/` cannot be listed.
pub fn doctor(site: &KeySite<'_>, valid_for: Option<i64>) -> Result<DoctorReport, KeyAdminError> {
    let mut report = DoctorReport::default();
    for place in places(site)?.iter().filter(|place| !place.used_by.is_empty()) {
        let found: Vec<(Level, &'static str, String)> = match &place.keys {
            Err(why) => vec![(Level::Error, "key.unusable", why.clone())],
            Ok(keys) => {
                report.keys += keys.len();
                let mut found: Vec<_> =
                    keys.iter().flat_map(|facts| judge(facts, site.now, valid_for)).collect();
                found.extend(secret(place));
                found.extend(given(site, place, keys));
                found
            }
        };
        let finding = |(level, code, message)| Finding { level, code, key: place.name.clone(), message };
        report.findings.extend(found.into_iter().map(finding));
    }
    report.findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    Ok(report)
}

type Found = (Level, &'static str, String);

/// What is wrong with a key itself. Pure.
fn judge(facts: &KeyFacts, now: Timestamp, valid_for: Option<i64>) -> Vec<Found> {
    let mut found = Vec::new();
    if facts.revoked {
        found.push((Level::Error, "key.revoked", "it is revoked; use another key".to_owned()));
    }
    found.extend(facts.expires.and_then(|expires| expiry(expires, now, valid_for)));
    for algorithm in &facts.algorithms {
        let level = match algorithm {
            Algorithm::Rsa(bits) if *bits < 2048 => Level::Error,
            Algorithm::Rsa(bits) if *bits < 3072 => Level::Warning,
            Algorithm::Dsa(_) => Level::Error,
            Algorithm::Rsa(_) | Algorithm::Modern(_) => continue,
        };
        let message = format!("{algorithm} is weak, and apt refuses it sooner or later; change to a new key");
        found.push((level, "key.weak", message));
    }
    if facts.sha1 {
        let message = "its parts are bound together with SHA-1, which apt refuses; renew them with gpg, or change to a \
                       new key";
        found.push((Level::Error, "key.sha1", message.to_owned()));
    }
    found
}

fn expiry(expires: Timestamp, now: Timestamp, valid_for: Option<i64>) -> Option<Found> {
    let left = expires.0.saturating_sub(now.0);
    let renew = "extend it and give users the public key again, or change to a new key";
    if left <= 0 {
        return Some((Level::Error, "key.expired", format!("it expired on {expires}; {renew}")));
    }
    // The reference date: a Release must not outlive the key that signed it.
    if valid_for.is_some_and(|seconds| left < seconds) {
        let message =
            format!("it expires on {expires}, before a Release that is made now stops being valid; {renew}");
        return Some((Level::Error, "key.valid-until", message));
    }
    let level = match left {
        left if left <= 7 * DAY => Level::Error,
        left if left <= 30 * DAY => Level::Warning,
        left if left <= 60 * DAY => Level::Note,
        _ => return None,
    };
    let days = left / DAY;
    Some((level, "key.expires", format!("it expires on {expires}, in {days} days; {renew}")))
}

/// What is wrong with the file of a secret key.
fn secret(place: &Place) -> Vec<Found> {
    let Some(file) = &place.file else { return Vec::new() };
    let mut found = Vec::new();
    if local::mode(file).is_ok_and(|mode| mode & 0o077 != 0) {
        let message = format!("others may read it; chmod 600 {}", file.display());
        found.push((Level::Error, "key.readable", message));
    }
    if let Ok(bytes) = local::read_small(file, LARGEST)
        && let Err(error) = SequoiaSigner::from_armoured_secret(&bytes)
    {
        found.push((Level::Error, "key.unusable", error.to_string()));
    }
    found
}

/// Whether users are given what the secret file holds.
fn given(site: &KeySite<'_>, place: &Place, keys: &[KeyFacts]) -> Vec<Found> {
    let Some(public) = &place.public else { return Vec::new() };
    let file = site.directory.join(public);
    let export = match place.used_by.first().filter(|user| *user != super::list::SITE) {
        Some(archive) => format!("run `debpress key export --archive {archive} {}`", file.display()),
        None => format!("run `debpress key export {}`", file.display()),
    };
    let bytes = match local::read_small(&file, LARGEST) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("the public key {public} cannot be read ({error}); {export}");
            return vec![(Level::Note, "key.no-public", message)];
        }
    };
    let given = inspect(&bytes, site.now).unwrap_or_default();
    let differs = |facts: &&KeyFacts| !given.contains(facts);
    let message = |facts: &KeyFacts| {
        let what = match given.iter().any(|other| other.fingerprint == facts.fingerprint) {
            true => "holds another state of it than the secret file, such as another expiry",
            false => "does not hold it",
        };
        let fingerprint = &facts.fingerprint;
        let message = format!("{public} {what} ({fingerprint}); {export}, and give the file to users");
        (Level::Error, "key.differs", message)
    };
    keys.iter().filter(differs).map(message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_780_272_000);

    fn key(expires_in: Option<i64>, algorithm: Algorithm) -> KeyFacts {
        KeyFacts {
            fingerprint: "F".into(),
            user_id: "Archive".into(),
            algorithms: vec![algorithm],
            created: Timestamp(NOW.0 - 1000 * DAY),
            expires: expires_in.map(|seconds| NOW.plus(seconds)),
            revoked: false,
            sha1: false,
        }
    }

    fn told(facts: &KeyFacts, valid_for: Option<i64>) -> String {
        let found = judge(facts, NOW, valid_for);
        found.iter().map(|(level, code, _)| format!("{level:?} {code}")).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_end_of_a_key_is_told_in_time() {
        let ends = |seconds| told(&key(Some(seconds), Algorithm::Modern("ed25519")), None);
        assert_eq!(ends(60 * DAY + 1), "");
        assert_eq!(ends(60 * DAY), "Note key.expires");
        assert_eq!(ends(30 * DAY + 1), "Note key.expires");
        assert_eq!(ends(30 * DAY), "Warning key.expires");
        assert_eq!(ends(7 * DAY + 1), "Warning key.expires");
        assert_eq!(ends(7 * DAY), "Error key.expires");
        assert_eq!(ends(1), "Error key.expires");
        assert_eq!(ends(0), "Error key.expired");
        assert_eq!(told(&key(None, Algorithm::Modern("ed25519")), Some(DAY)), "");
    }

    #[test]
    fn no_release_outlives_its_key() {
        let ends = |seconds| told(&key(Some(seconds), Algorithm::Modern("ed25519")), Some(90 * DAY));
        assert_eq!((ends(90 * DAY), ends(90 * DAY - 1)), (String::new(), "Error key.valid-until".into()));
    }

    #[test]
    fn weak_keys_are_told_apart_from_those_that_nobody_should_have() {
        let kinds = [1024, 2047, 2048, 3071, 3072, 4096].map(Algorithm::Rsa);
        let told: Vec<String> = kinds.iter().map(|kind| told(&key(None, *kind), None)).collect();
        let (error, warning) = ("Error key.weak", "Warning key.weak");
        assert_eq!(told, [error, error, warning, warning, "", ""]);
        assert_eq!(super::tests::told(&key(None, Algorithm::Dsa(3072)), None), error);
        let worst = KeyFacts { revoked: true, sha1: true, ..key(Some(0), Algorithm::Dsa(1024)) };
        assert_eq!(
            super::tests::told(&worst, None),
            "Error key.revoked, Error key.expired, Error key.weak, Error key.sha1"
        );
    }
}
