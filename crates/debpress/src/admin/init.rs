//! Makes a site: a directory with everything that a distribution needs.

use std::io;
use std::path::{Path, PathBuf};

use debfmt::names::{Architecture, Component, DistributionName, SeriesName};
use serde::Serialize;

use crate::adapters::fs::{durable, local};
use crate::adapters::openpgp::{self, GenerateError};
use crate::adapters::sqlite::SqliteRecords;
use crate::config;
use crate::context::{DATABASE, OBJECTS};
use crate::model::archive::{ArchiveRef, NewArchive};
use crate::model::suite::{NewDistribution, NewSeries, Pocket, SeriesStatus, suite_name};
use crate::model::time::Timestamp;
use crate::ports::db::{RecordsError, SiteRecords};

const INCOMING: &str = "incoming";
/// Where uploads come and go.
const UPLOAD_DIRECTORIES: [&str; 5] = [INCOMING, "claimed", "accepted", "rejected", "failed"];

/// The site to make.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// Its directory: missing or empty.
    pub directory: PathBuf,
    /// The distribution.
    pub distribution: DistributionName,
    /// Its name for people.
    pub display_name: String,
    /// Its series, oldest first.
    pub series: Vec<SeriesName>,
    /// Components of each series, the most preferred first.
    pub components: Vec<Component>,
    /// Architectures of each series.
    pub architectures: Vec<Architecture>,
    /// `Origin` of Release files.
    pub origin: String,
    /// `Label` of Release files.
    pub label: String,
    /// Whether to make a key that signs.
    pub signing_key: bool,
    /// Now.
    pub now: Timestamp,
}

/// The site that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeSite {
    /// Its directory.
    pub site: PathBuf,
    /// Its primary archive.
    pub archive: String,
    /// Its series.
    pub series: Vec<String>,
    /// Where the archive will be published: what a web server serves.
    pub published: PathBuf,
    /// The key that signs, if one was made.
    pub key: Option<MadeKey>,
}

/// The signing key that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MadeKey {
    /// Its fingerprint.
    pub fingerprint: String,
    /// The public key, for users.
    pub public: PathBuf,
    /// The secret key.
    pub secret: PathBuf,
}

/// Why no site was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Something is there.
    #[error("{} is not empty: choose a new directory, or empty this one first", directory.display())]
    NotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// A list has the same name twice, or none at all.
    #[error("{what}: {problem}")]
    List {
        /// Which list: `--series`.
        what: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A file or directory could not be made.
    #[error("cannot make {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The key could not be made.
    #[error("cannot make the signing key")]
    Key(#[from] GenerateError),
    /// The records could not be made.
    #[error("cannot make the records of the site")]
    Records(#[from] RecordsError),
}

/// Makes a site. The configuration is written last: a directory without it is no site, so that an interrupted run
/// leaves nothing that looks like one.
///
/// # Errors
/// [`InitError`]; an existing file is never touched.
pub fn init(new: &NewSite) -> Result<MadeSite, InitError> {
    check_lists(new)?;
    let directory = &new.directory;
    if !local::is_free(directory).map_err(failed(directory))? {
        return Err(InitError::NotEmpty { directory: directory.clone() });
    }
    let reference = ArchiveRef::Primary(new.distribution.clone());
    let fixed = [OBJECTS].into_iter().chain(UPLOAD_DIRECTORIES).map(|name| directory.join(name));
    for path in fixed.chain([target_directory(directory, &reference)]) {
        durable::create_durable_dir_all(&path).map_err(failed(&path))?;
    }
    let key = if new.signing_key { Some(make_key(new)?) } else { None };
    record(new)?;
    let path = directory.join(config::FILE);
    let text = config::template(new.signing_key);
    durable::write_file(&path, text.as_bytes(), durable::PUBLIC).map_err(failed(&path))?;
    Ok(MadeSite {
        site: directory.clone(),
        archive: reference.to_string(),
        series: new.series.iter().map(SeriesName::to_string).collect(),
        published: directory.join(reference.root()),
        key,
    })
}

/// Where uploads for an archive are put, by dput for example, which makes no directory itself: whoever makes an archive
/// makes this.
pub fn target_directory(site: &Path, archive: &ArchiveRef) -> PathBuf {
    site.join(INCOMING).join(archive.to_string())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> InitError + use<> {
    let path = path.to_owned();
    move |source| InitError::Io { path, source }
}

/// What the records would refuse later, or what no suite could be made of.
fn check_lists(new: &NewSite) -> Result<(), InitError> {
    no_twins("--series", &new.series)?;
    no_twins("--component", &new.components)?;
    no_twins("--arch", &new.architectures)?;
    for architecture in &new.architectures {
        if architecture.is_all() || architecture.is_source() {
            let problem =
                format!("`{architecture}` is part of every archive; name machine architectures only");
            return Err(InitError::List { what: "--arch", problem });
        }
    }
    for series in &new.series {
        for pocket in Pocket::ALL {
            let named = suite_name(series, pocket);
            named.map_err(|error| InitError::List { what: "--series", problem: error.to_string() })?;
        }
    }
    Ok(())
}

pub(super) fn no_twins<T: PartialEq + std::fmt::Display>(
    what: &'static str,
    list: &[T],
) -> Result<(), InitError> {
    if list.is_empty() {
        return Err(InitError::List { what, problem: "name at least one".to_owned() });
    }
    for (position, name) in list.iter().enumerate() {
        if list.iter().take(position).any(|earlier| earlier == name) {
            return Err(InitError::List { what, problem: format!("`{name}` is named twice") });
        }
    }
    Ok(())
}

/// The secret key is readable by its owner only, and never was anything else.
fn make_key(new: &NewSite) -> Result<MadeKey, InitError> {
    let key = openpgp::generate(&format!("{} archive signing key", new.display_name), new.now)?;
    let public = new.directory.join(config::PUBLIC_KEY);
    let secret = new.directory.join(config::SIGNING_KEY);
    let keys = durable::parent(&secret);
    local::create_private(keys).map_err(failed(keys))?;
    durable::write_file(&secret, &key.secret, durable::SECRET).map_err(failed(&secret))?;
    durable::write_file(&public, &key.public, durable::PUBLIC).map_err(failed(&public))?;
    let revocation = keys.join("revocation.asc");
    durable::write_file(&revocation, &key.revocation, durable::SECRET).map_err(failed(&revocation))?;
    Ok(MadeKey { fingerprint: key.fingerprint, public, secret })
}

fn record(new: &NewSite) -> Result<(), RecordsError> {
    let records = SqliteRecords::create(&new.directory.join(DATABASE))?;
    let mut architectures = new.architectures.clone();
    architectures.sort();
    let series = |name: &SeriesName| NewSeries {
        name: name.clone(),
        version: None,
        components: new.components.clone(),
        architectures: architectures.clone(),
        status: SeriesStatus::default(),
        parent: None,
    };
    records.create_distribution(&NewDistribution {
        name: new.distribution.clone(),
        display_name: new.display_name.clone(),
        series: new.series.iter().map(series).collect(),
    })?;
    records.create_archive(&NewArchive {
        reference: ArchiveRef::Primary(new.distribution.clone()),
        origin: new.origin.clone(),
        label: new.label.clone(),
        size_limit: None,
        private: false,
    })?;
    Ok(())
}
