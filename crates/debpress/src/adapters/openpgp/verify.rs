//! The verifier port: reads the structure, collects the judgements of all signatures, gives out the payload.

use std::io::Read;

use sequoia_openpgp::parse::PacketParser;
use sequoia_openpgp::parse::Parse;
use sequoia_openpgp::parse::stream::{
    DetachedVerifierBuilder, GoodChecksum, MessageLayer, MessageStructure, VerificationError,
    VerificationHelper, VerificationResult, VerifierBuilder,
};
use sequoia_openpgp::{Cert, KeyHandle, Packet};

use super::judge::{Good, Judge, weight};
use super::{policy, printable, read, reason, system_time};
use crate::adapters::cleartext;
use crate::model::time::Timestamp;
use crate::ports::verifier::{KeyError, Keyring, Verified, Verifier, VerifyError, VerifyPolicy};

/// More signatures than any document of an archive carries. Each costs a verification, and a stranger pays
/// nothing for adding one.
const MAX_SIGNATURES: usize = 32;

/// Verifies with the sequoia library.
#[derive(Clone, Debug, Default)]
pub struct SequoiaVerifier {
    policy: VerifyPolicy,
}

impl SequoiaVerifier {
    /// A verifier that is as strict as `policy` says.
    pub fn new(policy: VerifyPolicy) -> Self {
        Self { policy }
    }

    fn judge<'a>(&self, keys: &'a [&'a [u8]], at: Timestamp) -> Judge<'a> {
        let algorithms = policy(self.policy.accept_sha1_certificates, at);
        Judge { policy: self.policy, algorithms, keys, at }
    }
}

impl Verifier for SequoiaVerifier {
    fn read_keyring(&self, bytes: &[u8]) -> Result<Keyring, KeyError> {
        // Algorithms only get worse; the earliest date gives the answer that does not depend on a clock.
        read::keyring(bytes, &policy(self.policy.accept_sha1_certificates, Timestamp(0)))
    }

    fn verify_clearsigned(
        &self,
        document: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError> {
        cleartext::check_nothing_outside(document)?;
        let judge = self.judge(keys, at);
        let mut verdict = None;
        let mut payload = Vec::new();
        let mut read = || -> sequoia_openpgp::Result<()> {
            let helper = Collector { judge: &judge, verdict: &mut verdict, signatures: 0 };
            let mut reader = VerifierBuilder::from_bytes(document)?
                // All of it is held back until the signatures are judged.
                .buffer_size(document.len())
                .with_policy(&judge.algorithms, system_time(at), helper)?;
            reader.read_to_end(&mut payload)?;
            Ok(())
        };
        let read = read();
        let good = conclude(read, verdict)?;
        cleartext::end_lines(&mut payload);
        Ok(Verified { payload, fingerprint: good.fingerprint, signed_at: good.signed_at })
    }

    fn verify_detached(
        &self,
        text: &[u8],
        signature: &[u8],
        keys: &[&[u8]],
        at: Timestamp,
    ) -> Result<Verified, VerifyError> {
        if signature.trim_ascii().is_empty() {
            return Err(VerifyError::Unsigned);
        }
        let judge = self.judge(keys, at);
        let mut verdict = None;
        let read = || -> sequoia_openpgp::Result<()> {
            let helper = Collector { judge: &judge, verdict: &mut verdict, signatures: 0 };
            DetachedVerifierBuilder::from_bytes(signature)?
                .with_policy(&judge.algorithms, system_time(at), helper)?
                .verify_bytes(text)
        }();
        let good = conclude(read, verdict)?;
        Ok(Verified { payload: text.to_vec(), fingerprint: good.fingerprint, signed_at: good.signed_at })
    }
}

/// Joins what the reader and the judge said; only both together are good.
fn conclude(
    read: sequoia_openpgp::Result<()>,
    verdict: Option<Result<Good, VerifyError>>,
) -> Result<Good, VerifyError> {
    match (read, verdict) {
        (_, Some(Err(refusal))) => Err(refusal),
        (Err(error), _) => Err(VerifyError::Malformed { reason: reason(error.as_ref()) }),
        (Ok(()), Some(Ok(good))) => Ok(good),
        (Ok(()), None) => Err(VerifyError::Malformed { reason: "it was not read to its end".to_owned() }),
    }
}

/// Hands every signature of a document to the judge.
struct Collector<'a> {
    judge: &'a Judge<'a>,
    verdict: &'a mut Option<Result<Good, VerifyError>>,
    signatures: usize,
}

impl VerificationHelper for Collector<'_> {
    fn inspect(&mut self, packet: &PacketParser<'_>) -> sequoia_openpgp::Result<()> {
        if matches!(packet.packet, Packet::Signature(_)) {
            self.signatures += 1;
        }
        if self.signatures > MAX_SIGNATURES {
            let reason = format!("it holds more than {MAX_SIGNATURES} signatures");
            return Err(VerifyError::Malformed { reason }.into());
        }
        Ok(())
    }

