//! Where an archive is.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use crate::adapters::outside::OutsideDirectory;
#[cfg(feature = "http")]
use crate::adapters::outside::OutsideHttp;
use crate::ports::outside::Outside;

/// An address or a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `http://` or `https://`, and what follows.
    Address(String),
    /// A directory of this machine.
    Directory(PathBuf),
}

/// Why a place cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// An address of another kind.
    #[error("`{0}` is neither an address with http:// or https:// nor a directory")]
    Scheme(String),
    /// The program was built without the web.
    #[error("this debpress was built without the feature `http`: name a directory")]
    NoHttp,
    /// The directory cannot be read.
    #[error("cannot read the archive in {}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        match text.split_once("://") {
            Some(("http" | "https", rest)) if !rest.is_empty() => Ok(Self::Address(text.to_owned())),
            Some(_) => Err(PlaceError::Scheme(text.to_owned())),
            None => Ok(Self::Directory(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(address),
            Self::Directory(path) => path.display().fmt(f),
        }
    }
}

impl Place {
    /// The archive that is there. Nothing is read of it yet.
    ///
    /// # Errors
    /// [`PlaceError`]: the directory is none; this program has no HTTP.
    pub fn open(&self) -> Result<Box<dyn Outside>, PlaceError> {
        match self {
            #[cfg(feature = "http")]
            Self::Address(address) => Ok(Box::new(OutsideHttp::new(address))),
            #[cfg(not(feature = "http"))]
            Self::Address(_) => Err(PlaceError::NoHttp),
            Self::Directory(path) => match OutsideDirectory::new(path) {
                Ok(directory) => Ok(Box::new(directory)),
                Err(source) => Err(PlaceError::Directory { path: path.clone(), source }),
            },
        }
    }
}
