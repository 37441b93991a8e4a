//! A site with everything it is made of: the one place where ports meet their adapters.

mod mail;
mod signing;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::adapters::fs::durable;
use crate::adapters::fs::extra_overrides::FsExtraOverrides;
use crate::adapters::fs::hooks::{FsHooks, LeftByHooks};
use crate::adapters::fs::incoming::{self, FsIncoming};
use crate::adapters::fs::index_cache::FsIndexCache;
use crate::adapters::fs::local;
use crate::adapters::fs::objects::FsObjects;
use crate::adapters::fs::staging::FsStaging;
use crate::adapters::fs::tree::FsTree;
use crate::adapters::keys::SiteKeys;
use crate::adapters::openpgp::SequoiaVerifier;
use crate::adapters::signals::Signals;
use crate::adapters::sqlite::SqliteRecords;
use crate::config::{self, Config, LockScope};
use crate::lock::{self, Holder, LockError, LockStatus, Places, PublisherLock, Wait};
use crate::model::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::db::{DatabaseLock, LockRecords, Records, RecordsError};
use crate::ports::incoming::{IncomingError, LeftClaim};
use crate::ports::mail::MailError;
use crate::ports::objects::ObjectStore;
use crate::ports::signer::SignError;
use crate::ports::tree::Tree;
use crate::ports::verifier::{JudgeAt, Verifier, VerifyPolicy};
use crate::publish::{DeathRowSite, PublishSettings, PublishSite};
use crate::queue::{AcceptSite, Actor};
use crate::upload::{UploadContext, UploadSettings, UploadSite};

/// The database of a site.
pub const DATABASE: &str = "debpress.db";
/// The content store of a site.
pub const OBJECTS: &str = "objects";
/// What can be made anew at any time: parts of indexes.
pub const CACHE: &str = "cache";

/// No configuration and no key is larger.
const SMALL_FILE: u64 = 4 * 1024 * 1024;

/// How signatures of archives are judged. Certificates of old keys are bound with SHA-1; `key doctor` says so.
const OF_ARCHIVES: VerifyPolicy =
    VerifyPolicy { judge: JudgeAt::Now, clock_skew: 300, accept_sha1_certificates: true };

