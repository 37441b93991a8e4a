//! Overrides: a reviewer places packages of a waiting item elsewhere than its uploader wanted.

use debfmt::names::Component;

use super::review::{Choice, Review, ReviewError, place_of, show};
use crate::model::publication::Placement;
use crate::model::queue::{Note, QueueId, QueuePackage};
use crate::ports::db::Records;
use crate::upload::reason::{COMPONENT_UNKNOWN, Reason};

/// What is to be different; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// Names of the packages; empty: all of the item.
    pub packages: Vec<String>,
    /// Only source packages, or only binary ones.
    pub only: Option<Only>,
    /// Component.
    pub component: Option<Component>,
    /// Section.
    pub section: Option<String>,
    /// Priority.
    pub priority: Option<String>,
}

/// One kind of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// Source packages.
    Sources,
    /// Binary packages.
    Binaries,
}

/// Places packages of a waiting item as asked, and writes what has changed into its history.
///
/// # Errors
/// [`ReviewError::NoChange`]; [`ReviewError::NoPackage`]; [`ReviewError::Refused`] for a component that the series does
/// not have, or that another archive holds; `RecordsError::NotWaiting`; or the database fails.
pub fn override_item(
    records: &dyn Records,
    item: QueueId,
    wanted: &Override,
    choice: &Choice,
) -> Result<Review, ReviewError> {
    if wanted.component.is_none() && wanted.section.is_none() && wanted.priority.is_none() {
        return Err(ReviewError::NoChange);
    }
    let detail = show(records, item)?;
    if let (Some(component), Some((archive, series))) = (&wanted.component, place_of(records, &detail.item)?)
    {
        let one = archive.reference.purpose().has_one_component();
        if !series.components.contains(component) || (one && series.components.first() != Some(component)) {
            let message = format!("{} of {} has no component {component}", series.name, archive.reference);
            let reasons = vec![Reason::of_upload(COMPONENT_UNKNOWN, message)];
            return Err(ReviewError::Refused { item, reasons });
        }
    }
    let chosen = chosen(item, &detail.packages, wanted)?;
    let mut placements = Vec::new();
    let mut words = Vec::new();
    for (position, package) in chosen {
        let placement = wanted.placement(package);
        words.push(format!(
            "{} {}: {}/{} {} -> {}/{} {}",
            package.name,
            package.architecture,
            package.component,
            package.section,
            package.priority,
            placement.component,
            placement.section,
            placement.priority
        ));
        placements.push((position, placement));
    }
    let why = if choice.comment.is_empty() { String::new() } else { format!(" ({})", choice.comment) };
    let text = format!("override {}{why}", words.join("; "));
    records.override_packages(item, &placements, &Note { who: choice.who.clone(), at: choice.at, text })?;
    Ok(Review { item, status: detail.item.status })
}

impl Override {
    fn placement(&self, package: &QueuePackage) -> Placement {
        Placement {
            component: self.component.clone().unwrap_or_else(|| package.component.clone()),
            section: self.section.clone().unwrap_or_else(|| package.section.clone()),
            priority: self.priority.clone().unwrap_or_else(|| package.priority.clone()),
        }
    }

    fn means(&self, package: &QueuePackage) -> bool {
        let is_source = package.architecture == "source";
        let kind = match self.only {
            None => true,
            Some(Only::Sources) => is_source,
            Some(Only::Binaries) => !is_source,
        };
        kind && (self.packages.is_empty() || self.packages.contains(&package.name))
    }
}

/// The packages that are meant, with their position in the item; those that would stay as they are left out.
fn chosen<'p>(
    item: QueueId,
    packages: &'p [QueuePackage],
    wanted: &Override,
) -> Result<Vec<(usize, &'p QueuePackage)>, ReviewError> {
    let is_there = |name: &&String| !packages.iter().any(|package| package.name == **name);
    if let Some(package) = wanted.packages.iter().find(is_there).cloned() {
        let known = packages.iter().map(|package| package.name.clone()).collect();
        return Err(ReviewError::NoPackage { item, package, known });
    }
    Ok(packages.iter().enumerate().filter(|(_, package)| wanted.means(package)).collect())
}
