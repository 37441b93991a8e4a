//! The mail of a site, as its configuration has it.

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
    /// [`SiteError::Read`] of the password or the certificates; [`SiteError::Mail`]; [`SiteError::NoMail`].
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
            let password = String::from_utf8_lossy(&read(site, file)?).trim_end().to_owned();
            Some(Login { user: user.clone(), password })
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
        authority: config.ca_file.as_deref().map(|file| read(site, file)).transpose()?,
    };
    let server = SmtpServer::new(settings).map_err(SiteError::Mail)?;
    Ok(Box::new(server))
}

#[cfg(feature = "mail")]
fn read(site: &Path, file: &Path) -> Result<Vec<u8>, SiteError> {
    let path = site.join(file);
    crate::adapters::fs::local::read_small(&path, SMALL_FILE)
        .map_err(|source| SiteError::Read { path, source })
}
