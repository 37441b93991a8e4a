//! Extra override files: `distro-parts/DISTRIBUTION/overrides/more-extra.override.SUITE.COMPONENT`.

use std::io;
use std::path::{Path, PathBuf};

use super::local;
use crate::ports::extra_overrides::{ExtraOverrideError, ExtraOverrides};

/// The directory below that of the distribution.
const DIRECTORY: &str = "overrides";

/// Ubuntu's have a few megabytes.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Those of a site.
#[derive(Clone, Debug)]
pub struct FsExtraOverrides {
    directory: PathBuf,
}

impl FsExtraOverrides {
    /// Those below `directory`, which is relative to the site.
    pub fn new(site: &Path, directory: &Path) -> Self {
        Self { directory: site.join(directory) }
    }
}

impl ExtraOverrides for FsExtraOverrides {
    fn read(&self, distribution: &str, name: &str) -> Result<Option<Vec<u8>>, ExtraOverrideError> {
        let path = self.directory.join(distribution).join(DIRECTORY).join(name);
        match local::read_small(&path, LIMIT) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ExtraOverrideError { path: path.display().to_string(), source }),
        }
    }
}
