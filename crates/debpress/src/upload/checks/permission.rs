//! The uploader against what is granted (behaviour map 5.6).

use debfmt::names::{Component, SourceName};

use crate::model::archive::Archive;
use crate::model::permission::{Denial, Power, Request, Rights, grant_command};
use crate::model::queue::QueuedRelease;
use crate::model::suite::{Pocket, Series};
use crate::upload::custom::CustomUpload;
use crate::upload::reason::{
    PERMISSION_COMPONENT, PERMISSION_NONE, PERMISSION_PACKAGE, PERMISSION_PACKAGE_SET, PERMISSION_SECURITY,
    PERMISSION_TAKEOVER, Reason,
};

/// Who uploads, and where to.
pub struct Upload<'a> {
    /// All that is granted to anybody.
    pub rights: &'a Rights,
    /// The uploader.
    pub person: &'a str,
    /// The archive.
    pub archive: &'a Archive,
    /// The series.
    pub series: &'a Series,
    /// The pocket.
    pub pocket: Pocket,
}

impl Upload<'_> {
    /// The uploader may upload the source into each of `components`. A package that is new to the archive needs a
    /// right in the archive and nothing more: people will look at it.
    pub fn check(&self, source: &SourceName, packages: &[QueuedRelease]) -> Vec<Reason> {
        let mut components: Vec<Option<&Component>> = packages
            .iter()
            .map(|package| Some(&package.placement.component).filter(|_| !package.new))
            .collect();
        components.sort();
        components.dedup();
        if components.is_empty() {
            components.push(None);
        }
        let mut reasons: Vec<Reason> =
            components.iter().filter_map(|component| self.denied(source, *component)).collect();
        reasons.dedup();
        // One component that lacks the right is enough, and one reason: the same command gives it for all.
        reasons.extend(components.into_iter().find_map(|component| self.security(source, component)));
        reasons
    }

    /// A package whose name `builder` has built until now: the uploader needs a right for that source too.
    pub fn takeover(&self, builder: &SourceName, package: &QueuedRelease) -> Option<Reason> {
        let denied = self.denied(builder, Some(&package.placement.component))?;
        let message =
            format!("{} was built from {builder} until now: {}", package.release.name(), denied.message);
        let file = package.release.files().first().map(|file| file.name.to_string());
        Some(Reason { code: PERMISSION_TAKEOVER, file, message })
    }

    /// A directory of custom files that `builder` has filled until now: the uploader needs a right for that source too.
    pub fn custom_takeover(&self, builder: &SourceName, custom: &CustomUpload) -> Option<Reason> {
        let denied = self.denied(builder, custom.component().as_ref())?;
        let directory = custom.named.place.as_ref().map_or("", |place| place.directory.as_str());
        let message = format!("{directory} was filled from {builder} until now: {}", denied.message);
        Some(Reason::of_file(PERMISSION_TAKEOVER, &custom.queued.file.name, message))
    }

    fn request<'r>(&'r self, source: &'r SourceName, component: Option<&'r Component>) -> Request<'r> {
        Request {
            person: self.person,
            power: Power::Upload,
            archive: (self.archive.id, &self.archive.reference),
            series: self.series.id,
            pocket: self.pocket,
            source,
            component,
        }
    }

    /// Why the uploader may not upload the source into the component, if that is so.
    pub fn denied(&self, source: &SourceName, component: Option<&Component>) -> Option<Reason> {
        let denial = self.rights.decide(&self.request(source, component)).err()?;
        let (person, archive) = (self.person, &self.archive.reference);
        let suite = format!("{}{}", self.series.name, self.pocket.suffix());
        Some(match denial {
            Denial::NoRights => {
                let hint = if archive.owner().is_some() {
                    "ask its owner for the right"
                } else {
                    "ask an administrator for the right, or upload to an archive of your own"
                };
                Reason::of_upload(
                    PERMISSION_NONE,
                    format!("{person} has no upload rights in {archive}: {hint}"),
                )
            }
            Denial::NotThis => {
                let message = format!(
                    "{person} may upload other things to {archive}, but not {source} to {suite}; \
                     `debpress permission check` shows what is missing"
                );
                Reason::of_upload(PERMISSION_PACKAGE, message)
            }
            Denial::Explicit => {
                let message = format!(
                    "{source} is in a package set of {suite} that only holders of an explicit permission may \
                     upload to, and {person} is none"
                );
                Reason::of_upload(PERMISSION_PACKAGE_SET, message)
            }
            Denial::Component => {
                let component = component.map_or("", Component::as_str);
                let message = format!("{person} may not upload {source} into component {component}");
                Reason::of_upload(PERMISSION_COMPONENT, message)
            }
        })
    }

    /// Where an archive has one person for everything, that person says so once. A right for security updates of one
    /// component is none for another, as with every other right.
    fn security(&self, source: &SourceName, component: Option<&Component>) -> Option<Reason> {
        let request = self.request(source, component);
        let ground = self.rights.decide(&request).ok()?;
        self.rights.lacks_pocket(&request, &ground).then(|| {
            let own = self.archive.reference.owner().map(|_| self.archive.reference.to_string());
            let command = grant_command(self.person, Power::Upload, own.as_deref(), "--pocket security");
            let message = format!("uploads to the security pocket need a right for it by name: `{command}`");
            Reason::of_upload(PERMISSION_SECURITY, message)
        })
    }
}
