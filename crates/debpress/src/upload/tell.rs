//! What people are told of an upload: filed, or refused.

use debfmt::clearsign::{self, Document};
use debfmt::deb822::{self, Paragraph};
use debfmt::digest::Sha256;

use super::judge::{Case, Judge};
use super::reason::Reason;
use super::receive::ChangesPlace;
use super::target::{Suite, Target};
use super::verdict::{Effect, Refused, Verdict};
use super::verify::{Believed, Doubted};
use crate::model::notice::NewNotice;
use crate::model::queue::{NewQueueItem, QueueStatus, QueuedRelease};
use crate::notice::{self, Destination, News, People, ToldPackage, ToldUpload};

/// How many characters of a point in time are its day.
const DAY: usize = "2026-11-24".len();

/// An upload that is refused, as far as anything is known of it.
struct Unwanted<'a> {
    signer: Option<&'a str>,
    text: &'a [u8],
    fields: Option<&'a Paragraph>,
    destination: Option<Destination<'a>>,
    warnings: &'a [String],
}

impl Judge<'_> {
    /// Refuses what cannot be believed. Whoever has signed it is told, if it is beyond doubt who that is.
    pub(super) fn refuse_doubted(
        &self,
        place: &ChangesPlace,
        doubted: Doubted<'_>,
        document: &[u8],
        target: Option<&Target<'_>>,
    ) -> Verdict {
        let reasons = vec![doubted.reason];
        let Some(signer) = doubted.signer else { return Verdict::refused(reasons) };
        let destination = target.map(|target| destination(target, None));
        let signer = Some(signer.name.as_str());
        // Around the signed text anybody can write something else each time.
        let text = clearsign::split(document, &self.site.settings.limits);
        let text = text.as_ref().map(Document::payload).unwrap_or_default();
        let unwanted = Unwanted { signer, text, fields: None, destination, warnings: &[] };
        self.refuse_upload(place, unwanted, reasons, "")
    }

    /// Refuses what is no .changes.
    pub(super) fn refuse_unread(
        &self,
        place: &ChangesPlace,
        believed: &Believed<'_>,
        target: Option<&Target<'_>>,
        reasons: Vec<Reason>,
    ) -> Verdict {
        let fields = deb822::parse_single(&believed.payload, &self.site.settings.limits).ok();
        let field = |name| fields.as_ref().and_then(|fields| fields.get(name));
        let unwanted = Unwanted {
            signer: believed.signer.as_ref().map(|signer| signer.uploader.name.as_str()),
            text: &believed.payload,
            fields: fields.as_ref(),
            destination: target.map(|target| destination(target, field("Distribution"))),
            warnings: &[],
        };
        let text = String::from_utf8_lossy(&believed.payload);
        self.refuse_upload(place, unwanted, reasons, &text)
    }

    /// Refuses an upload.
    pub(super) fn refuse(&self, case: &Case<'_>, reasons: Vec<Reason>) -> Verdict {
        let target = case.target.as_ref();
        let destination = target.map(|target| destination(target, Some(&case.changes.distribution)));
        let warnings = case.warnings.borrow();
        let unwanted = Unwanted {
            signer: case.signer(),
            text: &case.believed.payload,
            fields: Some(&case.changes.paragraph),
            destination,
            warnings: &warnings,
        };
        let text = String::from_utf8_lossy(&case.believed.payload);
        self.refuse_upload(case.place, unwanted, reasons, &text)
    }

    fn refuse_upload(
        &self,
        place: &ChangesPlace,
        unwanted: Unwanted<'_>,
        reasons: Vec<Reason>,
        changes_text: &str,
    ) -> Verdict {
        if !self.tells() {
            return Verdict::refused(reasons);
        }
        let told = ToldUpload {
            changes_name: place.name.as_str(),
            changes_text,
            fields: unwanted.fields,
            signer: unwanted.signer,
            destination: unwanted.destination,
            packages: Vec::new(),
            warnings: unwanted.warnings,
            at: self.site.now,
            about: Some(self.about(unwanted.text, &reasons)),
        };
        let lines: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        let notices = notice::notices(self.people(), &told, News::Refused(&lines));
        Verdict::Refused(Refused { reasons, notices })
    }

    /// What is told of an upload that enters the queue.
    pub(super) fn news(&self, case: &Case<'_>, suite: Suite<'_>, item: &NewQueueItem) -> Vec<NewNotice> {
        let news = match item.status {
            _ if !self.tells() => return Vec::new(),
            QueueStatus::New => News::New,
            QueueStatus::Unapproved => News::Unapproved,
            QueueStatus::Accepted | QueueStatus::Done => News::Accepted(None),
            // Nothing enters the queue so.
            QueueStatus::Rejected => return Vec::new(),
        };
        let destination =
            Destination { archive: suite.archive, suite: Some((suite.series, suite.key.pocket)) };
        let told = ToldUpload {
            changes_name: &item.changes_name,
            changes_text: &item.changes_text,
            fields: Some(&case.changes.paragraph),
            signer: case.signer(),
            destination: Some(destination),
            packages: item.releases.iter().map(told_package).collect(),
            warnings: &case.warnings.borrow(),
            at: self.site.now,
            about: None,
        };
        notice::notices(self.people(), &told, news)
    }

    /// A run that changes nothing tells nobody.
    fn tells(&self) -> bool {
        self.site.settings.mail && self.effect == Effect::Files
    }

    fn people(&self) -> People<'_> {
        People { uploaders: &self.keyring.uploaders, rights: &self.rights }
    }

    /// Whoever has an old upload of somebody can send it again and again: that it was refused for the same codes is
    /// told once a day.
    fn about(&self, text: &[u8], reasons: &[Reason]) -> String {
        let mut codes: Vec<&str> = reasons.iter().map(|reason| reason.code).collect();
        codes.sort_unstable();
        codes.dedup();
        let what = [text, codes.join(" ").as_bytes()].concat();
        let day: String = self.site.now.to_string().chars().take(DAY).collect();
        format!("refused {} {day}", Sha256::of(&what))
    }
}

/// Where an upload with this Distribution field was to go, as far as there is such a place.
fn destination<'t>(target: &'t Target<'_>, distribution: Option<&str>) -> Destination<'t> {
    let suite = distribution.and_then(|field| target.suite(field).ok());
    Destination { archive: target.archive, suite: suite.map(|suite| (suite.series, suite.key.pocket)) }
}

fn told_package(queued: &QueuedRelease) -> ToldPackage<'_> {
    ToldPackage {
        files: queued.release.files().iter().map(|file| file.name.as_str()).collect(),
        is_source: queued.release.architecture() == "source",
        component: &queued.placement.component,
        section: &queued.placement.section,
        priority: &queued.placement.priority,
        new: queued.new,
    }
}
