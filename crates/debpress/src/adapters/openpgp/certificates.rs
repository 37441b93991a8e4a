//! Sets of public certificates.

use sequoia_openpgp::Cert;
use sequoia_openpgp::armor;
use sequoia_openpgp::cert::prelude::CertParser;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::serialize::Serialize;

use super::{hex, reason, sign};
use crate::model::time::Timestamp;
use crate::ports::signer::SignError;
use crate::ports::verifier::KeyError;

/// Certificates in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Certificates(Vec<Cert>);

impl Certificates {
    /// Reads a file of certificates, armoured or binary. Secret parts are not kept.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        let parser = CertParser::from_bytes(file).map_err(|error| malformed(&error))?;
        let certs = parser.map(|cert| cert.map(Cert::strip_secret_key_material));
        certs.collect::<Result<_, _>>().map(Self).map_err(|error| malformed(&error))
    }

    /// The primary fingerprints, upper-case hexadecimal.
    pub fn fingerprints(&self) -> Vec<String> {
        self.0.iter().map(|cert| hex(&cert.fingerprint())).collect()
    }

    /// All in one armoured block: what a user stores as a `Signed-By` file.
    ///
    /// # Errors
    /// The library cannot write them.
    pub fn armoured(&self) -> Result<Vec<u8>, KeyError> {
        let write = || -> sequoia_openpgp::Result<Vec<u8>> {
            let mut writer = armor::Writer::new(Vec::new(), armor::Kind::PublicKey)?;
            self.0.iter().try_for_each(|cert| cert.export(&mut writer))?;
            Ok(writer.finalize()?)
        };
        write().map_err(|error| malformed(&error))
    }

    /// All without armour: what older programs take as a keyring.
    ///
    /// # Errors
    /// The library cannot write them.
    pub fn binary(&self) -> Result<Vec<u8>, KeyError> {
        let mut bytes = Vec::new();
        let written = self.0.iter().try_for_each(|cert| cert.export(&mut bytes));
        written.map(|()| bytes).map_err(|error| malformed(&error))
    }

    /// Names the reason when one of them is not usable at this time.
    pub(crate) fn check_usable(&self, at: Timestamp) -> Result<(), SignError> {
        self.0.iter().try_for_each(|cert| sign::check_usable(cert, at))
    }
}

/// Joins files of certificates, armoured or binary, into one armoured block.
///
/// # Errors
/// [`KeyError::Malformed`]: one of them is no certificate.
pub fn join(files: &[Vec<u8>]) -> Result<Vec<u8>, KeyError> {
    let mut all = Certificates::default();
    for file in files {
        all.0.extend(Certificates::read(file)?.0);
    }
    all.armoured()
}

fn malformed(error: &sequoia_openpgp::anyhow::Error) -> KeyError {
    KeyError::Malformed { reason: reason(error.as_ref()) }
}
