//! Who decides: the option that commands about the queue share.

use clap::Args;

use crate::context::{Site, SiteError};
use crate::queue::{Actor, Choice};

/// Who decides.
#[derive(Clone, Debug, Args)]
pub(super) struct ActorArgs {
    /// Decide for somebody else, with their permissions and under their name.
    #[arg(long = "as", value_name = "NAME")]
    named: Option<String>,
}

/// Whether people hear of it.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct MailArgs {
    /// Tell nobody by mail.
    #[arg(short = 'M', long)]
    no_mails: bool,
}

impl MailArgs {
    /// Whether they do.
    pub(super) fn tell(self, site: &Site) -> bool {
        !self.no_mails && site.config().mail.tells()
    }
}

impl ActorArgs {
    /// Who decides, and what is recorded of it.
    pub(super) fn choice(&self, site: &Site, comment: &str) -> Result<(Actor, Choice), SiteError> {
        let actor = site.actor(self.named.as_deref())?;
        let who = actor.name().to_owned();
        Ok((actor, Choice { who, at: site.now(), comment: comment.to_owned(), tell: false }))
    }
}
