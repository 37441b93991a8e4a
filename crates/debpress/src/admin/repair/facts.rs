//! What a plan of repair is made of: what damaged files hold, and where good copies are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use debfmt::digest::Sha256;
use debfmt::names::SuiteName;

use super::RepairError;
use crate::admin::check::codes::POOL_SIZE;
use crate::admin::check::{CheckReport, CheckSite, Content, Mend, each, read_file, read_object};
use crate::model::custom::is_sums;
use crate::model::key::{SuiteFile, TreeKey};
use crate::model::suite::SuiteKey;
use crate::model::time::Timestamp;
use crate::ports::tree::PoolObject;

/// What is known of what may be damaged.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Of each object that is to be mended or to mend something: what it holds.
    pub(super) objects: HashMap<Sha256, Content>,
    /// Of each file of a pool that is to be mended, by root and path: what it holds.
    pub(super) files: BTreeMap<(String, String), Content>,
    /// Of each object that is not good: a file of a pool that is.
    pub(super) copies: HashMap<Sha256, (String, TreeKey)>,
    /// Files by hash of suites that are published again which hold something else, and which a publication would carry
    /// over for clients with an earlier Release.
    pub(super) retired: Vec<(String, TreeKey, Content)>,
}

/// Reads what the problems are about.
pub(super) fn read(site: &CheckSite<'_>, report: &CheckReport) -> Result<Facts, RepairError> {
    let mut facts = Facts::default();
    let mut wanted: BTreeSet<Sha256> = BTreeSet::new();
    let mut published = BTreeSet::new();
    for problem in &report.problems {
        match &problem.mend {
            Mend::Object(object) => {
                wanted.insert(object.sha256);
            }
            Mend::Pool { root, key, object } => {
                wanted.insert(object.sha256);
                let mut content = read_file(site.tree, root, key, &object.sha256);
                // What can be read through it has the right bytes, or is not there: it is a symbolic link.
                if problem.code == POOL_SIZE && content.damage().is_none() {
                    content = Content::Unreadable("it is no regular file".to_owned());
                }
                facts.files.insert((root.clone(), key.path()), content);
            }
            Mend::Publish { suite, root, name } if published.insert(*suite) => {
                retired(site, &mut facts, (*suite, root, name))?;
            }
            Mend::Publish { .. }
            | Mend::Nothing
            | Mend::Journal
            | Mend::Counters
            | Mend::Mode { .. }
            | Mend::Staged { .. }
            | Mend::PoolTemporary { .. }
            | Mend::Unknown { .. }
            | Mend::Temporaries
            | Mend::Orphan { .. } => {}
        }
    }
    let wanted: Vec<Sha256> = wanted.into_iter().collect();
    let (objects, progress) = (site.objects, ("objects read", site.progress));
    for (sha256, content) in wanted.iter().zip(each(&wanted, progress, |it| read_object(objects, it))) {
        facts.objects.insert(*sha256, content?);
    }
    copies(site, &mut facts)?;
    Ok(facts)
}

/// Reads all that a publication of the suite would carry over.
fn retired(
    site: &CheckSite<'_>,
    facts: &mut Facts,
    (suite, root, name): (SuiteKey, &str, &SuiteName),
) -> Result<(), RepairError> {
    let mut files = site.records.current_indexes(suite)?;
    let retired = site.records.retired_indexes(suite, Timestamp(i64::MIN), u64::MAX)?;
    files.extend(retired.into_iter().map(|retired| retired.file));
    let mut seen = BTreeSet::new();
    for file in files {
        let Ok(sha256) = Sha256::from_hex(&file.sha256) else { continue };
        let Some(lasting) = SuiteFile::lasting(&file.path, sha256) else { continue };
        if is_sums(&file.path) || !seen.insert(lasting.path()) {
            continue;
        }
        let key = TreeKey::Live(name.clone(), lasting);
        let damage = read_file(site.tree, root, &key, &sha256).damage();
        facts.retired.extend(damage.map(|damage| (root.to_owned(), key, damage)));
    }
    Ok(())
}

/// Looks in the pools of all archives for what the content store does not have.
fn copies(site: &CheckSite<'_>, facts: &mut Facts) -> Result<(), RepairError> {
    let lost = |content: &Content| *content != Content::Good;
    let lost: BTreeSet<Sha256> =
        facts.objects.iter().filter(|(_, content)| lost(content)).map(|(sha256, _)| *sha256).collect();
    if lost.is_empty() {
        return Ok(());
    }
    for archive in site.records.archives()?.iter().filter(|archive| archive.deletion.is_none()) {
        let root = archive.root();
        let mut candidates: BTreeMap<TreeKey, PoolObject> = BTreeMap::new();
        site.records.pool_entries(archive.id, &mut |entry| {
            if lost.contains(&entry.sha256) {
                let object = PoolObject { sha256: entry.sha256, size: entry.size };
                candidates.insert(TreeKey::Pool(entry.pool_file()), object);
            }
            true
        })?;
        for (key, object) in candidates {
            if !facts.copies.contains_key(&object.sha256)
                && read_file(site.tree, &root, &key, &object.sha256) == Content::Good
            {
                facts.copies.insert(object.sha256, (root.clone(), key));
            }
        }
    }
    Ok(())
}
