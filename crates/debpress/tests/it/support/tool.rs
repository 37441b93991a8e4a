//! Starting other people's programs in an environment of ours.

use std::path::Path;
use std::process::Command;

/// A program that sees nothing of the machine's environment but where programs are.
pub(crate) fn tool(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("HOME", home)
        .current_dir(home);
    command
}

/// A program that has run. Both streams are text: no program started here prints anything else.
#[must_use = "assert how the program ended"]
#[derive(Debug)]
pub(crate) struct Ran {
    /// The program and its arguments, for messages.
    what: String,
    status: Option<i32>,
    said: Said,
}

/// What a program wrote.
#[derive(Debug)]
pub(crate) struct Said {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Runs `command` to its end; a program that cannot be started fails the test.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            what: words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" "),
            status: output.status.code(),
            said: Said { stdout: text(&output.stdout), stderr: text(&output.stderr) },
        }
    }

    /// Asserts success.
    #[track_caller]
    pub(crate) fn ok(self) -> Said {
        assert_eq!(self.status, Some(0), "{self}");
        self.said
    }

    /// Its exit status; `None`: a signal has ended it.
    pub(crate) fn status(&self) -> Option<i32> {
        self.status
    }

    /// Whether it did what it was asked for.
    pub(crate) fn succeeds(&self) -> bool {
        self.status == Some(0)
    }

    /// Asserts an exit status.
    #[track_caller]
    pub(crate) fn ends(self, status: i32) -> Said {
        assert_eq!(self.status, Some(status), "{self}");
        self.said
    }

    /// Asserts failure, whatever the status.
    #[track_caller]
    pub(crate) fn fails(self) -> Said {
        assert_ne!(self.status, Some(0), "{self}");
        self.said
    }

    /// Takes what was written, for a program whose status says nothing.
    pub(crate) fn said(self) -> Said {
        self.said
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, status, said: Said { stdout, stderr } } = self;
        writeln!(f, "`{what}` ended with {status:?}\nstdout:\n{stdout}\nstderr:\n{stderr}")
    }
}
