//! Hooks in directories: `distro-parts/DISTRIBUTION/publish-distro.d/10-something`.
//!
//! The rules are those of run-parts(8): a name has letters, digits, underscores and hyphens only, and the file may be
//! run. What breaks them is told, since run-parts leaves it out without a word.
#![expect(clippy::disallowed_methods, reason = "a place that starts programs of the site")]

mod leash;

use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use self::leash::Leash;
use super::local;
use crate::adapters::child::{Ended, WATCHER, wait};
use crate::adapters::signals::Signals;
use crate::model::key::STAGED;
use crate::model::run::HookReport;
use crate::ports::hooks::{HookError, HookEvent, Hooks, SIGN, SignReport, SignRequest};
use crate::ports::stop::{Never, Stop};

pub use leash::LeftByHooks;

/// How long what a hook has left running may take to end by itself, and how long its last words are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Hooks of a site.
#[derive(Clone, Debug)]
pub struct FsHooks {
    site: PathBuf,
    directory: PathBuf,
    timeout: Duration,
    leash: Leash,
}

impl FsHooks {
    /// Those below `directory`, which is relative to the site. Each may take `timeout`.
    pub fn new(site: &Path, directory: &Path, timeout: Duration) -> Self {
        Self { site: site.to_owned(), directory: site.join(directory), timeout, leash: Leash::new(site) }
    }

    /// Ends what hooks of a publisher that has died have left running. Ask with the publisher lock held: the hooks of whoever
    /// has it would be ended too. What cannot be ended is waited for while `patient` says so.
    ///
    /// # Errors
    /// What hooks hold, or /proc, cannot be read.
    pub fn end_left(&self, patient: &dyn Fn() -> bool) -> io::Result<LeftByHooks> {
        self.leash.end(patient)
    }

    fn variables(&self, event: &HookEvent) -> Vec<(&'static str, String)> {
        let absolute = |root: &String| self.site.join(root).display().to_string();
        let mut variables = vec![("SITE_NAME", host()), ("DISTRIBUTION", event.distribution().to_owned())];
        match event {
            HookEvent::Publish { root, suites, .. } => {
                variables.push(("ARCHIVEROOT", absolute(root)));
                variables.push(("DISTSROOT", self.site.join(root).join(STAGED).display().to_string()));
                variables.push(("SUITES", suites.join(" ")));
            }
            HookEvent::Finalize { roots, security_only, .. } => {
                let roots: Vec<String> = roots.iter().map(absolute).collect();
                variables.push(("ARCHIVEROOTS", roots.join(" ")));
                let answer = if *security_only { "yes" } else { "no" };
                variables.push(("SECURITY_UPLOAD_ONLY", answer.to_owned()));
            }
        }
        variables
    }

    fn run_one(
        &self,
        hook: &Path,
        variables: &[(&'static str, String)],
        stop: &dyn Stop,
    ) -> Result<Vec<String>, HookError> {
        let shown = hook.display().to_string();
        tracing::info!(hook = %shown, "running");
        let failed = |source| HookError::Io { hook: shown.clone(), source };
        let [watcher, arguments @ ..] = WATCHER;
        let mut watched = Command::new(watcher);
        watched.args(arguments).arg(hook);
        let mut child = match self.start(watched, variables) {
            // Where there is no such program, the hook lives on if this one dies.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.start(Command::new(hook), variables).map_err(failed)?
            }
            started => started.map_err(failed)?,
        };
        let output = listen(&mut child, &shown);
        let mut settled = Ok(Vec::new());
        let mut leaving = || settled = self.leash.settle(LAST_WORDS);
        let ended = wait(&mut child, self.timeout, stop, &mut leaving).map_err(failed)?;
        let mut left = settled.map_err(failed)?;
        self.end_of(&shown, &mut left).map_err(failed)?;
        let until = Instant::now() + LAST_WORDS;
        while output.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
        if !matches!(&ended, Ended::With(status) if status.success()) {
            // Nobody gets a report.
            left.iter().for_each(|program| tracing::warn!("{program}"));
        }
        match ended {
            Ended::TooSlow => Err(HookError::TooSlow { hook: shown, seconds: self.timeout.as_secs() }),
            Ended::Stopped(signal) => Err(HookError::Stopped { hook: shown, signal }),
            Ended::With(status) if status.success() => Ok(left),
            Ended::With(status) => Err(HookError::Failed { hook: shown, how: how(status) }),
        }
    }
}

impl FsHooks {
    /// Ends what a hook has left running; in `left` it is named already, or by its end, with what to do about it.
    fn end_of(&self, hook: &str, left: &mut Vec<String>) -> io::Result<()> {
        let LeftByHooks { ended, stays } = self.leash.end(&|| false)?;
        left.extend(ended);
        left.sort();
        left.dedup();
        for program in left.iter_mut() {
            *program = format!(
                "hook {hook} left {program} running, which was ended with it: a hook waits for what it starts, or hands it to a \
                 service"
            );
        }
        left.extend(stays.map(|stays| format!("hook {hook} has left {stays}")));
        Ok(())
    }

