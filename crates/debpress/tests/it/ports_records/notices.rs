//! What people are told: recorded with the decision, once, and sent by one sender at a time.

use debpress::model::mailbox::Mailbox;
use debpress::model::notice::{Attachment, Message, NewNotice, Notice, NoticeId, NoticeKind, NoticeState};
use debpress::model::queue::{Decision, QueueStatus};
use debpress::ports::db::{NoticeFilter, RecordsError, Refusal};

use super::queue::upload;
use super::{Site, at, contract, source};

contract! {
    a_notice_is_recorded_with_the_upload_that_it_tells_of
    a_decision_that_is_refused_tells_nobody
    a_refusal_is_recorded_once_and_known_by_its_claim
    nobody_is_told_the_same_thing_twice
    a_refusal_of_which_nobody_is_told_leaves_nothing
    one_sender_has_a_notice_at_a_time
    what_failed_is_due_later_or_given_up
    what_somebody_is_sending_is_not_made_due_again
    the_newest_notices_are_listed_oldest_first
}

const LEASE: i64 = 900;

fn notice(kind: NoticeKind, recipient: &str, about: Option<&str>) -> NewNotice {
    let attachment = Attachment { name: "hello.changes".into(), text: "Source: hello\n".into() };
    let message = Message {
        subject: format!("hello for {recipient}: Grüße"),
        author: Mailbox::parse("Ann Lee <ann@example.org>"),
        headers: vec![("X-Debpress-Archive".into(), "debian".into())],
        text: "It is \"accepted\".\n".into(),
        attachment: Some(attachment),
    };
    let about = about.map(str::to_owned);
    NewNotice { kind, recipient: recipient.into(), message, created: at(10), about }
}

fn all(site: &Site) -> Vec<Notice> {
    site.records.notices(&NoticeFilter::default()).unwrap()
}

fn refuse(site: &Site, claim: Option<&str>, notices: &[NewNotice]) -> Result<(), RecordsError> {
    site.records.refuse(&Refusal { claim, report: "{\"reasons\": []}\n", at: at(10), notices })
}

fn take(site: &Site, now: i64) -> Option<NoticeId> {
    site.records.take_notice(at(now), at(now + LEASE)).unwrap().map(|notice| notice.id)
}

fn a_notice_is_recorded_with_the_upload_that_it_tells_of(site: &Site) {
    let mut item = upload(site.noble(), QueueStatus::New, &[source("hello", "1.0")]);
    let told = notice(NoticeKind::New, "ann@example.org", None);
    item.notices = vec![told.clone()];
    let id = site.records.enter_queue(&item).unwrap();
    let decision =
        Decision { status: QueueStatus::Accepted, who: "root".into(), at: at(20), comment: String::new() };
    let accepted = notice(NoticeKind::Accepted, "ann@example.org", None);
    site.records.decide(id, &decision, std::slice::from_ref(&accepted)).unwrap();
    let found = all(site);
    let expected = Notice {
        id: NoticeId(1),
        item: Some(id),
        kind: NoticeKind::New,
        recipient: "ann@example.org".into(),
        message: told.message,
        created: at(10),
        state: NoticeState::Waiting,
        attempts: 0,
        due: at(10),
        error: String::new(),
    };
    assert_eq!(found[0], expected);
    assert_eq!((found[1].item, found[1].kind, found.len()), (Some(id), NoticeKind::Accepted, 2));
}

fn a_decision_that_is_refused_tells_nobody(site: &Site) {
    let mut item = upload(site.noble(), QueueStatus::New, &[source("hello", "1.0")]);
    let id = site.records.enter_queue(&item).unwrap();
    item.notices = vec![notice(NoticeKind::New, "ann@example.org", None)];
    assert!(site.records.enter_queue(&item).is_err(), "it was taken before");
    let decision =
        Decision { status: QueueStatus::New, who: "root".into(), at: at(20), comment: String::new() };
    assert!(site.records.decide(id, &decision, &item.notices).is_err(), "nothing becomes New");
    assert_eq!(all(site), []);
}

fn a_refusal_is_recorded_once_and_known_by_its_claim(site: &Site) {
    let notices = [notice(NoticeKind::Rejected, "ann@example.org", Some("x"))];
    refuse(site, Some("claim 1"), &notices).unwrap();
    assert_eq!(site.records.refusal("claim 1").unwrap().as_deref(), Some("{\"reasons\": []}\n"));
    assert_eq!(site.records.refusal("claim 2").unwrap(), None);
    let more = [notice(NoticeKind::Rejected, "bob@example.org", Some("x"))];
    let error = refuse(site, Some("claim 1"), &more).unwrap_err();
    assert!(matches!(&error, RecordsError::Exists { name, .. } if name == "claim 1"), "{error:?}");
    assert_eq!(all(site).len(), 1, "all of it or nothing");
    assert_eq!(all(site)[0].item, None);
}

fn nobody_is_told_the_same_thing_twice(site: &Site) {
    let told = |recipient, about| [notice(NoticeKind::Rejected, recipient, about)];
    for (recipient, about) in [
        ("ann@example.org", Some("hello, today")),
        ("ann@example.org", Some("hello, today")),
        ("bob@example.org", Some("hello, today")),
        ("ann@example.org", Some("hello, tomorrow")),
        ("ann@example.org", None),
        ("ann@example.org", None),
    ] {
        refuse(site, None, &told(recipient, about)).unwrap();
    }
    let recipients: Vec<String> = all(site).into_iter().map(|notice| notice.recipient).collect();
    assert_eq!(
        recipients,
        ["ann@example.org", "bob@example.org", "ann@example.org", "ann@example.org", "ann@example.org"]
    );
}

