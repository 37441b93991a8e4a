//! What debpress needs from the world, as traits over plain types. The answers live in `adapters`.

pub mod signer;
pub mod verifier;
