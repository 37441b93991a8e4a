//! The signing keys of a site as files below its `keys/`.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::fs::{durable, local};
use super::gpg::GpgSigner;
use super::openpgp::{GeneratedKey, JointSigner, KeySpec, SequoiaSigner, join};
use crate::model::archive::Archive;
use crate::model::signing::{KEYS, KeyName, KeyNames, KeyPath};
use crate::model::time::Timestamp;
use crate::ports::signer::{ArchiveSigner, SignError, Signer, Signers, Signing};

/// No key is larger.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The keys of a site, each read once.
pub struct SiteKeys {
    directory: PathBuf,
    site: Signing,
    configured: bool,
    gnupghome: Option<PathBuf>,
    /// The certificates of the site, relative to it.
    public_key: PathBuf,
    known: Mutex<BTreeMap<KeyNames, Signing>>,
}

impl SiteKeys {
    /// The keys of the site in `directory`, which signs as `site` says where an archive has no keys of its own.
    pub fn new(directory: PathBuf, site: Signing) -> Self {
        let configured = matches!(site, Signing::By(_));
        let public_key = PathBuf::from(KEYS).join("archive-key.asc");
        Self { directory, site, configured, gnupghome: None, public_key, known: Mutex::default() }
    }

    /// The site does sign, although it may not be able to at this moment.
    #[must_use]
    pub fn configured(mut self, configured: bool) -> Self {
        self.configured = configured;
        self
    }

    /// Where gpg has its keys; `None`: in the user's own home.
    #[must_use]
    pub fn with_gnupghome(mut self, gnupghome: Option<PathBuf>) -> Self {
        self.gnupghome = gnupghome;
        self
    }

    /// Where the certificates of the site are, relative to it.
    #[must_use]
    pub fn with_public_key(mut self, path: PathBuf) -> Self {
        self.public_key = path;
        self
    }

    fn read(&self, names: &KeyNames) -> Result<ArchiveSigner, SignError> {
        let (mut secrets, mut held) = (Vec::new(), Vec::new());
        let (mut certificates, mut given_as) = (Vec::new(), Vec::new());
        for name in &names.0 {
            match name {
                KeyName::File(path) => {
                    let secret = self.bytes(path.as_str())?;
                    let secret =
                        secret.ok_or_else(|| SignError::NoKeyFile { path: path.as_str().to_owned() })?;
                    certificates.push(self.certificates(path, &secret)?);
                    secrets.push(secret);
                    given_as.push(path.public());
                }
                KeyName::Gpg(fingerprint) => {
                    held.push(fingerprint.clone());
                    given_as.push(format!("the public key {} of gpg", fingerprint.as_str()));
                }
            }
        }
        let mut signers: Vec<Arc<dyn Signer>> = Vec::new();
        if !secrets.is_empty() {
            let files: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
            signers.push(Arc::new(SequoiaSigner::from_armoured_secrets(&files)?));
        }
        if !held.is_empty() {
            let signer = GpgSigner::open(self.gnupghome.clone(), &held)?;
            certificates.push(signer.public_keys()?);
            signers.push(Arc::new(signer));
        }
        let nothing = || SignError::UnreadableKey { reason: "no key is named".to_owned() };
        let signer = JointSigner::of(signers).ok_or_else(nothing)?;
        let given_as = given_as.join(", ");
        let certificates = join(&certificates);
        let certificates = certificates.map_err(|source| SignError::Certificates {
            given_as: given_as.clone(),
            source: Box::new(source),
        })?;
        Ok(ArchiveSigner { signer, certificates, given_as, own: true })
    }

    /// What users are given of a key: the public file, else what `debpress key export` would write.
    fn certificates(&self, path: &KeyPath, secret: &[u8]) -> Result<Vec<u8>, SignError> {
        match self.bytes(&path.public())? {
            Some(public) => Ok(public),
            None => SequoiaSigner::from_armoured_secret(secret)?.public_keys(),
        }
    }

