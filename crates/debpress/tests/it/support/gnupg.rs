//! A GnuPG of its own: its own home, its own agent, its own clock.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use debpress::model::time::Timestamp;
use tempfile::TempDir;

/// A home directory of GnuPG that takes its agent with it when it goes.
pub(crate) struct Gnupg {
    home: TempDir,
}

impl Gnupg {
    pub(crate) fn new() -> Self {
        Self { home: TempDir::with_prefix("gnupg").unwrap() }
    }

    /// The home directory.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Runs `program` in this home and returns what it wrote, whatever its status.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program)
            .args(arguments)
            .current_dir(self.home.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .env("GNUPGHOME", self.home.path())
            .output()
            .unwrap_or_else(|error| panic!("cannot run {program}: {error}"))
    }

    /// Runs `gpg` as if it were `at`; it must succeed.
    #[track_caller]
    pub(crate) fn gpg(&self, at: Timestamp, arguments: &[&str]) -> Vec<u8> {
        let clock = at.to_string().replace(['-', ':', 'Z'], "") + "!";
        let common = ["--batch", "--quiet", "--no-tty", "--pinentry-mode=loopback", "--passphrase", ""];
        let clock = ["--faked-system-time", &clock];
        let output = self.run("gpg", &[&common[..], &clock[..], arguments].concat());
        assert!(output.status.success(), "gpg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Makes a key without a passphrase and returns its fingerprint.
    pub(crate) fn make_key(&self, at: Timestamp, user_id: &str, algorithm: &str, expires: &str) -> String {
        self.gpg(at, &["--quick-generate-key", user_id, algorithm, "sign", expires]);
        let listing = self.gpg(at, &["--with-colons", "--list-keys", user_id]);
        let listing = String::from_utf8(listing).unwrap();
        let line = listing.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    /// The armoured public key.
    pub(crate) fn export(&self, at: Timestamp, key: &str) -> Vec<u8> {
        self.gpg(at, &["--armor", "--export", key])
    }

    /// Changes what `key` is for: `usage` is a letter of gpg's, and what it stands for is taken away, or given back.
    pub(crate) fn toggle_usage(&self, at: Timestamp, key: &str, usage: &str) {
        let answers = self.write("answers", format!("change-usage\n{usage}\nq\nsave\n").as_bytes());
        let answers = format!("--command-file={}", answers.display());
        self.gpg(at, &[&answers, "--edit-key", key]);
    }

    /// Revokes `key` without a reason, which voids all it ever signed.
    pub(crate) fn revoke(&self, at: Timestamp, key: &str) {
        // gpg keeps a ready revocation of each key it makes, disarmed with a colon.
        let kept = self.run("cat", &[&format!("openpgp-revocs.d/{key}.rev")]).stdout;
        let armed = String::from_utf8(kept).unwrap().replace("\n:-----", "\n-----");
        let path = self.write("revocation", armed.as_bytes());
        self.gpg(at, &["--import", path.to_str().unwrap()]);
    }

    /// The document that `gpg --clearsign` makes of `text`.
    pub(crate) fn clearsign(&self, at: Timestamp, key: &str, text: &[u8], options: &[&str]) -> Vec<u8> {
        let path = self.write("text", text);
        let user = ["--local-user", key];
        let action = ["--output", "-", "--clearsign", path.to_str().unwrap()];
        self.gpg(at, &[options, &user[..], &action[..]].concat())
    }

    /// Takes the armour off `public`, as apt and gpgv want a keyring; returns its path.
    pub(crate) fn keyring(&self, public: &[u8]) -> PathBuf {
        let path = self.write("public.asc", public);
        let target = self.home.path().join("keyring.gpg");
        let arguments = ["--yes", "--output", target.to_str().unwrap(), "--dearmor", path.to_str().unwrap()];
        let output = self.run("gpg", &arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        target
    }

    /// Runs `gpgv` with this keyring. It has no clock option, so its documents must be dated in its past.
    pub(crate) fn gpgv(&self, keyring: &Path, arguments: &[&str]) -> Output {
        self.run("gpgv", &[&["--keyring", keyring.to_str().unwrap()], arguments].concat())
    }
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        self.run("gpgconf", &["--kill", "all"]);
    }
}
