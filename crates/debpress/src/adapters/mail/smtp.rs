//! Mail by SMTP (RFC 5321), over TLS unless the site says otherwise.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::commands::{self, Data, Rcpt};
use lettre::transport::smtp::extension::ClientId;

use super::message::message;
use super::with_causes;
use crate::ports::mail::{Letter, Mail, MailError, Trouble};

/// How long one step of the conversation may take. A server that is slower is asked again later.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The reply of a server that is about to close (RFC 5321 3.8).
const IT_CLOSES: u16 = 421;

/// How the conversation is kept secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// It begins in the clear and goes on with TLS, or not at all (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// In the clear: for a server on the same machine.
    None,
}

/// A name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The server that takes our mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    /// Its name, which its certificate must have.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the conversation is kept secret.
    pub security: Security,
    /// Who we are to it; `None`: it lets anybody in that it knows by address.
    pub login: Option<Login>,
    /// Certificates in PEM that are trusted beside those of the system.
    pub authority: Option<Vec<u8>>,
}

/// Hands mail to an SMTP server.
pub struct SmtpServer {
    settings: SmtpSettings,
    tls: Tls,
    /// A conversation that has begun: it costs more than a mail, and many mails go in one.
    conversation: RefCell<Option<SmtpConnection>>,
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpServer").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl SmtpServer {
    /// A server that is asked when the first mail is sent.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub fn new(settings: SmtpSettings) -> Result<Self, MailError> {
        let tls = tls(&settings).map_err(|error| {
            let SmtpSettings { server, port, authority, .. } = &settings;
            let named = authority.as_ref().map_or("", |_| " and the certificates named for it");
            let message = format!("cannot use TLS with {server}:{port}{named}: {}", with_causes(&error));
            MailError { trouble: Trouble::Server, message }
        })?;
        Ok(Self { settings, tls, conversation: RefCell::default() })
    }

    /// The conversation that there is, if the server still listens, or a new one.
    fn conversation(&self) -> Result<SmtpConnection, Error> {
        if let Some(mut open) = self.conversation.take()
            && open.test_connected()
        {
            return Ok(open);
        }
        let SmtpSettings { server, port, login, .. } = &self.settings;
        let hello = ClientId::default();
        let from_the_first_byte = if let Tls::Wrapper(tls) = &self.tls { Some(tls) } else { None };
        let at = (server.as_str(), *port);
        let mut begun = SmtpConnection::connect(at, Some(TIMEOUT), &hello, from_the_first_byte, None)?;
        if let Tls::Required(tls) = &self.tls {
            begun.starttls(tls, &hello)?;
        }
        if let Some(Login { user, password }) = login {
            begun.auth(DEFAULT_MECHANISMS, &Credentials::new(user.clone(), password.clone()))?;
        }
        Ok(begun)
    }

    fn failed(&self, trouble: Trouble, error: &Error) -> MailError {
        let SmtpSettings { server, port, .. } = &self.settings;
        MailError { trouble, message: format!("{server}:{port}: {}", with_causes(error)) }
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        if let Some(mut open) = self.conversation.take() {
            open.abort();
        }
    }
}

fn tls(settings: &SmtpSettings) -> Result<Tls, Error> {
    let parameters = || {
        let mut builder = TlsParameters::builder(settings.server.clone());
        if let Some(authority) = &settings.authority {
            builder = builder.add_root_certificate(Certificate::from_pem(authority)?);
        }
        builder.build()
    };
    Ok(match settings.security {
        Security::StartTls => Tls::Required(parameters()?),
        Security::Tls => Tls::Wrapper(parameters()?),
        Security::None => Tls::None,
    })
}

impl Mail for SmtpServer {
    fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = message(letter, false)?;
        // Who lets nobody in, whatever the reason, has not seen the mail.
        let begun = self.conversation().map_err(|error| self.failed(Trouble::Server, &error));
        let mut conversation = begun?;
        match hand_over(&mut conversation, &message) {
            Ok(()) => {
                self.conversation.replace(Some(conversation));
                Ok(())
            }
            Err((trouble, error)) => {
                conversation.abort();
                Err(self.failed(trouble, &error))
            }
        }
    }
}

/// One mail (RFC 5321 3.3). Everything in it is ASCII, so that no extension need be asked for.
fn hand_over(conversation: &mut SmtpConnection, message: &Message) -> Result<(), (Trouble, Error)> {
    let about_it = |error: Error| (trouble(&error), error);
    let envelope = message.envelope();
    // Every mail of the site has the same sender.
    let sender = commands::Mail::new(envelope.from().cloned(), Vec::new());
    conversation.command(sender).map_err(|error| (Trouble::Server, error))?;
    for (place, address) in envelope.to().iter().enumerate() {
        match conversation.command(Rcpt::new(address.clone(), Vec::new())) {
            Ok(_) => {}
            Err(error) if place == 0 => return Err(about_it(error)),
            Err(error) => tracing::warn!("no copy to {address}: {}", with_causes(&error)),
        }
    }
    conversation.command(Data).map_err(about_it)?;
    conversation.message(&message.formatted()).map_err(about_it)?;
    Ok(())
}

fn trouble(error: &Error) -> Trouble {
    let code = error.status().map(u16::from);
    if code == Some(IT_CLOSES) {
        Trouble::Server
    } else if error.is_permanent() {
        Trouble::Never
    } else if error.is_transient() {
        Trouble::Later
    } else {
        Trouble::Server
    }
}
