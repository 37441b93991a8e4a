//! Placing published packages elsewhere: other component, section or priority, or for other machines (behaviour map 6.4,
//! 7.7).
//!
//! Each change is a new publication of the same release. The next publication of the suite shows it, and the old one gives way to
//! it by the rules of domination, with its own stay in the pool. So nothing is ever moved: a promoted package is in the pool
//! twice while anybody may still ask for it where it was.

use std::collections::BTreeMap;

use debfmt::names::Component;
use serde::Serialize;

use super::chosen::{ChangeError, Chosen, ChosenPackage, Wanted, choose};
use crate::model::publication::{PackageKind, Placement};
use crate::model::queue::Note;
use crate::ports::db::{LivePublication, Records, Replacement};
use crate::queue::Actor;

/// Machines that take an update, of a hundred: all of them.
const ALL_MACHINES: u8 = 100;

/// What is to be different; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPlace {
    /// Component.
    pub component: Option<Component>,
    /// Section, without component.
    pub section: Option<String>,
    /// Priority.
    pub priority: Option<String>,
    /// How many of a hundred machines take binary packages as an update; 100: all.
    pub phase: Option<u8>,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OverrideReport {
    /// The archive.
    pub archive: String,
    /// The suite.
    pub suite: String,
    /// What the next publication shows elsewhere.
    pub changed: Vec<Moved>,
    /// How many are as wanted already.
    pub unchanged: usize,
    /// How many of `changed` were replaced or removed by somebody else meanwhile, and were left as they are.
    pub missed: usize,
}

/// A package that is placed elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Moved {
    /// What, and where it was.
    #[serde(flatten)]
    pub package: ChosenPackage,
    /// Where it was: `main/libs optional`, and how many machines take it where that is not all.
    pub from: String,
    /// Where it is from then on.
    pub to: String,
}

/// Places packages as wanted.
///
/// # Errors
/// [`ChangeError`]; then nothing has changed.
pub fn override_published(
    records: &dyn Records,
    actor: &Actor,
    wanted: &Wanted<'_>,
    place: &NewPlace,
    note: &Note,
) -> Result<OverrideReport, ChangeError> {
    let chosen = choose(records, actor, wanted, place.component.as_ref())?;
    check_component(&chosen, place.component.as_ref())?;
    let newest: BTreeMap<_, &LivePublication> =
        chosen.publications.iter().map(|it| ((it.kind, it.release), it)).collect();
    let (mut replacements, mut changed, mut unchanged) = (Vec::new(), Vec::new(), 0);
    for publication in newest.into_values() {
        let replacement = place.of(publication);
        if replacement.placement == publication.placement && replacement.phase == publication.phase {
            unchanged += 1;
            continue;
        }
        changed.push(Moved {
            package: ChosenPackage::of(publication),
            from: words(&publication.placement, publication.phase),
            to: words(&replacement.placement, replacement.phase),
        });
        replacements.push(replacement);
    }
    changed.sort();
    let made = match replacements.is_empty() {
        true => 0,
        false => records.replace(chosen.suite.key, &replacements, note)?,
    };
    Ok(OverrideReport {
        archive: chosen.archive.reference.to_string(),
        suite: chosen.suite.name,
        missed: changed.len() - made,
        changed,
        unchanged,
    })
}

/// The series must have the component, and the archive must not be one that has another one for everything.
fn check_component(chosen: &Chosen, component: Option<&Component>) -> Result<(), ChangeError> {
    let Some(component) = component else { return Ok(()) };
    let series = &chosen.suite.series;
    let one = chosen.archive.reference.purpose().has_one_component();
    let known = if one { series.components.get(..1).unwrap_or_default() } else { &series.components };
    if known.contains(component) {
        return Ok(());
    }
    Err(ChangeError::NoComponent {
        component: component.clone(),
        suite: chosen.suite.name.clone(),
        archive: chosen.archive.reference.to_string(),
        known: known.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    })
}

impl NewPlace {
    fn of(&self, publication: &LivePublication) -> Replacement {
        let old = &publication.placement;
        let placement = Placement {
            component: self.component.clone().unwrap_or_else(|| old.component.clone()),
            section: self.section.clone().unwrap_or_else(|| old.section.clone()),
            priority: self.priority.clone().unwrap_or_else(|| old.priority.clone()),
        };
        let phase = match (publication.kind, self.phase) {
            (PackageKind::Source, _) => None,
            (PackageKind::Binary, None) => publication.phase,
            (PackageKind::Binary, Some(share)) => Some(share).filter(|share| *share < ALL_MACHINES),
        };
        Replacement { publication: publication.id, placement, phase }
    }
}

fn words(placement: &Placement, phase: Option<u8>) -> String {
    let Placement { component, section, priority } = placement;
    let phase = phase.map_or_else(String::new, |share| format!(" for {share}%"));
    format!("{component}/{section} {priority}{phase}")
}