    /// The hooks of a distribution in one of its directories, and what is none.
    fn parts(&self, distribution: &str, name: &str) -> Result<(Vec<PathBuf>, Vec<String>), HookError> {
        let directory = self.directory.join(distribution).join(name);
        let failed = |source| HookError::Io { hook: directory.display().to_string(), source };
        let (hooks, skipped) = parts(&directory).map_err(failed)?;
        for reason in &skipped {
            tracing::warn!("{reason}");
        }
        Ok((hooks, skipped))
    }

    fn run_all(
        &self,
        hooks: Vec<PathBuf>,
        skipped: Vec<String>,
        variables: &[(&'static str, String)],
        stop: &dyn Stop,
    ) -> Result<HookReport, HookError> {
        let mut report = HookReport { ran: Vec::new(), skipped, left: Vec::new() };
        for hook in hooks {
            report.left.extend(self.run_one(&hook, variables, stop)?);
            report.ran.push(hook.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        Ok(report)
    }

    fn start(&self, mut command: Command, variables: &[(&'static str, String)]) -> io::Result<Child> {
        command
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .current_dir(&self.site)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that what it has started can be stopped with it.
            .process_group(0);
        let leash = self.leash.inherited()?;
        let started = command.spawn();
        drop(leash);
        started
    }
}

impl Hooks for FsHooks {
    fn run(&self, event: &HookEvent) -> Result<HookReport, HookError> {
        let (hooks, skipped) = self.parts(event.distribution(), event.parts())?;
        // What follows a publication is done to its end.
        let stop: &dyn Stop = if event.is_before() { &Signals } else { &Never };
        self.run_all(hooks, skipped, &self.variables(event), stop)
    }

    fn sign(&self, request: &SignRequest<'_>) -> Result<SignReport, HookError> {
        let (hooks, skipped) = self.parts(request.distribution, SIGN)?;
        if hooks.is_empty() {
            let hooks = HookReport { skipped, ..HookReport::default() };
            return Ok(SignReport { hooks, signature: None });
        }
        let failed = |source| HookError::Io { hook: SIGN.to_owned(), source };
        // Out of reach of whoever writes into the archive, and gone with all that it holds.
        let place = tempfile::Builder::new().prefix("debpress-sign").tempdir().map_err(failed)?;
        let (input, output) = (place.path().join(request.name), place.path().join(SIGNATURE));
        fs::write(&input, request.text).map_err(failed)?;
        let mut variables = vec![
            ("SITE_NAME", host()),
            ("DISTRIBUTION", request.distribution.to_owned()),
            ("ARCHIVEROOT", self.site.join(request.root).display().to_string()),
            ("SUITE", request.suite.to_owned()),
            ("MODE", request.mode.as_str().to_owned()),
        ];
        variables.push(("INPUT_PATH", input.display().to_string()));
        variables.push(("OUTPUT_PATH", output.display().to_string()));
        let hooks = self.run_all(hooks, skipped, &variables, &Signals)?;
        let signature = match local::read_small(&output, LARGEST_SIGNATURE) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(HookError::Io { hook: output.display().to_string(), source }),
        };
        Ok(SignReport { hooks, signature })
    }
}

/// The name of the file in which a signature is left.
const SIGNATURE: &str = ".signature";

/// A Release with its signature is far smaller.
const LARGEST_SIGNATURE: u64 = 64 * 1024 * 1024;

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The hooks of a directory in their order, and what is none.
fn parts(directory: &Path) -> io::Result<(Vec<PathBuf>, Vec<String>)> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(error),
    };
    let mut names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    let (mut hooks, mut skipped) = (Vec::new(), Vec::new());
    for name in names {
        let path = directory.join(&name);
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let metadata = fs::metadata(&path)?;
        let why = if !name.to_string_lossy().chars().all(legal) {
            "its name has other characters than letters, digits, _ and -"
        } else if !metadata.is_file() {
            "it is no file"
        } else if metadata.permissions().mode() & 0o111 == 0 {
            "it may not be run: chmod +x"
        } else {
            hooks.push(path);
            continue;
        };
        skipped.push(format!("{} is no hook and was left out: {why}", path.display()));
    }
    Ok((hooks, skipped))
}

/// Hands what a hook says to the log, line by line. The answer ends when both its outputs are closed.
fn listen(child: &mut Child, hook: &str) -> Receiver<()> {
    let (sender, receiver) = channel();
    if let Some(output) = child.stdout.take() {
        log(output, hook, sender.clone());
    }
    if let Some(output) = child.stderr.take() {
        log(output, hook, sender);
    }
    receiver
}

fn log(output: impl Read + Send + 'static, hook: &str, alive: Sender<()>) {
    let hook = hook.to_owned();
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(count) if count > 0) {
            tracing::info!(%hook, "{}", String::from_utf8_lossy(&line).trim_end());
            line.clear();
            // Somebody may have stopped waiting; the log goes on all the same.
            if alive.send(()).is_err() {
                tracing::debug!(%hook, "it is waited for no more");
            }
        }
    });
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended badly".to_owned(),
    }
}
