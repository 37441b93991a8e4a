//! Several signers that sign together, such as a key in a file and one on a smart card.

use std::io::Read;
use std::sync::Arc;

use sequoia_openpgp::armor;

use super::join;
use crate::adapters::cleartext;
use crate::model::time::Timestamp;
use crate::ports::signer::{SignError, Signer};

/// All of them sign, or none.
pub struct JointSigner {
    name: String,
    signers: Vec<Arc<dyn Signer>>,
}

impl JointSigner {
    /// One signer of several; a single one stays what it is.
    pub fn of(mut signers: Vec<Arc<dyn Signer>>) -> Option<Arc<dyn Signer>> {
        match signers.len() {
            0 | 1 => signers.pop(),
            _ => {
                let names: Vec<&str> = signers.iter().map(|signer| signer.name()).collect();
                Some(Arc::new(Self { name: names.join(" and "), signers }))
            }
        }
    }

    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SignError {
        SignError::Failed { signer: self.name.clone(), source: source.into() }
    }

    /// Armoured signatures as one block.
    fn merge(&self, blocks: &[Vec<u8>]) -> Result<Vec<u8>, SignError> {
        let merge = || -> std::io::Result<Vec<u8>> {
            let mut writer = armor::Writer::new(Vec::new(), armor::Kind::Signature)?;
            for block in blocks {
                let tolerance = armor::ReaderMode::Tolerant(Some(armor::Kind::Signature));
                let mut packets = Vec::new();
                armor::Reader::from_bytes(block, tolerance).read_to_end(&mut packets)?;
                std::io::Write::write_all(&mut writer, &packets)?;
            }
            writer.finalize()
        };
        merge().map_err(|error| self.failed(error))
    }
}

impl Signer for JointSigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprints(&self) -> Vec<String> {
        self.signers.iter().flat_map(|signer| signer.fingerprints()).collect()
    }

    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        let keys = self.signers.iter().map(|signer| signer.public_keys()).collect::<Result<Vec<_>, _>>()?;
        join(&keys).map_err(|error| self.failed(error))
    }

    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let mut blocks = Vec::new();
        for signer in &self.signers {
            let document = signer.clear_sign(text, at)?;
            blocks.push(cleartext::signature_of(&document).to_vec());
        }
        Ok(cleartext::compose(text, "SHA512", &self.merge(&blocks)?))
    }

    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        let blocks = self.signers.iter().map(|signer| signer.detach_sign(text, at));
        self.merge(&blocks.collect::<Result<Vec<_>, _>>()?)
    }
}
