//! Steps of archives. Pure.

use super::decide::{Declared, Draft, field, fixed, made, yes_no};
use super::{Action, Field};
use crate::admin::archive::{ArchiveChange, ArchiveRequest};
use crate::config::declared::DeclaredArchive;
use crate::model::archive::{Archive, ArchiveId, ArchiveLists, ArchiveRef};
use crate::model::signing::KeyNames;
use crate::model::size::Bytes;
use crate::model::suite::Distribution;

/// What of the declared archives changes, those that are being made too.
pub(super) fn settle(
    draft: &mut Draft,
    declared: &Declared<'_>,
    (distributions, archives): (&[Distribution], &[Archive]),
) {
    roots_differ(draft, declared, archives);
    for (reference, wanted) in declared.archives {
        let subject = format!("archive {reference}");
        if let Some(recorded) = archives.iter().find(|it| it.reference == *reference) {
            if recorded.deletion.is_some() {
                let again =
                    format_args!("it is being deleted: `debpress archive delete {reference}` finishes that");
                draft.problem(&subject, again);
                continue;
            }
            let private = wanted.private.map(yes_no);
            fixed(draft, &subject, "private", private, yes_no(recorded.private));
            change(draft, &subject, wanted, recorded);
            continue;
        }
        let of = reference.distribution();
        let new = declared.distributions.get(of);
        let known = distributions.iter().find(|it| it.name == *of).map(|it| it.display_name.clone());
        let named = new.map(|it| it.display_name.clone().unwrap_or_else(|| of.to_string()));
        let Some(display_name) = known.clone().or(named) else {
            draft.problem(&subject, format_args!("there is no distribution `{of}`: declare it as well"));
            continue;
        };
        if wanted.private == Some(true) && reference.owner().is_none() {
            draft.problem(&subject, "only a personal archive, ~OWNER/DISTRO/PPA, can be private");
        }
        let mut fresh = fresh(reference, &display_name);
        // The primary archive comes with its distribution.
        if known.is_some() || *reference != ArchiveRef::Primary(of.clone()) {
            create(draft, &subject, wanted, &mut fresh);
        }
        change(draft, &subject, wanted, &fresh);
    }
}

/// An archive that is made and given nothing.
fn fresh(reference: &ArchiveRef, display_name: &str) -> Archive {
    let (origin, label) = reference.default_origin_and_label(display_name);
    Archive {
        id: ArchiveId(0),
        reference: reference.clone(),
        origin,
        label,
        enabled: true,
        size_limit: None,
        obsolete_uploads: false,
        published: true,
        private: false,
        signing_keys: KeyNames::default(),
        deletion: None,
        lists: ArchiveLists::default(),
    }
}

fn create(draft: &mut Draft, subject: &str, wanted: &DeclaredArchive, fresh: &mut Archive) {
    fresh.origin = wanted.origin.clone().unwrap_or_else(|| fresh.origin.clone());
    fresh.label = wanted.label.clone().unwrap_or_else(|| fresh.label.clone());
    fresh.private = wanted.private.unwrap_or_default();
    fresh.size_limit = wanted.size_limit.flatten().map(|Bytes(bytes)| bytes);
    let mut fields = vec![made("origin", &fresh.origin), made("label", &fresh.label)];
    fields.extend(fresh.private.then(|| made("private", yes_no(true))));
    fields.extend(fresh.size_limit.map(|bytes| made("size_limit", &limit(Some(bytes)))));
    let request = ArchiveRequest {
        reference: fresh.reference.clone(),
        origin: Some(fresh.origin.clone()),
        label: Some(fresh.label.clone()),
        size_limit: fresh.size_limit.map(Bytes),
        private: fresh.private,
    };
    draft.step(subject, true, fields, Action::CreateArchive(request));
}

fn change(draft: &mut Draft, subject: &str, wanted: &DeclaredArchive, before: &Archive) {
    let flag = |name, is: bool, declared: Option<bool>| field(name, yes_no(is), declared.map(yes_no));
    let size = wanted.size_limit.map(|size| limit(size.map(|Bytes(bytes)| bytes)));
    let fields: Vec<Field> = [
        field("origin", &before.origin, wanted.origin.as_deref()),
        field("label", &before.label, wanted.label.as_deref()),
        flag("publish", before.published, wanted.publish),
        flag("uploads", before.enabled, wanted.uploads),
        flag("obsolete_uploads", before.obsolete_uploads, wanted.obsolete_uploads),
        flag("ls_lr", before.lists.ls_lr, wanted.ls_lr),
        flag("indices", before.lists.indices, wanted.indices),
        field("size_limit", &limit(before.size_limit), size.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect();
    let reference = &before.reference;
    if !fields.is_empty() {
        let change = ArchiveChange {
            enabled: wanted.uploads,
            size_limit: wanted.size_limit,
            obsolete_uploads: wanted.obsolete_uploads,
            published: wanted.publish,
            origin: wanted.origin.clone(),
            label: wanted.label.clone(),
            ls_lr: wanted.ls_lr,
            indices: wanted.indices,
        };
        draft.step(subject, false, fields, Action::ChangeArchive(reference.clone(), change));
    }
    let Some(keys) = &wanted.signing_keys else { return };
    if let Some(change) = field("signing_keys", &before.signing_keys.to_string(), Some(&keys.to_string())) {
        draft.step(subject, false, vec![change], Action::AssignKeys(reference.clone(), keys.clone()));
    }
}

/// A bound of size for people, exact: two that look alike are the same.
fn limit(bytes: Option<u64>) -> String {
    let Some(bytes) = bytes else { return "none".to_owned() };
    let short = Bytes(bytes).to_string();
    let is_exact = short.replace(' ', "").parse() == Ok(Bytes(bytes));
    if is_exact { short } else { format!("{bytes} bytes") }
}

/// No two archives may have one root, those that come with new distributions included.
fn roots_differ(draft: &mut Draft, declared: &Declared<'_>, archives: &[Archive]) {
    let recorded = archives.iter().map(|archive| archive.reference.clone());
    let primary = declared.distributions.keys().map(|name| ArchiveRef::Primary(name.clone()));
    let mut all: Vec<ArchiveRef> = recorded.chain(primary).chain(declared.archives.keys().cloned()).collect();
    all.sort();
    all.dedup();
    let is_new = |it: &ArchiveRef| archives.iter().all(|archive| archive.reference != *it);
    for one in all.iter().filter(|it| is_new(it)) {
        for other in all.iter().filter(|other| *other != one && one.shares_root_with(other)) {
            let what = format!("it would be published where {other} is, to {}", other.root());
            draft.problem(&format!("archive {one}"), what);
        }
    }
}