/// Whoever has an old upload can send it as often as they like.
fn a_refusal_of_which_nobody_is_told_leaves_nothing(site: &Site) {
    let told = notice(NoticeKind::Rejected, "ann@example.org", Some("hello, today"));
    refuse(site, Some("claim 1"), std::slice::from_ref(&told)).unwrap();
    refuse(site, Some("claim 2"), std::slice::from_ref(&told)).unwrap();
    assert!(site.records.refusal("claim 1").unwrap().is_some());
    assert_eq!(site.records.refusal("claim 2").unwrap(), None, "she has heard of it before");
    let other = notice(NoticeKind::Rejected, "bob@example.org", Some("hello, today"));
    refuse(site, Some("claim 2"), &[told, other]).unwrap();
    assert!(site.records.refusal("claim 2").unwrap().is_some(), "one of two is enough");
    assert_eq!(all(site).len(), 2);
}

fn one_sender_has_a_notice_at_a_time(site: &Site) {
    let both = ["ann@example.org", "bob@example.org"].map(|to| notice(NoticeKind::Rejected, to, None));
    refuse(site, None, &both).unwrap();
    assert_eq!(take(site, 9), None, "not before it was told");
    let first = site.records.take_notice(at(10), at(10 + LEASE)).unwrap().unwrap();
    assert_eq!((first.id, first.attempts, first.due), (NoticeId(1), 1, at(10 + LEASE)));
    assert_eq!((take(site, 10), take(site, 10)), (Some(NoticeId(2)), None));
    site.records.notice_sent(NoticeId(2), at(11)).unwrap();
    // The sender of the first has died.
    assert_eq!((take(site, 10 + LEASE - 1), take(site, 10 + LEASE)), (None, Some(NoticeId(1))));
    site.records.notice_sent(NoticeId(1), at(12)).unwrap();
    assert_eq!(take(site, 10 + 10 * LEASE), None);
    let told: Vec<_> = all(site).iter().map(|it| (it.state, it.attempts, it.due)).collect();
    assert_eq!(told, [(NoticeState::Sent, 2, at(12)), (NoticeState::Sent, 1, at(11))]);
}

fn what_failed_is_due_later_or_given_up(site: &Site) {
    let both = ["ann@example.org", "bob@example.org"].map(|to| notice(NoticeKind::Rejected, to, None));
    refuse(site, None, &both).unwrap();
    assert_eq!((take(site, 10), take(site, 10)), (Some(NoticeId(1)), Some(NoticeId(2))));
    site.records.notice_failed(NoticeId(1), at(11), "no route", Some(at(50))).unwrap();
    site.records.notice_failed(NoticeId(2), at(11), "no such user", None).unwrap();
    let told: Vec<_> = all(site).iter().map(|it| (it.state, it.due, it.error.clone())).collect();
    let expected = [
        (NoticeState::Waiting, at(50), "no route".to_owned()),
        (NoticeState::GivenUp, at(11), "no such user".to_owned()),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        (take(site, 49), take(site, 50), take(site, 5000)),
        (None, Some(NoticeId(1)), Some(NoticeId(1)))
    );
    site.records.notice_sent(NoticeId(1), at(60)).unwrap();
    assert_eq!(all(site)[0].error, "", "what was mended is no error");
    assert_eq!(site.records.retry_notices(at(70)).unwrap(), 1, "what was sent is not sent again");
    assert_eq!(take(site, 70), Some(NoticeId(2)));
}

fn what_somebody_is_sending_is_not_made_due_again(site: &Site) {
    refuse(site, None, &[notice(NoticeKind::Rejected, "ann@example.org", None)]).unwrap();
    assert_eq!(take(site, 10), Some(NoticeId(1)));
    assert_eq!((site.records.retry_notices(at(20)).unwrap(), take(site, 20)), (0, None));
    // The sender has died.
    assert_eq!(site.records.retry_notices(at(10 + LEASE)).unwrap(), 1);
    assert_eq!(take(site, 10 + LEASE), Some(NoticeId(1)));
    site.records.notice_failed(NoticeId(1), at(2000), "no route", Some(at(9000))).unwrap();
    assert_eq!((site.records.retry_notices(at(2000)).unwrap(), take(site, 2000)), (1, Some(NoticeId(1))));
}

fn the_newest_notices_are_listed_oldest_first(site: &Site) {
    for number in 1..=5 {
        let about = number.to_string();
        refuse(site, None, &[notice(NoticeKind::Rejected, "ann@example.org", Some(&about))]).unwrap();
    }
    site.records.notice_sent(NoticeId(5), at(20)).unwrap();
    let listed = |states: &[NoticeState], limit| {
        let filter = NoticeFilter { states: states.to_vec(), limit };
        let found = site.records.notices(&filter).unwrap();
        found.iter().map(|notice| notice.id.0).collect::<Vec<_>>()
    };
    assert_eq!(listed(&[], None), [1, 2, 3, 4, 5]);
    assert_eq!(listed(&[], Some(2)), [4, 5]);
    assert_eq!(listed(&[NoticeState::Waiting], Some(2)), [3, 4]);
    assert_eq!(listed(&[NoticeState::Sent, NoticeState::GivenUp], None), [5]);
}