    /// None: the library would judge them at the time of the signature, and only those it deems good then.
    /// It still computes the digests, which is all the judge needs.
    fn get_certs(&mut self, _ids: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(Vec::new())
    }

    fn check(&mut self, structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        *self.verdict = Some(self.weigh(structure));
        Ok(())
    }
}

impl Collector<'_> {
    /// One good signature is enough, unless another one is wrong.
    fn weigh(&self, structure: MessageStructure<'_>) -> Result<Good, VerifyError> {
        let mut good = None;
        let mut refusal = VerifyError::Malformed { reason: "there is no signature in it".to_owned() };
        for layer in structure {
            let MessageLayer::SignatureGroup { results } = layer else {
                return Err(VerifyError::Malformed { reason: "it is compressed or encrypted".to_owned() });
            };
            for result in results {
                match self.one(&result) {
                    Ok(found) => good = good.or(Some(found)),
                    Err(VerifyError::BadSignature { fingerprint }) => {
                        return Err(VerifyError::BadSignature { fingerprint });
                    }
                    Err(error) if weight(&error) >= weight(&refusal) => refusal = error,
                    Err(_) => {}
                }
            }
        }
        good.ok_or(refusal)
    }

    fn one(&self, result: &VerificationResult<'_>) -> Result<Good, VerifyError> {
        use VerificationError::{BadKey, BadSignature, MissingKey, UnboundKey};
        match result {
            Ok(GoodChecksum { sig, .. })
            | Err(
                MissingKey { sig } | UnboundKey { sig, .. } | BadKey { sig, .. } | BadSignature { sig, .. },
            ) => self.judge.signature(sig),
            Err(error) => Err(VerifyError::Malformed { reason: printable(&error.to_string()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use sequoia_openpgp::serialize::{Serialize, SerializeInto};

    use super::*;
    use crate::adapters::openpgp::{KeySpec, SequoiaSigner};
    use crate::ports::signer::Signer;

    const MADE: Timestamp = Timestamp(1_780_272_000);

    #[test]
    fn who_puts_a_key_behind_a_certificate_does_not_sign_in_its_name() {
        let [alice, mallory] = ["alice", "mallory"].map(|name| KeySpec::new(name, MADE).generate().unwrap());
        let signer = SequoiaSigner::from_armoured_secret(&mallory.secret).unwrap();
        let document = signer.clear_sign(b"text\n", MADE.plus(60)).unwrap();
        let mut certificate = Cert::from_bytes(&alice.public).unwrap().to_vec().unwrap();
        for key in Cert::from_bytes(&mallory.public).unwrap().keys() {
            let key = Packet::from(key.key().clone().role_into_subordinate());
            key.serialize(&mut certificate).unwrap();
        }
        let refusal = SequoiaVerifier::default()
            .verify_clearsigned(&document, &[&certificate], MADE.plus(120))
            .unwrap_err();
        assert!(matches!(refusal, VerifyError::UnknownKey { .. }), "{refusal:?}");
    }
}
