//! Where a package goes in the suite: pure.

use debfmt::names::{Component, split_section};

use super::files::Listed;
use crate::model::package::Release;
use crate::model::publication::Placement;
use crate::model::suite::Series;
use crate::ports::db::NewPublication;
use crate::upload::checks::archive::{self, Known};
use crate::upload::reason::{CHANGES_BAD_SECTION, Reason};

/// What a .changes says when its maker has named no section or priority.
const UNSET: &str = "-";

/// The publication to record: section and priority from the .changes where there is one and it says something, else
/// from the package; the component from the administrator, else from the section, else the series' first.
///
/// # Errors
/// Every reason why the suite cannot have the package.
pub(super) fn place(
    release: Release,
    listed: Option<&Listed>,
    series: &Series,
    component: Option<&Component>,
) -> Result<NewPublication, Vec<Reason>> {
    let said = |value: Option<&String>, own: &str| {
        let said = value.map(|value| value.trim()).filter(|value| !value.is_empty() && *value != UNSET);
        said.unwrap_or(own).to_owned()
    };
    let section = said(listed.map(|listed| &listed.section), release.section());
    let priority = said(listed.map(|listed| &listed.priority), release.priority());
    let (own, name) = split_section(&section).map_err(|error| {
        vec![Reason::of_upload(CHANGES_BAD_SECTION, format!("section {section:?}: {error}"))]
    })?;
    let component = component.cloned().or(own).or_else(|| series.components.first().cloned());
    let component = component.ok_or_else(|| {
        vec![Reason::of_upload(CHANGES_BAD_SECTION, format!("{} has no component", series.name))]
    })?;
    let placement = Placement { component, section: name.into_string(), priority };
    let reasons = archive::check(&release, &placement, series, &Known::default());
    if reasons.is_empty() { Ok(NewPublication { release, placement }) } else { Err(reasons) }
}
