//! Who hears of an upload, and who does not.

use debfmt::names::SourceName;

use super::{Destination, News, People, ToldUpload};
use crate::model::archive::Purpose;
use crate::model::mailbox::Mailbox;
use crate::model::permission::{Permission, Power, Request};
use crate::model::suite::Pocket;

/// Somebody who hears of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipient {
    /// Where to.
    pub(super) address: String,
    /// Why.
    pub(super) why: Why,
}

/// Why somebody hears of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// They have signed it.
    Signer,
    /// They have made this version.
    ChangedBy,
    /// They maintain the package.
    Maintainer,
    /// They hold a permission for the personal archive.
    Permission,
    /// It is a list that is told what its series accepts.
    List,
}

/// The field with which an upload asks that `Changed-By` hears of what goes into a personal archive.
const NOTIFY: &str = "Launchpad-Notify-Changed-By";
/// The section of language packs, which come by the hundred.
const TRANSLATIONS: &str = "translations";

/// Everybody who hears of it, each address once, with the first reason that there is.
pub(super) fn of(people: People<'_>, upload: &ToldUpload<'_>, news: News<'_>) -> Vec<Recipient> {
    if is_silent(upload, news) {
        return Vec::new();
    }
    let mut found: Vec<Recipient> = Vec::new();
    let mut add = |address: Option<String>, why| {
        let Some(address) = address else { return };
        if !found.iter().any(|known| known.address.eq_ignore_ascii_case(&address)) {
            found.push(Recipient { address, why });
        }
    };
    if let Some(signer) = upload.signer {
        add(people.address_of(signer), Why::Signer);
    }
    for (person, why) in people.beside_the_signer(upload, news) {
        add(people.address_of(&person), why);
    }
    add(list(upload, news), Why::List);
    found
}

/// What machines and translation teams send by the hundred is told only when something is wrong with it, or when it
/// mends a danger.
fn is_silent(upload: &ToldUpload<'_>, news: News<'_>) -> bool {
    match news {
        News::Refused(_) | News::Rejected(_) => return false,
        News::New | News::Unapproved | News::Accepted(_) => {}
    }
    let source = upload.source();
    let of_machine = upload.signer.is_none() && source.is_none() && !is_security(upload);
    of_machine || source.is_some_and(|package| package.section == TRANSLATIONS)
}

fn is_security(upload: &ToldUpload<'_>) -> bool {
    let suite = upload.destination.and_then(|destination| destination.suite);
    suite.is_some_and(|(_, pocket)| pocket == Pocket::Security)
}

/// The mailing list that is told what the primary archive accepts: source packages that a person has sent, and what goes
/// to -security; not backports.
fn list(upload: &ToldUpload<'_>, news: News<'_>) -> Option<String> {
    let News::Accepted(_) = news else { return None };
    let Destination { archive, suite: Some((series, pocket)) } = upload.destination? else { return None };
    let tells = archive.reference.purpose() == Purpose::Primary && pocket != Pocket::Backports;
    let by_person = upload.signer.is_some() || pocket == Pocket::Security;
    let tells = tells && by_person && upload.source().is_some();
    series.announce.clone().filter(|_| tells)
}

impl People<'_> {
    /// Where an uploader is written to, if the site knows.
    fn address_of(&self, person: &str) -> Option<String> {
        self.uploaders.iter().find(|known| known.name == person)?.mail.clone()
    }

    /// The uploaders whose address stands in a field: some people share one.
    fn named_in(&self, upload: &ToldUpload<'_>, field: &str) -> Vec<String> {
        let Some(mailbox) = upload.field(field).and_then(Mailbox::parse) else { return Vec::new() };
        let is_theirs = |address: &String| mailbox.is_same(address);
        let named = self.uploaders.iter().filter(|known| known.mail.as_ref().is_some_and(is_theirs));
        named.map(|known| known.name.clone()).collect()
    }

    /// Who else hears of it, as a rule by purpose of the archive.
    fn beside_the_signer(&self, upload: &ToldUpload<'_>, news: News<'_>) -> Vec<(String, Why)> {
        // What is refused has proved nothing but who has signed it: nobody else is bothered with it.
        if matches!(news, News::Refused(_)) && upload.signer.is_some() {
            return Vec::new();
        }
        let Some(destination) = upload.destination else { return Vec::new() };
        let named = |field, why| self.named_in(upload, field).into_iter().map(move |person| (person, why));
        let may = |(person, _): &(String, Why)| self.may_upload(person, upload, destination);
        let changed_by = named("Changed-By", Why::ChangedBy);
        match destination.archive.reference.purpose() {
            Purpose::Copy => Vec::new(),
            Purpose::Ppa => {
                let asked = upload.field(NOTIFY).is_some_and(|word| word.trim() == "yes");
                let mut found = self.holders(destination);
                found.extend(changed_by.filter(|_| asked));
                found
            }
            // A machine's upload is nobody's doing but that of who made the version.
            Purpose::Primary | Purpose::Partner | Purpose::Debug if upload.signer.is_none() => {
                changed_by.filter(may).collect()
            }
            Purpose::Primary | Purpose::Partner | Purpose::Debug => {
                let maintainer = named("Maintainer", Why::Maintainer);
                changed_by.chain(maintainer).filter(may).collect()
            }
        }
    }

    /// Who holds a permission for this very archive, themselves or through a team.
    fn holders(&self, destination: Destination<'_>) -> Vec<(String, Why)> {
        let holds = |held: &&Permission| {
            held.power == Power::Upload && held.scope.archive == Some(destination.archive.id)
        };
        let holders: Vec<&str> =
            self.rights.permissions.iter().filter(holds).map(|held| held.person.as_str()).collect();
        let belongs = |person: &str| {
            let groups = self.rights.groups_of(person);
            holders.iter().any(|holder| groups.contains(*holder))
        };
        let people = self.uploaders.iter().map(|uploader| uploader.name.clone());
        people.filter(|person| belongs(person)).map(|person| (person, Why::Permission)).collect()
    }

    /// Whether somebody might have sent the upload themselves.
    fn may_upload(&self, person: &str, upload: &ToldUpload<'_>, destination: Destination<'_>) -> bool {
        let Destination { archive, suite: Some((series, pocket)) } = destination else { return false };
        let source = upload.field("Source").and_then(|text| text.split_whitespace().next());
        let Some(source) = source.and_then(|name| SourceName::parse(name).ok()) else { return false };
        let package = upload.source().or(upload.packages.first());
        let component = package.filter(|package| !package.new).map(|package| package.component);
        let request = Request {
            person,
            power: Power::Upload,
            archive: (archive.id, &archive.reference),
            series: series.id,
            pocket,
            source: &source,
            component,
        };
        let ground = self.rights.decide(&request);
        ground.is_ok_and(|ground| !self.rights.lacks_pocket(&request, &ground))
    }
}
