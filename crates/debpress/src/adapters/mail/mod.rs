//! Letters become messages as RFC 5322 has them, and leave: as files, or to a server.

mod directory;
mod message;
mod smtp;

pub use directory::MailDirectory;
pub use smtp::{Login, Security, SmtpServer, SmtpSettings};

/// An error with everything that caused it, in one line that does nothing to a terminal: servers are quoted in it.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut told: Vec<String> = Vec::new();
    for cause in causes.map(ToString::to_string) {
        // Libraries often say what their cause says.
        if !told.iter().any(|known| known.contains(&cause)) {
            told.push(cause);
        }
    }
    told.join(": ").replace(char::is_control, "\u{fffd}")
}
