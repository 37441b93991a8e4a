//! What waits for the arch:all packages of its source, where a series wants that.
//!
//! A build machine is done with `libfoo` for amd64 before another one is with `foo-common`, which `libfoo` depends on in
//! the same version: visible alone it could not be installed. The reference system keeps the old `foo-common` for the old
//! `libfoo` (domination), and has nothing against the new one being early. Pure.

use std::collections::{BTreeMap, BTreeSet};

use debfmt::deb822;
use debfmt::limits::Limits;
use debfmt::sources::package_list;

use crate::model::publication::{Candidate, PublicationId, PublicationStatus};
use crate::ports::db::SourceStanza;

/// The architecture of a package that fits every one.
const ALL: &str = "all";

/// A source: its name, and its version as text.
type Source = (String, String);

/// The names of the arch:all packages that sources build.
pub(super) type Promises = BTreeMap<Source, BTreeSet<String>>;

/// A publication that stays Pending although its turn has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The record.
    pub(super) id: PublicationId,
    /// The package.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    /// Its architecture.
    pub(super) architecture: String,
    /// The arch:all packages that it waits for.
    pub(super) missing: Vec<String>,
}

/// The sources of those that may have to wait.
pub(super) fn sources_that_may_wait(contested: &[Candidate]) -> BTreeSet<Source> {
    contested.iter().filter(|it| may_wait(it)).filter_map(|it| it.source.clone()).collect()
}

fn may_wait(candidate: &Candidate) -> bool {
    candidate.status == PublicationStatus::Pending && candidate.architecture != ALL
}

/// What each source builds for all architectures in an ordinary build, by its `Package-List`. A source without one
/// promises nothing.
pub(super) fn promised(stanzas: &[SourceStanza]) -> Promises {
    let of = |stanza: &str| -> BTreeSet<String> {
        let paragraph = deb822::parse_single(stanza.as_bytes(), &Limits::index()).unwrap_or_default();
        let list = package_list(paragraph.get("Package-List").unwrap_or_default());
        let for_all = list.filter(|it| it.architectures == Some(ALL) && it.is_usual());
        for_all.map(|it| it.name.to_owned()).collect()
    };
    stanzas.iter().map(|it| (it.source.clone(), of(&it.text))).collect()
}

/// Those of the Pending publications that depend on an architecture and whose source has promised an arch:all package
/// that the suite does not have. What clients see already waits for nothing.
pub(super) fn waiting(contested: &[Candidate], kin: &[Candidate], promises: &Promises) -> Vec<Waiting> {
    let is_there = |source: &Source, name: &String| {
        let same =
            |it: &Candidate| it.architecture == ALL && it.name == *name && it.source.as_ref() == Some(source);
        kin.iter().any(same)
    };
    // Placed elsewhere: it is as installable there as where clients see it now.
    let is_seen = |candidate: &Candidate| {
        let same = |it: &&Candidate| {
            (&it.name, &it.version, &it.architecture)
                == (&candidate.name, &candidate.version, &candidate.architecture)
        };
        contested.iter().filter(same).any(|it| it.status == PublicationStatus::Published)
    };
    let judge = |candidate: &Candidate| {
        let source = candidate.source.as_ref().filter(|_| may_wait(candidate) && !is_seen(candidate))?;
        let missing = promises.get(source)?.iter().filter(|name| !is_there(source, name));
        let missing: Vec<String> = missing.cloned().collect();
        let Candidate { id, name, version, architecture, .. } = candidate.clone();
        (!missing.is_empty()).then_some(Waiting { id, name, version, architecture, missing })
    };
    contested.iter().filter_map(judge).collect()
}

/// The sentence that tells an administrator; `None`: nothing waits.
pub(super) fn told(suite: &str, waiting: &[Waiting]) -> Option<String> {
    let first = waiting.first()?;
    let others = match waiting.len() {
        1 => String::new(),
        more => format!(" (and {} more)", more - 1),
    };
    Some(format!(
        "{suite}: {} {} {}{others} stays pending until what its source builds for all architectures is there: {}",
        first.name,
        first.version,
        first.architecture,
        first.missing.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::publication::PackageKind;

    fn candidate(id: i64, name: &str, architecture: &str, status: PublicationStatus) -> Candidate {
        Candidate {
            id: PublicationId(id),
            kind: PackageKind::Binary,
            name: name.to_owned(),
            version: "2".to_owned(),
            architecture: architecture.to_owned(),
            status,
            component: "main".parse().unwrap(),
            source: Some(("foo".to_owned(), "2".to_owned())),
            debug: false,
        }
    }

    fn promises(list: &str) -> Promises {
        stanza(format!("Package: foo\nVersion: 2\nPackage-List:\n{list}"))
    }

    fn stanza(text: String) -> Promises {
        promised(&[SourceStanza { source: ("foo".to_owned(), "2".to_owned()), text }])
    }

    #[test]
    fn only_ordinary_arch_all_packages_are_promised() {
        let list = " foo deb libs optional arch=any\n foo-common deb libs optional arch=all\n foo-di udeb \
                    debian-installer optional arch=all\n foo-doc deb doc optional arch=all profile=!nodoc\n foo-cross \
                    deb libs optional arch=all profile=stage1\n old deb libs optional\n";
        let all = promises(list).into_values().next().unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), ["foo-common", "foo-di", "foo-doc"]);
        let broken = stanza("broken".to_owned());
        assert_eq!(broken.into_values().next(), Some(BTreeSet::new()));
    }

    #[test]
    fn what_is_pending_waits_until_all_of_it_is_there() {
        use PublicationStatus::{Pending, Published};
        let list = promises(" foo-common deb libs optional arch=all\n foo-data deb libs optional arch=all\n");
        let lib = candidate(1, "libfoo", "amd64", Pending);
        let (common, data) =
            (candidate(2, "foo-common", "all", Pending), candidate(3, "foo-data", "all", Published));
        let told_of = |kin: &[Candidate]| {
            let contested = [lib.clone(), common.clone(), candidate(4, "foo", "amd64", Published)];
            told("noble", &waiting(&contested, kin, &list)).unwrap_or_default()
        };
        let text = "noble: libfoo 2 amd64 stays pending until what its source builds for all architectures is there: ";
        assert_eq!(told_of(std::slice::from_ref(&lib)), format!("{text}foo-common, foo-data"));
        assert_eq!(told_of(&[lib.clone(), common.clone()]), format!("{text}foo-data"));
        assert_eq!(told_of(&[lib.clone(), common.clone(), data]), "");
        let mut other = candidate(5, "foo-data", "all", Published);
        other.source = Some(("foo".to_owned(), "1".to_owned()));
        assert_eq!(told_of(&[lib.clone(), common.clone(), other]), format!("{text}foo-data"));
        assert_eq!(waiting(&[lib], &[], &Promises::default()), []);
    }
}
