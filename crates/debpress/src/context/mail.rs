//! The mail of a site, as its configuration has it.

#[cfg(feature = "mail")]
use std::io;
use std::path::Path;

use super::{Site, SiteError};
use crate::config::{MailConfig, MailTransport};
use crate::ports::mail::Mail;

/// No password or list of certificates is larger, in bytes.
#[cfg(feature = "mail")]
const SMALL_FILE: u64 = 4 * 1024 * 1024;

impl Site {
    /// Who takes mail: `None` when nobody is told anything.
    ///
    /// # Errors
    /// [`SiteError::MailFile`]; [`SiteError::Mail`]; [`SiteError::NoMail`].
    pub fn mail(&self) -> Result<Option<Box<dyn Mail>>, SiteError> {
        let config = &self.config.mail;
        match config.transport {
            MailTransport::None => Ok(None),
            MailTransport::Directory | MailTransport::Smtp => open(config, &self.directory).map(Some),
        }
    }
}

#[cfg(not(feature = "mail"))]
fn open(_config: &MailConfig, _site: &Path) -> Result<Box<dyn Mail>, SiteError> {
    Err(SiteError::NoMail)
}

#[cfg(feature = "mail")]
fn open(config: &MailConfig, site: &Path) -> Result<Box<dyn Mail>, SiteError> {
    use crate::adapters::mail::{Login, MailDirectory, Security, SmtpServer, SmtpSettings};
    use crate::config::MailSecurity;

    if config.transport == MailTransport::Directory {
        return Ok(Box::new(MailDirectory::new(site.join(&config.directory))));
    }
    let login = match (&config.user, &config.password_file) {
        (Some(user), Some(file)) => {
            let bytes = read("password_file", site, file)?;
            let text = std::str::from_utf8(&bytes).map(str::trim_end).unwrap_or_default();
            if text.is_empty() {
                return Err(useless("password_file", site, file, "it holds no password in UTF-8"));
            }
            Some(Login { user: user.clone(), password: text.to_owned() })
        }
        _ => None,
    };
    let settings = SmtpSettings {
        server: config.server.clone().unwrap_or_default(),
        port: config.port(),
        security: match config.security {
            MailSecurity::StartTls => Security::StartTls,
            MailSecurity::Tls => Security::Tls,
            MailSecurity::None => Security::None,
        },
        login,
        authority: config.ca_file.as_deref().map(|file| authority(site, file)).transpose()?,
    };
    let server = SmtpServer::new(settings).map_err(SiteError::Mail)?;
    Ok(Box::new(server))
}

/// The library takes a file without certificates, and then trusts none of it.
#[cfg(feature = "mail")]
fn authority(site: &Path, file: &Path) -> Result<Vec<u8>, SiteError> {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let bytes = read("ca_file", site, file)?;
    if bytes.windows(BEGIN.len()).any(|window| window == BEGIN) {
        Ok(bytes)
    } else {
        Err(useless("ca_file", site, file, "it holds no certificate in PEM"))
    }
}

#[cfg(feature = "mail")]
fn read(key: &'static str, site: &Path, file: &Path) -> Result<Vec<u8>, SiteError> {
    let path = site.join(file);
    crate::adapters::fs::local::read_small(&path, SMALL_FILE).map_err(|source| SiteError::MailFile {
        key,
        path,
        source,
    })
}

#[cfg(feature = "mail")]
fn useless(key: &'static str, site: &Path, file: &Path, why: &'static str) -> SiteError {
    let source = io::Error::new(io::ErrorKind::InvalidData, why);
    SiteError::MailFile { key, path: site.join(file), source }
}
