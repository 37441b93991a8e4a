//! Signatures by the `gpg` program, for keys that an agent or a smart card holds.
//!
//! gpg is asked for detached signatures only, in text mode for what is signed in place, so that the frame of the text is
//! the same whoever signs. It never asks anybody for a passphrase, and dies when debpress does.
#![expect(clippy::disallowed_methods, reason = "the adapter that starts gpg")]

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::child::{Ended, WATCHER, wait};
use super::cleartext;
use super::openpgp::{Certificates, join};
use super::signals::Signals;
use crate::model::signing::Fingerprint;
use crate::model::time::Timestamp;
use crate::ports::signer::{SignError, Signer};

/// What [`WATCHER`] ends with when there is no such program.
const NOT_FOUND: i32 = 127;
/// How long to listen to what gpg has left behind, such as an agent, after it has ended itself.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How long gpg may take for one signature. A smart card takes a second or two.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Signs with keys that gpg holds.
pub struct GpgSigner {
    home: Option<PathBuf>,
    keys: Vec<Fingerprint>,
    certificates: Certificates,
    name: String,
    timeout: Duration,
}

/// How a run of gpg ended.
struct Ran {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: String,
}

impl GpgSigner {
    /// Finds the keys in `home`; `None`: in the user's own.
    ///
    /// # Errors
    /// [`SignError::NotSetUp`]: there is no gpg or no such home. [`SignError::NoSigningKey`]: gpg does not know a key.
    pub fn open(home: Option<PathBuf>, keys: &[Fingerprint]) -> Result<Self, SignError> {
        let name = format!("gpg key {}", keys.iter().map(Fingerprint::as_str).collect::<Vec<_>>().join(", "));
        let mut signer =
            Self { home, keys: keys.to_vec(), certificates: Certificates::default(), name, timeout: TIMEOUT };
        if let Some(home) = signer.home.as_deref().filter(|home| !home.is_dir()) {
            let reason = format!("{} is not there", home.display());
            return Err(SignError::NotSetUp { reason });
        }
        let exported = keys.iter().map(|key| signer.export(key)).collect::<Result<Vec<_>, _>>()?;
        let joined = join(&exported).and_then(|joined| Certificates::read(&joined));
        signer.certificates = joined.map_err(|error| signer.failed(error))?;
        Ok(signer)
    }

