//! Programs of the site that run with a publication (behaviour map 2.7).

use crate::model::run::HookReport;

/// When hooks run, and what they are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookEvent {
    /// `publish-distro.d`: suites of an archive are ready, with their Release, and nobody sees them yet.
    Publish {
        /// The distribution, whose hooks they are.
        distribution: String,
        /// The root of the archive, relative to the site.
        root: String,
        /// The suites.
        suites: Vec<String>,
    },
    /// `finalize.d`: what was published is seen.
    Finalize {
        /// The distribution, whose hooks they are.
        distribution: String,
        /// The roots of its archives, relative to the site.
        roots: Vec<String>,
        /// Whether nothing but what goes to -security was published.
        security_only: bool,
    },
}

impl HookEvent {
    /// The distribution.
    pub fn distribution(&self) -> &str {
        match self {
            Self::Publish { distribution, .. } | Self::Finalize { distribution, .. } => distribution,
        }
    }

    /// Whether nothing is seen yet, so that a hook may be stopped without harm.
    pub fn is_before(&self) -> bool {
        matches!(self, Self::Publish { .. })
    }

    /// The directory of its hooks, below that of the distribution.
    pub fn parts(&self) -> &'static str {
        match self {
            Self::Publish { .. } => "publish-distro.d",
            Self::Finalize { .. } => "finalize.d",
        }
    }
}

/// How a file is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignMode {
    /// The signature is a file of its own.
    Detached,
    /// The text is in the signature (RFC 9580 section 7).
    Clear,
}

impl SignMode {
    /// The word that hooks are told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detached => "detached",
            Self::Clear => "clear",
        }
    }
}

/// What hooks of `sign.d` are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignRequest<'a> {
    /// The distribution, whose hooks they are.
    pub distribution: &'a str,
    /// The root of the archive, relative to the site.
    pub root: &'a str,
    /// The suite.
    pub suite: &'a str,
    /// The name of the file, without directories: `Release`.
    pub name: &'a str,
    /// What is to be signed.
    pub text: &'a [u8],
    /// How.
    pub mode: SignMode,
}

/// What hooks of `sign.d` did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignReport {
    /// What ran.
    pub hooks: HookReport,
    /// The signature, or the signed text; `None`: they left nothing.
    pub signature: Option<Vec<u8>>,
}

/// The directory of the hooks that sign.
pub const SIGN: &str = "sign.d";

/// Why hooks did not run to their end.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// One of them failed.
    #[error("hook {hook} {how}; what it said is in the log")]
    Failed {
        /// Its path.
        hook: String,
        /// `ended with status 3`, `was killed by signal 9`.
        how: String,
    },
    /// One of them took too long, and was killed.
    #[error("hook {hook} was killed after {seconds} s: [hooks] timeout in debpress.toml allows no more")]
    TooSlow {
        /// Its path.
        hook: String,
        /// How long it had, in seconds.
        seconds: u64,
    },
    /// Somebody has asked to stop, and it was killed.
    #[error("hook {hook} was killed: debpress was stopped by {signal}")]
    Stopped {
        /// Its path.
        hook: String,
        /// The signal.
        signal: &'static str,
    },
    /// One of them could not be started, or their directory not be read.
    #[error("cannot run {hook}")]
    Io {
        /// The hook or the directory.
        hook: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Runs hooks.
pub trait Hooks: Send + Sync {
    /// Runs every hook of an event, in the order of their names, until one fails. A directory that is not there has none.
    ///
    /// # Errors
    /// [`HookError`].
    fn run(&self, event: &HookEvent) -> Result<HookReport, HookError>;

    /// Runs every hook of `sign.d`, in the order of their names, until one fails, and takes the signature that they leave.
    ///
    /// # Errors
    /// [`HookError`].
    fn sign(&self, request: &SignRequest<'_>) -> Result<SignReport, HookError>;
}
