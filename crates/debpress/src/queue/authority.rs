//! Who may decide about a queue item (behaviour map 5.6).
//!
//! Whoever owns the site's database can change it at will, and so can root: they decide as administrators, without a
//! permission. Everybody else, and whoever an administrator speaks for with `--as`, needs a permission for the queue
//! that covers every component of the item.

use std::collections::BTreeSet;

use debfmt::names::{Component, SourceName};

use super::review::{ReviewError, show};
use crate::model::archive::{Archive, ArchiveId, ArchiveRef};
use crate::model::permission::{Denial, Power, Request, Rights, grant_command};
use crate::model::queue::{QueueDetail, QueueId};
use crate::model::suite::SuiteKey;
use crate::ports::db::{Records, RecordsError};

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The owner of the site, or root; by user name.
    Administrator(String),
    /// Somebody who needs a permission.
    Person(String),
}

impl Actor {
    /// Who acts: whom `--as` names, or the user (name and number) that the program runs as, on a site whose database
    /// belongs to the user with the number `owner`.
    pub fn of(named: Option<&str>, (user, uid): (&str, u32), owner: u32) -> Self {
        match named {
            Some(name) => Self::Person(name.to_owned()),
            None if uid == 0 || uid == owner => Self::Administrator(user.to_owned()),
            None => Self::Person(user.to_owned()),
        }
    }

    /// The name, for the history.
    pub fn name(&self) -> &str {
        match self {
            Self::Administrator(name) | Self::Person(name) => name,
        }
    }
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The archive.
    pub archive: (ArchiveId, &'a ArchiveRef),
    /// The suite.
    pub suite: SuiteKey,
    /// The source package.
    pub source: SourceName,
    /// Components of its packages; where a decision moves packages, those that they leave and those that they enter.
    pub components: BTreeSet<Component>,
}

impl<'a> Subject<'a> {
    /// A recorded item as it stands.
    ///
    /// # Errors
    /// [`RecordsError::Corrupt`]: the archive or the source name of the item is not one.
    pub fn of(item: &QueueDetail, archives: &'a [Archive]) -> Result<Self, RecordsError> {
        let corrupt = |what, value: String| RecordsError::Corrupt { what, value };
        let QueueDetail { item, packages, .. } = item;
        let archive = archives.iter().find(|archive| archive.id == item.suite.archive);
        let archive = archive.ok_or_else(|| corrupt("an archive", item.suite.archive.0.to_string()))?;
        let source = item.source.parse().map_err(|_| corrupt("a source name", item.source.clone()))?;
        Ok(Self {
            archive: (archive.id, &archive.reference),
            suite: item.suite,
            source,
            components: packages.iter().map(|package| package.component.clone()).collect(),
        })
    }
}

/// Why somebody may not decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{person} may not decide about {source_name} in {archive}: {}; `{}` would allow it",
    why(.denial, .component.as_ref()), command(.person, own.then_some(.archive), .component.as_ref())
)]
pub struct Denied {
    /// Who.
    pub person: String,
    /// The source package.
    pub source_name: SourceName,
    /// The archive, by its reference.
    pub archive: String,
    /// Whether that is somebody's own: then a permission must name it.
    own: bool,
    /// The component that no permission covers; `None`: nothing is covered.
    pub component: Option<Component>,
    /// Why.
    pub denial: Denial,
}

fn why(denial: &Denial, component: Option<&Component>) -> String {
    match (denial, component) {
        (Denial::NoRights, _) => "they have no permission for its queue".to_owned(),
        (Denial::Component, Some(component)) => format!("no permission covers component {component}"),
        (Denial::Explicit, _) => {
            "its package set is open to holders of an explicit permission only".to_owned()
        }
        (Denial::NotThis | Denial::Component, _) => {
            "their permissions for the queue cover other series, pockets or packages".to_owned()
        }
    }
}

fn command(person: &str, own: Option<&String>, component: Option<&Component>) -> String {
    let bounds = component.map_or_else(String::new, |component| format!("--component {component}"));
    grant_command(person, Power::Queue, own.map(String::as_str), &bounds)
}

/// Whether somebody may decide about an item: about each of its components.
///
/// # Errors
/// [`Denied`], with the first component that is not covered.
pub fn may_decide(rights: &Rights, actor: &Actor, subject: &Subject<'_>) -> Result<(), Denied> {
    let person = match actor {
        Actor::Administrator(_) => return Ok(()),
        Actor::Person(person) => person,
    };
    let mut components: Vec<Option<&Component>> = subject.components.iter().map(Some).collect();
    if components.is_empty() {
        // An item without packages (custom files only) has no component that a permission could miss.
        components.push(None);
    }
    for component in components {
        let request = Request {
            person,
            power: Power::Queue,
            archive: subject.archive,
            series: subject.suite.series,
            pocket: subject.suite.pocket,
            source: &subject.source,
            component,
        };
        if let Err(denial) = rights.decide(&request) {
            let archive = subject.archive.1;
            return Err(Denied {
                person: person.clone(),
                source_name: subject.source.clone(),
                archive: archive.to_string(),
                own: archive.owner().is_some(),
                component: component.cloned(),
                denial,
            });
        }
    }
    Ok(())
}