    /// The same with less patience.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn export(&self, key: &Fingerprint) -> Result<Vec<u8>, SignError> {
        let ran = self.run(&["--armor", "--export", key.as_str()], &[])?;
        if ran.stdout.is_empty() {
            let reason = format!("gpg does not know it in {}", self.place());
            return Err(SignError::NoSigningKey { fingerprint: key.as_str().to_owned(), reason });
        }
        Ok(ran.stdout)
    }

    fn sign(&self, text: &[u8], at: Timestamp, mode: &[&str]) -> Result<Vec<u8>, SignError> {
        self.certificates.check_usable(at)?;
        let clock = at.to_string().replace(['-', ':', 'Z'], "") + "!";
        let users = self.keys.iter().flat_map(|key| ["--local-user", key.as_str()]);
        let mut arguments = vec!["--faked-system-time", &clock, "--digest-algo", "SHA512", "--armor"];
        arguments.extend(users);
        arguments.extend(mode);
        arguments.extend(["--output", "-", "--detach-sign"]);
        let ran = self.run(&arguments, text)?;
        if ran.status.success() && ran.stdout.starts_with(b"-----BEGIN PGP SIGNATURE-----\n") {
            return Ok(ran.stdout);
        }
        Err(self.refused(&ran))
    }

    /// What gpg's words mean. `[GNUPG:] INV_SGNR 9 KEY`: there is no secret part of it (doc/DETAILS of GnuPG).
    fn refused(&self, ran: &Ran) -> SignError {
        let said = |word: &str| ran.stderr.contains(word);
        if said("INV_SGNR 9") || said("No secret key") {
            let named =
                self.keys.iter().map(Fingerprint::as_str).find(|key| said(&format!("INV_SGNR 9 {key}")));
            let fingerprint = named.or(self.keys.first().map(Fingerprint::as_str)).unwrap_or_default();
            let reason = format!("gpg has no secret key of it in {}", self.place());
            return SignError::NoSigningKey { fingerprint: fingerprint.to_owned(), reason };
        }
        if ["No pinentry", "PINENTRY", "Bad passphrase", "Operation cancelled", "Inappropriate ioctl"]
            .iter()
            .any(|word| said(word))
        {
            let reason = "it asks for a passphrase or PIN, which nobody can type here: let the agent know it before \
                          (gpg-preset-passphrase), or take it away from the key";
            return self.failed(reason);
        }
        let lines = ran.stderr.lines().filter(|line| !line.starts_with("[GNUPG:]"));
        let lines: Vec<&str> = lines.filter(|line| !line.contains("faked system time")).collect();
        self.failed(format!("gpg ended with {}: {}", ran.status, lines.join("; ")))
    }

    fn place(&self) -> String {
        self.home
            .as_deref()
            .map_or_else(|| "the user's own home".to_owned(), |home| home.display().to_string())
    }

    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SignError {
        SignError::Failed { signer: self.name.clone(), source: source.into() }
    }

    /// Runs gpg with `input`; that it failed is in the answer.
    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Ran, SignError> {
        let none = || SignError::NotSetUp { reason: "the program gpg is not installed".to_owned() };
        let [watcher, options @ ..] = WATCHER;
        let mut watched = Command::new(watcher);
        watched.args(options).arg("gpg");
        let child = match start(watched, self.home.as_deref(), arguments) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match start(Command::new("gpg"), self.home.as_deref(), arguments) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(none()),
                    started => started,
                }
            }
            started => started,
        };
        let mut child = child.map_err(|error| self.failed(error))?;
        let (stdout, stderr) = (listen(child.stdout.take()), listen(child.stderr.take()));
        feed(&mut child, input);
        // It signs in a moment, or a person looks for a smart card.
        let ended =
            wait(&mut child, self.timeout, &Signals, &mut || {}).map_err(|error| self.failed(error))?;
        if let Ended::Stopped(signal) = ended {
            return Err(self.failed(format!("debpress was stopped by {signal}")));
        }
        let Ended::With(status) = ended else {
            return Err(self.failed(format!("it did not end within {} seconds", self.timeout.as_secs())));
        };
        let heard = |receiver: Receiver<Vec<u8>>| receiver.recv_timeout(LAST_WORDS).unwrap_or_default();
        let ran = Ran {
            status,
            stdout: heard(stdout),
            stderr: String::from_utf8_lossy(&heard(stderr)).into_owned(),
        };
        if ran.status.code() == Some(NOT_FOUND) { Err(none()) } else { Ok(ran) }
    }
}

impl Signer for GpgSigner {
    fn name(&self) -> &str {
        &self.name
    }

    fn fingerprints(&self) -> Vec<String> {
        self.certificates.fingerprints()
    }

    fn public_keys(&self) -> Result<Vec<u8>, SignError> {
        self.certificates.armoured().map_err(|error| self.failed(error))
    }

    fn clear_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        cleartext::check_signable(text)?;
        let signature = self.sign(&cleartext::signed_form(text), at, &["--textmode"])?;
        Ok(cleartext::compose(text, "SHA512", &signature))
    }

    fn detach_sign(&self, text: &[u8], at: Timestamp) -> Result<Vec<u8>, SignError> {
        self.sign(text, at, &["--no-textmode"])
    }
}

fn start(mut command: Command, home: Option<&Path>, arguments: &[&str]) -> io::Result<Child> {
    command.args(["--batch", "--no-tty", "--yes", "--pinentry-mode", "error", "--status-fd", "2"]);
    if let Some(home) = home {
        command.arg("--homedir").arg(home);
    }
    command.args(arguments).env("LC_ALL", "C.UTF-8");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that what it has started can be stopped with it.
    command.process_group(0).spawn()
}

/// Hands the input over on a thread: gpg may talk before it has read all. If it does not read to the end it says why.
fn feed(child: &mut Child, input: &[u8]) {
    if let Some(mut stdin) = child.stdin.take() {
        let input = input.to_vec();
        thread::spawn(move || {
            if let Err(error) = stdin.write_all(&input) {
                tracing::debug!(%error, "gpg stopped reading");
            }
        });
    }
}

/// All that a stream will say, when it ends.
fn listen(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stream.map(|mut stream| stream.read_to_end(&mut bytes));
        // Nobody listens any more when gpg took too long.
        if let (Some(Err(error)), _) | (_, Err(error)) =
            (read, sender.send(bytes).map_err(|_| io::ErrorKind::BrokenPipe.into()))
        {
            tracing::debug!(%error, "gpg is listened to no more");
        }
    });
    receiver
}
