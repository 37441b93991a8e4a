//! What a queue item would change: its packages against what is published.

use std::collections::BTreeSet;

use debfmt::deb822;
use debfmt::limits::Limits;
use serde::Serialize;

use super::review::{ReviewError, show};
use crate::model::queue::{PackageText, QueueId};
use crate::model::suite::{Pocket, SuiteKey};
use crate::ports::db::Records;

/// One package of an item against the published one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Package name.
    pub name: String,
    /// `source`, `all`, or a machine architecture.
    pub architecture: String,
    /// Version in the item.
    pub version: String,
    /// Version it is compared with; `None`: nothing of that name is published there.
    pub published: Option<String>,
    /// Fields that differ, in the order of the item's package, then those that it lacks.
    pub fields: Vec<FieldChange>,
    /// Paths (of a source: file names) that come.
    pub added: Vec<String>,
    /// Paths that go.
    pub removed: Vec<String>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// The published value; `None`: it is not there.
    pub old: Option<String>,
    /// The value in the item; `None`: it is not there.
    pub new: Option<String>,
}

/// Compares each package of an item with what is live in its suite, or, where that has none, in the release pocket of
/// its series.
///
/// # Errors
/// `RecordsError::NoQueueItem`, or the database fails.
pub fn compare(records: &dyn Records, item: QueueId) -> Result<Vec<Comparison>, ReviewError> {
    let suite = show(records, item)?.item.suite;
    let mut comparisons = Vec::new();
    for text in records.queued_texts(item)? {
        let mut old = None;
        for pocket in [suite.pocket, Pocket::Release] {
            let key = SuiteKey { pocket, ..suite };
            if old.is_none() {
                old = records.live_text(key, text.kind, &text.name, &text.architecture)?;
            }
        }
        comparisons.push(comparison(old.as_ref(), &text));
    }
    Ok(comparisons)
}

/// Compares a package with an older one.
pub fn comparison(old: Option<&PackageText>, new: &PackageText) -> Comparison {
    let mut fields = Vec::new();
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    if let Some(old) = old {
        fields = field_changes(&all_fields(old), &all_fields(new));
        let (before, after): (BTreeSet<&String>, BTreeSet<&String>) =
            (old.paths.iter().collect(), new.paths.iter().collect());
        added = after.difference(&before).map(|path| (*path).clone()).collect();
        removed = before.difference(&after).map(|path| (*path).clone()).collect();
    }
    Comparison {
        name: new.name.clone(),
        architecture: new.architecture.clone(),
        version: new.version.clone(),
        published: old.map(|old| old.version.clone()),
        fields,
        added,
        removed,
    }
}

/// Component, section and priority as the archive has them, then the fields of the stanza.
fn all_fields(text: &PackageText) -> Vec<(String, String)> {
    let placement = [
        ("Component", text.placement.component.to_string()),
        ("Section", text.placement.section.clone()),
        ("Priority", text.placement.priority.clone()),
    ];
    let mut fields: Vec<(String, String)> =
        placement.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    // It was made by us of a package that was read; should it be damaged, there is nothing to compare.
    if let Ok(paragraph) = deb822::parse_single(text.stanza.as_bytes(), &Limits::index()) {
        fields.extend(paragraph.iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    fields
}

fn field_changes(old: &[(String, String)], new: &[(String, String)]) -> Vec<FieldChange> {
    let find = |fields: &[(String, String)], name: &str| {
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let names = new.iter().chain(old).map(|(name, _)| name);
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    for name in names {
        let (before, after) = (find(old, name), find(new, name));
        if seen.insert(name) && before != after {
            changes.push(FieldChange { field: name.clone(), old: before, new: after });
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::publication::{PackageKind, Placement};

    fn text(version: &str, section: &str, stanza: &str, paths: &[&str]) -> PackageText {
        let component = "main".parse().unwrap();
        PackageText {
            kind: PackageKind::Binary,
            name: "hello".into(),
            version: version.into(),
            architecture: "amd64".into(),
            placement: Placement { component, section: section.into(), priority: "optional".into() },
            stanza: stanza.into(),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    #[test]
    fn what_differs_is_told_and_nothing_else() {
        let old = text(
            "1",
            "utils",
            "Package: hello\nDepends: libc6\nReplaces: hi\n",
            &["usr/bin/hello", "etc/hi"],
        );
        let new = text(
            "2",
            "net",
            "Package: hello\nDepends: libc6 (>= 2)\nTag: x\n",
            &["usr/bin/hello", "usr/bin/hi"],
        );
        let comparison = comparison(Some(&old), &new);
        let told: Vec<String> = comparison
            .fields
            .iter()
            .map(|change| format!("{}: {:?} -> {:?}", change.field, change.old, change.new))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        Section: Some("utils") -> Some("net")
        Depends: Some("libc6") -> Some("libc6 (>= 2)")
        Tag: None -> Some("x")
        Replaces: Some("hi") -> None
        "#);
        assert_eq!(
            (comparison.added, comparison.removed),
            (vec!["usr/bin/hi".into()], vec!["etc/hi".into()])
        );
        assert_eq!(comparison.published.as_deref(), Some("1"));
    }

    #[test]
    fn nothing_published_leaves_nothing_to_compare() {
        let new = text("2", "net", "Package: hello\n", &["usr/bin/hello"]);
        let comparison = comparison(None, &new);
        assert!(comparison.fields.is_empty() && comparison.added.is_empty());
        assert_eq!(comparison.published, None);
    }
}
