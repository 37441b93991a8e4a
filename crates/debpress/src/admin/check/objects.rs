//! The content store against the records: what they need must be there.

use std::collections::{HashMap, HashSet};

use debfmt::digest::Sha256;

use super::codes::{OBJECT_CONTENT, OBJECT_MISSING, OBJECT_SIZE};
use super::hashing::{self, Content};
use super::store::{Store, orphans};
use super::{CheckError, CheckReport, CheckSite, Mend};
use crate::ports::tree::PoolObject;

/// The way out of every problem with an object.
const RESTORE: &str = "`debpress check --repair` takes it from a pool that has it; else restore it from a backup of the \
     content store, or from a mirror's copy of the package file";

/// How many of the names of an object are told.
const NAMED: usize = 3;

/// What reading the objects has told, of those that were read.
pub(super) type Verdicts = HashMap<Sha256, Content>;

/// Checks every object that any release needs, and tells what nobody needs.
pub(super) fn check(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    store: &Store,
) -> Result<Verdicts, CheckError> {
    let mut needed: Vec<PoolObject> = Vec::new();
    let walked = site.records.needed_objects(&mut |sha256, size| {
        needed.push(PoolObject { sha256, size });
        true
    });
    walked.map_err(|source| CheckError::Records { subject: "the objects".to_owned(), source })?;
    report.objects = needed.len() as u64;
    let verdicts = if site.full { read(site, store, &needed)? } else { Verdicts::new() };
    for object in &needed {
        let PoolObject { sha256, size } = object;
        match store.get(sha256) {
            None => tell(site, report, OBJECT_MISSING, object, "the content store does not have it")?,
            Some(found) if found.size != *size => {
                let fault = format!("it has {} bytes, the records say {size}", found.size);
                tell(site, report, OBJECT_SIZE, object, &fault)?;
            }
            Some(found) if !found.is_file => {
                tell(site, report, OBJECT_SIZE, object, "it is no regular file")?;
            }
            Some(_) => {
                if let Some(fault) = verdicts.get(sha256).and_then(|content| content.fault(sha256)) {
                    tell(site, report, OBJECT_CONTENT, object, &fault)?;
                }
            }
        }
    }
    let needed: HashSet<Sha256> = needed.iter().map(|object| object.sha256).collect();
    orphans(site, report, store.iter().filter(|(sha256, _)| !needed.contains(*sha256)));
    Ok(verdicts)
}

/// Tells of an object, and of who needs it.
pub(super) fn tell(
    site: &CheckSite<'_>,
    report: &mut CheckReport,
    code: &'static str,
    object: &PoolObject,
    fault: &str,
) -> Result<(), CheckError> {
    let names = site.records.object_names(&object.sha256, NAMED);
    let names = names.map_err(|source| CheckError::Records { subject: "the objects".to_owned(), source })?;
    let of = if names.is_empty() { String::new() } else { format!(" (it is {})", names.join(", ")) };
    let message = format!("{fault}{of}; {RESTORE}");
    report.add_for(code, format_args!("object {}", object.sha256), message, Mend::Object(*object));
    Ok(())
}

/// Reads every object whose size is right.
fn read(site: &CheckSite<'_>, store: &Store, needed: &[PoolObject]) -> Result<Verdicts, CheckError> {
    let whole = |it: &&PoolObject| store.get(&it.sha256).is_some_and(|found| found.size == it.size);
    let whole: Vec<Sha256> = needed.iter().filter(whole).map(|it| it.sha256).collect();
    read_these(site, &whole)
}

/// Reads objects.
pub(super) fn read_these(site: &CheckSite<'_>, these: &[Sha256]) -> Result<Verdicts, CheckError> {
    let (objects, progress) = (site.objects, site.progress);
    let read = hashing::each(these, ("objects read", progress), |sha256| hashing::object(objects, sha256));
    let mut verdicts = Verdicts::new();
    for (sha256, content) in these.iter().zip(read) {
        verdicts.insert(*sha256, content.map_err(|source| CheckError::Objects { source })?);
    }
    Ok(verdicts)
}