/// Why a site cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// There is no site.
    #[error(
        "there is no debpress site in {}: make one with `debpress init`, or name the right directory with --site or in DEBPRESS_SITE",
        directory.display()
    )]
    NoSite {
        /// The directory looked at.
        directory: PathBuf,
    },
    /// A file of the site cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A directory beside the site cannot be used.
    #[error("cannot use {} beside the site", path.display())]
    Aside {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A directory that should be beside the site lies in it, or around it.
    #[error(
        "{} and the site in {} lie one in the other: name a directory beside the site",
        path.display(),
        site.display()
    )]
    Inside {
        /// The directory.
        path: PathBuf,
        /// The site.
        site: PathBuf,
    },
    /// A directory that should be beside every site lies in another one.
    #[error(
        "{} belongs to the site in {}, whose clients would see what is only to be looked at: name a directory of no site",
        path.display(),
        site.display()
    )]
    OtherSite {
        /// The directory.
        path: PathBuf,
        /// The site.
        site: PathBuf,
    },
    /// The configuration is wrong.
    #[error("{} is not understood", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        #[source]
        source: toml::de::Error,
    },
    /// The database cannot be used.
    #[error("cannot open the records of the site in {}", directory.display())]
    Records {
        /// The site.
        directory: PathBuf,
        /// Why.
        #[source]
        source: RecordsError,
    },
    /// The lock of a database is wanted, and it has none.
    #[error(
        "[lock] of {} says scope = \"database\", and the records of this site are in SQLite: one file of one host, without a lock \
         that another host would see; say scope = \"host\", and run every publisher on the host that has the site",
        config::FILE
    )]
    NoDatabaseLock,
    /// A key is configured, and its file is not there: publishing unsigned now would break every client.
    #[error(
        "the signing key {} is configured in {} and is not there: put it back, or remove the line to publish unsigned",
        path.display(),
        config::FILE
    )]
    NoKey {
        /// The key file.
        path: PathBuf,
    },
    /// Mail is configured, and this program can send none.
    #[error(
        "{} says that mail is sent, and this debpress was built without it: build it with the feature `mail`, or set `transport` to \"none\"",
        config::FILE
    )]
    NoMail,
    /// A file that the configuration of mail names cannot be used.
    #[error("[mail] of {} names {} as `{key}`, which cannot be used", config::FILE, path.display())]
    MailFile {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Mail cannot be sent as it is configured.
    #[error("[mail] of {} cannot be used", config::FILE)]
    Mail(#[source] MailError),
    /// A key that gpg holds cannot sign.
    #[error("cannot sign with gpg as [signing] of {} says", config::FILE)]
    Gpg(#[source] SignError),
    /// A key is configured that cannot sign.
    #[error("cannot use the signing key {}", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SignError,
    },
}

/// An open site.
pub struct Site {
    directory: PathBuf,
    clock: Box<dyn Clock>,
    config: Config,
    publish: PublishSettings,
    upload: UploadSettings,
    records: SqliteRecords,
    objects: FsObjects,
    tree: FsTree,
    staging: FsStaging,
    verifier: SequoiaVerifier,
    hooks: FsHooks,
    extra_overrides: FsExtraOverrides,
    cache: FsIndexCache,
    archive_verifier: SequoiaVerifier,
}

impl Site {
    /// Opens the site in `directory`.
    ///
    /// # Errors
    /// [`SiteError`]; a missing site is named, with the way out.
    pub fn open(directory: &Path, clock: Box<dyn Clock>) -> Result<Self, SiteError> {
        let config = read_config(directory)?;
        let records = SqliteRecords::open(&directory.join(DATABASE));
        let records =
            records.map_err(|source| SiteError::Records { directory: directory.to_owned(), source })?;
        if config.lock.scope == LockScope::Database && records.database_lock().is_none() {
            return Err(SiteError::NoDatabaseLock);
        }
        let objects = FsObjects::new(directory.join(OBJECTS));
        Ok(Self {
            tree: FsTree::new(directory.to_owned(), objects.clone()),
            objects,
            records,
            staging: FsStaging::new(directory.join(&config.staging.directory)),
            publish: config.publish_settings(),
            cache: FsIndexCache::new(directory.join(CACHE)),
            extra_overrides: FsExtraOverrides::new(directory, &config.hooks.directory),
            hooks: FsHooks::new(
                directory,
                &config.hooks.directory,
                Duration::from_secs(u64::try_from(config.hooks.timeout.0).unwrap_or_default()),
            ),
            upload: config.upload_settings(UploadContext::Insecure),
            verifier: SequoiaVerifier::new(VerifyPolicy::default()),
            archive_verifier: SequoiaVerifier::new(OF_ARCHIVES),
            config,
            clock,
            directory: directory.to_owned(),
        })
    }

    /// The directory of the site.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Its configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its records.
    pub fn records(&self) -> &dyn Records {
        &self.records
    }

    /// Its content store.
    pub fn objects(&self) -> &dyn ObjectStore {
        &self.objects
    }

    /// Its published trees.
    pub fn tree(&self) -> &dyn Tree {
        &self.tree
    }

    /// Trees in a directory beside the site, of the same content store. The directory is made where it is not there.
    ///
    /// # Errors
    /// [`SiteError::Aside`], [`SiteError::Inside`], [`SiteError::OtherSite`].
    pub fn tree_aside(&self, path: &Path) -> Result<FsTree, SiteError> {
        let failed = |source| SiteError::Aside { path: path.to_owned(), source };
        let site = self.directory.canonicalize().map_err(failed)?;
        // Before it is made: nothing may appear in the site.
        let wanted = local::resolved(path).map_err(failed)?;
        if wanted.starts_with(&site) || site.starts_with(&wanted) {
            return Err(SiteError::Inside { path: wanted, site });
        }
        let other = wanted.ancestors().find(|above| above.join(config::FILE).exists());
        if let Some(other) = other.map(Path::to_owned) {
            return Err(SiteError::OtherSite { path: wanted, site: other });
        }
        durable::create_dir_all(&wanted).map_err(failed)?;
        Ok(FsTree::new(wanted, self.objects.clone()))
    }

    /// Who knows about signatures.
    pub fn verifier(&self) -> &dyn Verifier {
        &self.verifier
    }

    /// Who looks at the signatures of archives as users do: their keys are not strangers', and may be old.
    pub fn archive_verifier(&self) -> &dyn Verifier {
        &self.archive_verifier
    }

    /// Now. Asked again after a wait: what is published later must not be dated earlier.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Who tells what time it is.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The bounds of everything that is read.
    pub fn limits(&self) -> &debfmt::limits::Limits {
        &self.upload.limits
    }

    /// The lock file.
    pub fn lock_path(&self) -> PathBuf {
        self.directory.join(&self.config.lock.path)
    }

    /// Takes the publisher lock for `command`.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn lock(&self, command: &str, wait: Wait) -> Result<PublisherLock, LockError> {
        if let Some(file_system) = lock::doubtful(&self.lock_path())? {
            let path = self.lock_path();
            tracing::warn!(path = %path.display(), "the lock file is on {file_system}: it may not keep out publishers \
                on other machines; run them on one machine, with `[lock] path` on a disk of its own");
        }
        let me = Holder::this_process(command, self.now());
        #[cfg(feature = "barrier")]
        crate::adapters::barrier::wait("before the lock");
        let started = Instant::now();
        let lock = PublisherLock::acquire_all(&self.places(&self.lock_path()), &me, wait)
            .and_then(|lock| self.end_left_by_hooks(&|| wait.is_patient(started)).map(|()| lock));
        #[cfg(feature = "barrier")]
        if lock.is_ok() {
            crate::adapters::barrier::wait("with the lock");
        }
        lock
    }

    /// Ends what hooks of a publisher that has died still do. Asked by whoever has the lock, so no hook is meant to run.
    fn end_left_by_hooks(&self, patient: &dyn Fn() -> bool) -> Result<(), LockError> {
        let failed = |source| LockError::Io {
            operation: "look for what hooks have left running beside",
            path: self.lock_path(),
            source,
        };
        let LeftByHooks { ended, stays } = self.hooks.end_left(patient).map_err(failed)?;
        for program in ended {
            tracing::warn!("a hook of a publisher that has died had left {program} running; it was ended");
        }
        stays.map_or(Ok(()), |left| Err(LockError::Left { left }))
    }

    /// How the lock stands.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn lock_status(&self) -> Result<LockStatus, LockError> {
        lock::status(&self.places(&self.lock_path()))
    }

    fn places<'a>(&'a self, file: &'a Path) -> Places<'a> {
        let database: Option<&dyn DatabaseLock> = match self.config.lock.scope {
            LockScope::Host => None,
            LockScope::Database => self.records.database_lock(),
        };
        Places { file, site: Some(&self.directory), database }
    }

    /// From now on SIGTERM and Ctrl-C only ask. For work that looks between its steps whether somebody has asked; all
    /// other work ends at once.
    pub fn stop_when_asked(&self) {
        if let Err(error) = Signals::catch() {
            tracing::debug!(%error, "a signal will end this program at once");
        }
    }

    /// Who signs which archive. The keys of the site are read here, so that nothing is begun when they are wrong; those of
    /// single archives when they are needed.
    ///
    /// # Errors
    /// [`SiteError::NoKey`], [`SiteError::Key`], [`SiteError::Read`]: a key that is configured must work.
    pub fn signers(&self) -> Result<SiteKeys, SiteError> {
        signing::signers(&self.directory, &self.config.signing)
    }

    /// What the publisher works with, at this moment.
    pub fn publish_site<'a>(&'a self, signers: &'a SiteKeys) -> PublishSite<'a> {
        PublishSite {
            records: &self.records,
            objects: &self.objects,
            tree: &self.tree,
            staging: &self.staging,
            signers,
            verifier: &self.archive_verifier,
            settings: &self.publish,
            now: self.now(),
            clock: self.clock.as_ref(),
            hooks: &self.hooks,
            stop: &Signals,
            extra_overrides: &self.extra_overrides,
            cache: &self.cache,
        }
    }

    /// What `process-death-row` works with, at this moment.
    pub fn death_row_site(&self) -> DeathRowSite<'_> {
        DeathRowSite {
            records: &self.records,
            tree: &self.tree,
            cache: &self.cache,
            now: self.now(),
            stop: &Signals,
        }
    }

    /// Who acts on the site's queue: whom `--as` names, or the user that the program runs as.
    ///
    /// # Errors
    /// [`SiteError::Read`]: nobody knows whose the database is.
    pub fn actor(&self, named: Option<&str>) -> Result<Actor, SiteError> {
        let path = self.directory.join(DATABASE);
        let owner = local::owner(&path).map_err(|source| SiteError::Read { path, source })?;
        let (user, uid) = lock::this_user();
        Ok(Actor::of(named, (&user, uid), owner))
    }

    /// What `process-accepted` works with, at this moment.
    pub fn accept_site(&self) -> AcceptSite<'_> {
        AcceptSite {
            records: &self.records,
            objects: &self.objects,
            limits: self.limits(),
            attempts: self.config.queue.attempts,
            now: self.now(),
            stop: &Signals,
        }
    }

    /// What the site decides about uploads of people.
    pub fn upload_settings(&self) -> &UploadSettings {
        &self.upload
    }

    /// Begins a run over the incoming uploads of a context.
    ///
    /// # Errors
    /// [`IncomingError`].
    pub fn incoming(&self, context: UploadContext) -> Result<FsIncoming, IncomingError> {
        FsIncoming::open_below(&self.directory, context.directory())
    }

    /// Uploads that dead runs have claimed, in all contexts.
    ///
    /// # Errors
    /// [`IncomingError`].
    pub fn left_claims(&self) -> Result<Vec<LeftClaim>, IncomingError> {
        let mut left = Vec::new();
        for context in UploadContext::ALL {
            left.extend(incoming::left_claims(&self.directory, context.directory())?);
        }
        Ok(left)
    }

    /// What `process-upload` works with, at this moment.
    pub fn upload_site<'a>(
        &'a self,
        incoming: &'a FsIncoming,
        settings: &'a UploadSettings,
    ) -> UploadSite<'a> {
        UploadSite {
            records: &self.records,
            objects: &self.objects,
            incoming,
            verifier: &self.verifier,
            settings,
            now: self.now(),
        }
    }
}

fn read_config(directory: &Path) -> Result<Config, SiteError> {
    let path = directory.join(config::FILE);
    let bytes = match local::read_small(&path, SMALL_FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SiteError::NoSite { directory: directory.to_owned() });
        }
        Err(source) => return Err(SiteError::Read { path, source }),
    };
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8");
    let text = String::from_utf8(bytes).map_err(not_text);
    let text = text.map_err(|source| SiteError::Read { path: path.clone(), source })?;
    Config::parse(&text).map_err(|source| SiteError::Config { path, source })
}
