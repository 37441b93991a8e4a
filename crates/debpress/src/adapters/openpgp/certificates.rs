//! Sets of public certificates as files.

use sequoia_openpgp::Cert;
use sequoia_openpgp::armor;
use sequoia_openpgp::cert::prelude::CertParser;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::serialize::Serialize;

use super::reason;
use crate::ports::verifier::KeyError;

/// Joins files of certificates, armoured or binary, into one armoured block: what a user stores as a `Signed-By` file.
///
/// # Errors
/// [`KeyError::Malformed`]: one of them is no certificate.
pub fn join(files: &[Vec<u8>]) -> Result<Vec<u8>, KeyError> {
    let certs = read(files)?;
    let write = || -> sequoia_openpgp::Result<Vec<u8>> {
        let mut writer = armor::Writer::new(Vec::new(), armor::Kind::PublicKey)?;
        certs.iter().try_for_each(|cert| cert.export(&mut writer))?;
        Ok(writer.finalize()?)
    };
    write().map_err(|error| malformed(&error))
}

fn read(files: &[Vec<u8>]) -> Result<Vec<Cert>, KeyError> {
    let mut certs = Vec::new();
    for file in files {
        let parser = CertParser::from_bytes(file).map_err(|error| malformed(&error))?;
        for cert in parser {
            certs.push(cert.map_err(|error| malformed(&error))?);
        }
    }
    Ok(certs)
}

fn malformed(error: &sequoia_openpgp::anyhow::Error) -> KeyError {
    KeyError::Malformed { reason: reason(error.as_ref()) }
}
