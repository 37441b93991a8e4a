//! The last word of the tour: the machine's own apt.

use super::{DemoError, Tour, during};
use crate::adapters::apt::{AptRun, PrivateApt};

impl Tour<'_> {
    /// Lets apt install `version` of the tour's package from what was published.
    pub(super) fn read_with_apt(&mut self, version: &str) -> Result<(), DemoError> {
        self.step("The real apt reads it, in a root of its own");
        if !PrivateApt::is_installed() {
            self.note("There is no apt-get on this machine, so nobody reads the archive here; on Debian or Ubuntu, the tour ends with the real apt");
            return Ok(());
        }
        let step = "set apt up";
        let apt =
            PrivateApt::create(&self.directory.join("apt"), &["amd64", "arm64"]).map_err(during(step))?;
        let site = self.site.directory().canonicalize().map_err(during(step))?;
        let sources = format!(
            "Types: deb deb-src\nURIs: file:{0}/archives/demo\nSuites: stable\nComponents: main\n\
             Signed-By: {0}/keys/archive-key.asc\n",
            site.display()
        );
        apt.add_source("demo", &sources).map_err(during(step))?;
        self.look(format!("cat {}", self.path("apt/etc/sources.list.d/demo.sources")));
        self.apt(&apt, &["update"])?;
        let package = format!("greeting={version}");
        self.apt(&apt, &["install", "--download-only", "-y", &package])?;
        let foreign = format!("greeting:arm64={version}");
        self.apt(&apt, &["install", "--download-only", "-y", &foreign])?;
        self.apt_source(&apt, &package)?;
        self.note(format!("apt has verified the signature and every hash down to greeting {version}"));
        Ok(())
    }

    fn apt_source(&mut self, apt: &PrivateApt, package: &str) -> Result<(), DemoError> {
        if PrivateApt::can_unpack_sources() {
            return self.apt(apt, &["source", package]);
        }
        self.note("Without dpkg-dev a source can be downloaded, not unpacked");
        self.apt(apt, &["source", "--download-only", package])
    }

    fn apt(&mut self, apt: &PrivateApt, arguments: &[&str]) -> Result<(), DemoError> {
        let AptRun { command, success, text } = apt.get(arguments).map_err(during("start apt-get"))?;
        self.look(command);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            self.output(line);
        }
        if success { Ok(()) } else { Err(during("read the archive with apt")(text)) }
    }
}