    /// The bytes of a file of the site; `None`: there is none.
    fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, SignError> {
        match local::read_small(&self.directory.join(path), LARGEST) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", path)(error)),
        }
    }

    /// Makes a key where there is none yet, and returns its fingerprint; `None`: there is one.
    ///
    /// # Errors
    /// It cannot be made or kept.
    pub fn make_new(&self, path: &KeyPath, spec: &KeySpec) -> Result<Option<String>, SignError> {
        // The public part or the revocation of a key that is lost are all that is left of it: they keep its name.
        for file in [path.as_str(), &path.public(), &path.revocation()] {
            if self.bytes(file)?.is_some() {
                return Ok(None);
            }
        }
        let Some(made) = self.generate(path, spec)? else { return Ok(None) };
        self.write_public(path, &made.public)?;
        Ok(Some(made.fingerprint))
    }

    /// A new key. The secret goes first: whoever finds it can make the others of it, and two who make one at the same
    /// time agree on whose it is.
    fn generate(&self, path: &KeyPath, spec: &KeySpec) -> Result<Option<GeneratedKey>, SignError> {
        let key = spec.generate();
        let key = key.map_err(|source| made_failed(path.as_str(), source))?;
        if !self.write_secret(path, &key.secret)? {
            return Ok(None);
        }
        let revocation = path.revocation();
        let written =
            durable::write_file(&self.directory.join(&revocation), &key.revocation, durable::SECRET);
        written.map_err(failed("write", &revocation))?;
        Ok(Some(key))
    }

    fn write_secret(&self, path: &KeyPath, secret: &[u8]) -> Result<bool, SignError> {
        let keys = self.directory.join(KEYS);
        match local::create_private(&keys) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed("make", KEYS)(error));
            }
            Ok(()) | Err(_) => {}
        }
        let file = self.parent_of(path.as_str())?;
        durable::write_new_file(&file, secret, durable::SECRET).map_err(failed("write", path.as_str()))
    }

    fn write_public(&self, path: &KeyPath, public: &[u8]) -> Result<(), SignError> {
        let path = path.public();
        let file = self.parent_of(&path)?;
        durable::write_file(&file, public, durable::PUBLIC).map_err(failed("write", &path))
    }

    /// The path of a file of the site, whose directory is there now.
    fn parent_of(&self, path: &str) -> Result<PathBuf, SignError> {
        let file = self.directory.join(path);
        durable::create_durable_dir_all(durable::parent(&file))
            .map_err(failed("make the directory of", path))?;
        Ok(file)
    }
}

impl Signers for SiteKeys {
    fn is_configured(&self) -> bool {
        self.configured
    }

    fn of(&self, archive: &Archive) -> Result<Signing, SignError> {
        if archive.signing_keys.is_empty() {
            return Ok(self.site.clone());
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signing) = known.get(&archive.signing_keys) {
            return Ok(signing.clone());
        }
        let signing = Signing::By(self.read(&archive.signing_keys)?);
        known.insert(archive.signing_keys.clone(), signing.clone());
        Ok(signing)
    }

    fn given(&self, archive: &Archive) -> Result<Option<(Vec<u8>, String)>, SignError> {
        if let Signing::By(by) = self.of(archive)? {
            return Ok(Some((by.certificates, by.given_as)));
        }
        let path = self.public_key.display().to_string();
        Ok(self.bytes(&path)?.map(|bytes| (bytes, path)))
    }

    fn make(&self, path: &KeyPath, user_id: &str, at: Timestamp) -> Result<(), SignError> {
        let made = match self.bytes(path.as_str())? {
            Some(_) => None,
            None => {
                // Users know that key: another one in its place would be believed by nobody.
                let left = [path.revocation(), path.public()];
                let left = left.into_iter().find(|file| self.directory.join(file).exists());
                if let Some(left) = left {
                    return Err(SignError::LostKey { path: path.as_str().to_owned(), left });
                }
                self.generate(path, &KeySpec::new(user_id, at))?
            }
        };
        match (made, self.bytes(&path.public())?) {
            (Some(made), _) => self.write_public(path, &made.public),
            (None, Some(_)) => Ok(()),
            // Somebody was interrupted after the secret key.
            (None, None) => {
                let secret = self.bytes(path.as_str())?;
                let secret = secret.ok_or_else(|| SignError::NoKeyFile { path: path.as_str().to_owned() })?;
                let public = SequoiaSigner::from_armoured_secret(&secret)?.public_keys()?;
                self.write_public(path, &public)
            }
        }
    }
}

fn failed(operation: &'static str, path: &str) -> impl FnOnce(io::Error) -> SignError + use<> {
    let path = path.to_owned();
    move |source| SignError::KeyFile { operation, path, source: source.into() }
}

fn made_failed(path: &str, source: super::openpgp::GenerateError) -> SignError {
    SignError::KeyFile { operation: "make", path: path.to_owned(), source: source.into() }
}
