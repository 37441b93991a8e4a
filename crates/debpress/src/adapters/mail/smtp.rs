//! Mail by SMTP (RFC 5321), over TLS unless the site says otherwise.

use std::fmt;
use std::time::Duration;

use lettre::Transport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{Error, SmtpTransport};

use super::message::message;
use super::with_causes;
use crate::ports::mail::{Letter, Mail, MailError, Trouble};

/// How long one step of the conversation may take. A server that is slower is asked again later.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Replies that mean that no other mail would be taken either: the server is about to close (RFC 5321 3.8), or does not
/// let us in (RFC 4954 6).
const NOTHING_IS_TAKEN: [u16; 5] = [421, 530, 534, 535, 538];

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
#[derive(Debug)]
pub struct SmtpServer {
    transport: SmtpTransport,
    shown: String,
}

impl SmtpServer {
    /// A server that is asked when the first mail is sent.
    ///
    /// # Errors
    /// The certificates cannot be read.
    pub fn new(settings: SmtpSettings) -> Result<Self, MailError> {
        let shown = format!("{}:{}", settings.server, settings.port);
        let tls = tls(&settings).map_err(|error| {
            let message = format!("cannot use TLS with {shown}: {}", with_causes(&error));
            MailError { trouble: Trouble::Server, message }
        })?;
        let builder = SmtpTransport::builder_dangerous(settings.server)
            .port(settings.port)
            .timeout(Some(TIMEOUT))
            .tls(tls);
        let builder = match settings.login {
            Some(Login { user, password }) => builder.credentials(Credentials::new(user, password)),
            None => builder,
        };
        Ok(Self { transport: builder.build(), shown })
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
        match self.transport.send(&message) {
            Ok(_) => Ok(()),
            Err(error) => {
                let message = format!("{}: {}", self.shown, with_causes(&error));
                Err(MailError { trouble: trouble(&error), message })
            }
        }
    }
}

fn trouble(error: &Error) -> Trouble {
    let code = error.status().map(u16::from);
    if code.is_some_and(|code| NOTHING_IS_TAKEN.contains(&code)) {
        Trouble::Server
    } else if error.is_permanent() {
        Trouble::Never
    } else if error.is_transient() {
        Trouble::Later
    } else {
        Trouble::Server
    }
}
