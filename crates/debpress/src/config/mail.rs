//! `[mail]`: how notices leave the site.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de};

use crate::model::mailbox::{Mailbox, is_address};

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// How it leaves.
    pub transport: MailTransport,
    /// The sender of every notice.
    #[serde(deserialize_with = "mailbox")]
    pub from: Option<Mailbox>,
    /// Who gets a copy of every notice.
    #[serde(deserialize_with = "address")]
    pub bcc: Option<String>,
    /// For `directory`: where to, relative to the site.
    pub directory: PathBuf,
    /// For `smtp`: the server.
    pub server: Option<String>,
    /// For `smtp`: how the conversation is kept secret.
    pub security: MailSecurity,
    /// For `smtp`: the port, where it is not the usual one.
    pub port: Option<u16>,
    /// For `smtp`: who we are to the server.
    pub user: Option<String>,
    /// For `smtp`: the file with the password, relative to the site.
    pub password_file: Option<PathBuf>,
    /// For `smtp`: a file with certificates in PEM that are trusted beside those of the system, relative to the site.
    pub ca_file: Option<PathBuf>,
}

/// How mail leaves a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// Not at all: nobody is told anything.
    #[default]
    None,
    /// As a file each.
    Directory,
    /// To a server.
    Smtp,
}

/// How a conversation with a mail server is kept secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailSecurity {
    /// With TLS after a beginning in the clear.
    #[default]
    StartTls,
    /// With TLS from the beginning.
    Tls,
    /// Not at all.
    None,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            transport: MailTransport::None,
            from: None,
            bcc: None,
            directory: PathBuf::from("mail"),
            server: None,
            security: MailSecurity::StartTls,
            port: None,
            user: None,
            password_file: None,
            ca_file: None,
        }
    }
}

impl MailConfig {
    /// Whether anybody is told anything.
    pub fn tells(&self) -> bool {
        self.transport != MailTransport::None
    }

    /// The port of the server: the one that is named, or that of the kind of conversation.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.security {
            MailSecurity::StartTls => 587,
            MailSecurity::Tls => 465,
            MailSecurity::None => 25,
        })
    }

    /// What does not fit together, if anything does not.
    fn fault(&self) -> Option<&'static str> {
        let smtp = self.transport == MailTransport::Smtp;
        if self.tells() && self.from.is_none() {
            Some("`from` is missing: name the sender of notices")
        } else if smtp && self.server.is_none() {
            Some("`server` is missing: name the server that takes mail")
        } else if self.server.as_deref().is_some_and(|server| !is_host(server)) {
            Some("`server` is no name of a machine and no IP address: its port goes into `port`")
        } else if self.directory.as_os_str().is_empty() {
            Some("`directory` is empty: name a directory, such as \"mail\"")
        } else if self.user.is_some() != self.password_file.is_some() {
            Some("`user` and `password_file` belong together: name both, or none")
        } else if self.user.is_some() && self.security == MailSecurity::None {
            Some("`user` needs a conversation that is secret: set `security` to \"starttls\" or \"tls\"")
        } else {
            None
        }
    }
}

/// Whether a text may be the name or the address of a machine. One colon would stand before a port.
fn is_host(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    !text.is_empty() && text.chars().all(fits) && text.matches(':').count() != 1
}

/// Reads the table, and refuses what does not fit together.
pub(super) fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MailConfig, D::Error> {
    let mail = MailConfig::deserialize(deserializer)?;
    match mail.fault() {
        Some(fault) => Err(de::Error::custom(fault)),
        None => Ok(mail),
    }
}

fn mailbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Mailbox>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || de::Error::custom(format!("`{text}` is no address: write NAME <USER@HOST> or USER@HOST"));
    Mailbox::parse(&text).map(Some).ok_or_else(wrong)
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || de::Error::custom(format!("`{text}` is no address: write USER@HOST"));
    if is_address(&text) { Ok(Some(text)) } else { Err(wrong()) }
}
