//! May somebody do something, and why: the same decision that an upload meets, told to people.

use std::collections::BTreeSet;

use debfmt::names::{Component, SourceName, SuiteName};
use serde::Serialize;

use super::{Listed, PermissionError};
use crate::admin::lookup::{FoundSuite, Names};
use crate::admin::people::People;
use crate::model::archive::{Archive, ArchiveRef};
use crate::model::permission::{Denial, Ground, Power, Request, Rights, grant_command};
use crate::model::publication::PackageKind;
use crate::model::suite::Pocket;
use crate::ports::db::Records;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Who.
    pub person: &'a str,
    /// What they want to do.
    pub power: Power,
    /// With which source package.
    pub source: &'a SourceName,
    /// In which archive; `None`: the only distribution's primary archive.
    pub archive: Option<&'a ArchiveRef>,
    /// In which suite; `None`: the newest series.
    pub suite: Option<&'a SuiteName>,
    /// In which component; `None`: where the archive has the package.
    pub component: Option<&'a Component>,
}

/// Whether it is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// Yes.
    Allowed {
        /// On which ground.
        because: String,
        /// The permission, unless they own the archive.
        permission: Option<Listed>,
    },
    /// No.
    Denied {
        /// What is missing.
        missing: String,
        /// The command that would allow it.
        command: String,
    },
}

/// The answer, with what was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The person.
    pub person: String,
    /// What they want to do.
    pub power: Power,
    /// The source package.
    pub source: String,
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// The component; `None`: the package is new to the archive.
    pub component: Option<String>,
    /// Whether it is allowed.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Answer {
    /// Whether it is allowed.
    pub fn is_allowed(&self) -> bool {
        match self.verdict {
            Verdict::Allowed { .. } => true,
            Verdict::Denied { .. } => false,
        }
    }
}

/// Answers: the decision that an upload, or a queue item, of this source would meet.
///
/// # Errors
/// [`PermissionError`]: somebody or something named does not exist.
pub fn check(records: &dyn Records, asked: &Asked<'_>) -> Result<Answer, PermissionError> {
    let people = People::read(records)?;
    if asked.power == Power::Upload {
        people.find(asked.person)?;
    }
    let (names, rights) = (Names::read(records)?, records.rights()?);
    let archive = names.archive(asked.archive)?;
    let suite = suite(&names, archive, asked.suite)?;
    let component = match asked.component {
        Some(component) => Some(component.clone()),
        None => {
            let known = records.ancestor(suite.key, PackageKind::Source, asked.source.as_str(), "source")?;
            known.filter(|ancestor| ancestor.live).map(|ancestor| ancestor.placement.component)
        }
    };
    let request = Request {
        person: asked.person,
        power: asked.power,
        archive: (archive.id, &archive.reference),
        series: suite.key.series,
        pocket: suite.key.pocket,
        source: asked.source,
        component: component.as_ref(),
    };
    Ok(Answer {
        person: asked.person.to_owned(),
        power: asked.power,
        source: asked.source.to_string(),
        archive: archive.reference.to_string(),
        suite: suite.name,
        verdict: verdict(&names, &rights, &request),
        component: component.map(|component| component.to_string()),
    })
}

/// The named suite, or the release pocket of the newest series.
fn suite(names: &Names, archive: &Archive, name: Option<&SuiteName>) -> Result<FoundSuite, PermissionError> {
    if let Some(name) = name {
        return Ok(names.suite(archive, name)?);
    }
    let mut suites = names.suites(archive);
    suites.retain(|suite| suite.key.pocket == Pocket::Release);
    let none = || crate::admin::lookup::LookupError::NoSuite {
        name: "release".to_owned(),
        archive: archive.reference.to_string(),
        known: Vec::new(),
    };
    Ok(suites.pop().ok_or_else(none)?)
}

fn verdict(names: &Names, rights: &Rights, request: &Request<'_>) -> Verdict {
    match rights.decide(request) {
        Ok(ground) if rights.lacks_pocket(request, &ground) => {
            let missing = format!(
                "{} may upload {}, but uploads to the security pocket need a permission that names it",
                request.person, request.source
            );
            let bounds = format!("--package {}", request.source);
            Verdict::Denied { missing, command: command(request, &bounds) }
        }
        Ok(Ground::Owner(owner)) => {
            let because = match owner == request.person {
                true => format!("{owner} owns the archive"),
                false => format!("{} is in team {owner}, which owns the archive", request.person),
            };
            Verdict::Allowed { because, permission: None }
        }
        Ok(Ground::Granted(permission)) => {
            let listed = Listed::new(names, &permission);
            let through = match permission.person == request.person {
                true => String::new(),
                false => format!(" as a member of team {}", permission.person),
            };
            let because = format!(
                "{} may {} {} in {}{through}",
                request.person,
                verb(request.power),
                listed.what(),
                listed.place()
            );
            Verdict::Allowed { because, permission: Some(listed) }
        }
        Err(denial) => denied(denial, &rights.guarding_sets(request), request),
    }
}

fn denied(denial: Denial, guarding: &BTreeSet<&str>, request: &Request<'_>) -> Verdict {
    let Request { person, power, source, component, .. } = *request;
    let what = match power {
        Power::Upload => format!("upload {source}"),
        Power::Queue => format!("decide about {source}"),
    };
    let missing = match denial {
        Denial::NoRights => format!("{person} has no permission to {} in {}", verb(power), request.archive.1),
        Denial::NotThis => {
            format!("{person} may {} other things in {}, but not {source}", verb(power), request.archive.1)
        }
        Denial::Component => {
            let component = component.map_or("", Component::as_str);
            format!("{person} may not {what} in component {component}")
        }
        Denial::Explicit => {
            let sets: Vec<&str> = guarding.iter().copied().collect();
            let sets = sets.join(", ");
            format!(
                "{source} is in package set {sets}, which is open to holders of an explicit permission only"
            )
        }
    };
    let bounds = match (denial, guarding.first(), power, component) {
        (Denial::Explicit, Some(set), _, _) => format!("--package-set {set} --explicit"),
        (_, _, Power::Queue, Some(component)) => format!("--component {component}"),
        (_, _, Power::Queue, None) => String::new(),
        (_, _, Power::Upload, _) => format!("--package {source}"),
    };
    Verdict::Denied { missing, command: command(request, &bounds) }
}

fn verb(power: Power) -> &'static str {
    match power {
        Power::Upload => "upload",
        Power::Queue => "decide about",
    }
}

/// A command that allows the request: in the security pocket an upload needs a permission that names it.
fn command(request: &Request<'_>, bounds: &str) -> String {
    let own = request.archive.1.owner().map(|_| request.archive.1.to_string());
    let pocket = match (request.power, request.pocket) {
        (Power::Upload, Pocket::Security) => "--pocket security ",
        _ => "",
    };
    grant_command(request.person, request.power, own.as_deref(), &format!("{pocket}{bounds}"))
}
