//! Who decides: the option that commands about the queue share.

use clap::Args;

use crate::context::{Site, SiteError};
use crate::ports::db::RecordsError;
use crate::queue::{Actor, Audience, Choice};

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
    /// Everybody who can be told; `None`: nobody is.
    pub(super) fn audience(self, site: &Site) -> Result<Option<Audience>, RecordsError> {
        let tells = !self.no_mails && site.config().mail.tells();
        tells.then(|| Audience::read(site.records())).transpose()
    }
}

impl ActorArgs {
    /// Who decides, and what is recorded of it.
    pub(super) fn choice(&self, site: &Site, comment: &str) -> Result<(Actor, Choice), SiteError> {
        let actor = site.actor(self.named.as_deref())?;
        let who = actor.name().to_owned();
        Ok((actor, Choice { who, at: site.now(), comment: comment.to_owned(), audience: None }))
    }
}