/// Whether somebody may decide about a recorded item, and move packages of it into the component `also`.
///
/// # Errors
/// [`ReviewError::Denied`], [`RecordsError::NoQueueItem`], or the database fails.
pub fn authorise(
    records: &dyn Records,
    item: QueueId,
    actor: &Actor,
    also: Option<&Component>,
) -> Result<(), ReviewError> {
    if let Actor::Administrator(_) = actor {
        return Ok(());
    }
    let detail = show(records, item)?;
    let archives = records.archives()?;
    let mut subject = Subject::of(&detail, &archives)?;
    subject.components.extend(also.cloned());
    Ok(may_decide(&records.rights()?, actor, &subject)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::permission::{Permission, Scope};
    use crate::model::suite::{Pocket, SeriesId};

    fn subject<'a>(archive: &'a ArchiveRef, components: &[&str]) -> Subject<'a> {
        Subject {
            archive: (ArchiveId(1), archive),
            suite: SuiteKey { archive: ArchiveId(1), series: SeriesId(1), pocket: Pocket::Updates },
            source: "hello".parse().unwrap(),
            components: components.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    fn queue(scope: Scope) -> Rights {
        let permissions = vec![Permission { person: "ann".into(), power: Power::Queue, scope }];
        Rights { permissions, ..Rights::default() }
    }

    fn main() -> Scope {
        Scope { component: Some("main".parse().unwrap()), ..Scope::default() }
    }

    fn ann() -> Actor {
        Actor::Person("ann".into())
    }

    #[test]
    fn the_owner_of_the_site_and_root_act_as_administrators_unless_they_speak_for_another() {
        assert_eq!(Actor::of(None, ("root", 0), 1000), Actor::Administrator("root".into()));
        assert_eq!(Actor::of(None, ("repo", 1000), 1000), Actor::Administrator("repo".into()));
        assert_eq!(Actor::of(None, ("ann", 1001), 1000), ann());
        assert_eq!(Actor::of(Some("ann"), ("root", 0), 1000), ann());
    }

    #[test]
    fn an_administrator_needs_no_permission() {
        let debian = "debian".parse().unwrap();
        let root = Actor::Administrator("root".into());
        assert_eq!(may_decide(&Rights::default(), &root, &subject(&debian, &["main"])), Ok(()));
        may_decide(&Rights::default(), &ann(), &subject(&debian, &["main"])).unwrap_err();
    }

    #[test]
    fn every_component_of_the_item_must_be_covered() {
        let debian = "debian".parse().unwrap();
        assert_eq!(may_decide(&queue(main()), &ann(), &subject(&debian, &["main"])), Ok(()));
        let denied =
            may_decide(&queue(main()), &ann(), &subject(&debian, &["main", "universe"])).unwrap_err();
        assert_eq!(
            denied.to_string(),
            "ann may not decide about hello in debian: no permission covers component universe; \
             `debpress permission grant ann --queue --component universe` would allow it"
        );
        assert_eq!(may_decide(&queue(Scope::default()), &ann(), &subject(&debian, &["universe"])), Ok(()));
        let none = subject(&debian, &[]);
        assert_eq!(may_decide(&queue(main()), &ann(), &none), Ok(()), "custom files have no component");
    }

    #[test]
    fn series_pocket_and_archive_must_fit_too() {
        let debian = "debian".parse().unwrap();
        let subject = subject(&debian, &["main"]);
        let decide = |scope| may_decide(&queue(scope), &ann(), &subject).map_err(|denied| denied.denial);
        assert_eq!(decide(Scope { pocket: Some(Pocket::Updates), ..main() }), Ok(()));
        assert_eq!(decide(Scope { pocket: Some(Pocket::Security), ..main() }), Err(Denial::NotThis));
        assert_eq!(decide(Scope { series: Some(SeriesId(2)), ..main() }), Err(Denial::NotThis));
        assert_eq!(decide(Scope { archive: Some(ArchiveId(2)), ..main() }), Err(Denial::NoRights));
    }

    #[test]
    fn a_right_to_upload_is_none_to_decide_and_a_personal_archive_is_its_owners() {
        let (debian, own) = ("debian".parse().unwrap(), "~ann/debian/tools".parse().unwrap());
        let mut upload = queue(Scope::default());
        upload.permissions[0].power = Power::Upload;
        may_decide(&upload, &ann(), &subject(&debian, &["main"])).unwrap_err();
        assert_eq!(may_decide(&Rights::default(), &ann(), &subject(&own, &["main"])), Ok(()));
        let bob = Actor::Person("bob".into());
        let denied = may_decide(&upload, &bob, &subject(&own, &["main"])).unwrap_err().to_string();
        assert!(
            denied.contains("grant bob --queue --archive ~ann/debian/tools --component main"),
            "{denied}"
        );
    }
}
