//! Letters as messages. The library encodes: names, subjects and texts come from strangers.

use std::time::{Duration, SystemTime};

use debfmt::digest::Sha256;
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};

use super::with_causes;
use crate::model::mailbox::Mailbox as Address;
use crate::model::time::Timestamp;
use crate::ports::mail::{Letter, MailError, Trouble};

/// The message of a letter; `keep_bcc`: with the recipient of the copy in its head, which no other recipient may see.
pub(super) fn message(letter: &Letter, keep_bcc: bool) -> Result<Message, MailError> {
    let said = &letter.message;
    let mut builder = Message::builder()
        .from(mailbox(&sender(letter))?)
        .to(mailbox(&Address { name: String::new(), address: letter.to.clone() })?)
        .subject(one_line(&said.subject))
        .date(system_time(letter.date))
        .message_id(Some(letter.id.clone()))
        // RFC 3834: nobody on holiday answers to a machine.
        .raw_header(header("Auto-Submitted", "auto-generated")?);
    if let Some(author) = &said.author {
        builder = builder.reply_to(mailbox(author)?);
    }
    if let Some(address) = &letter.bcc {
        builder = builder.bcc(mailbox(&Address { name: String::new(), address: address.clone() })?);
    }
    if let Some(thread) = &letter.thread {
        builder = builder.in_reply_to(thread.clone()).references(thread.clone());
    }
    for (name, value) in &said.headers {
        builder = builder.raw_header(header(name, value)?);
    }
    let builder = if keep_bcc { builder.keep_bcc() } else { builder };
    let text = SinglePart::plain(said.text.clone());
    let message = match &said.attachment {
        None => builder.singlepart(text),
        Some(attached) => {
            let file = Attachment::new(one_line(&attached.name))
                .body(attached.text.clone(), ContentType::TEXT_PLAIN);
            builder.multipart(MultiPart::mixed().boundary(boundary(letter)).singlepart(text).singlepart(file))
        }
    };
    message.map_err(|error| never("write the mail", &error))
}

/// What somebody else has done is told in their name, from our address: another one would be taken for forged.
fn sender(letter: &Letter) -> Address {
    let from = &letter.from;
    let name = match &letter.message.author {
        Some(author) if !author.name.is_empty() && from.name.is_empty() => author.name.clone(),
        Some(author) if !author.name.is_empty() => format!("{} via {}", author.name, from.name),
        Some(_) | None => from.name.clone(),
    };
    Address { name, address: from.address.clone() }
}

fn mailbox(address: &Address) -> Result<Mailbox, MailError> {
    let parsed = address.address.parse();
    let parsed = parsed.map_err(|error| never(&format!("write to {}", address.address), &error))?;
    Ok(Mailbox::new(Some(one_line(&address.name)).filter(|name| !name.is_empty()), parsed))
}

fn header(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let name =
        HeaderName::new_from_ascii(name.to_owned()).map_err(|error| never("write a header", &error))?;
    Ok(HeaderValue::new(name, one_line(value)))
}

/// A text without anything that ends a line: the library panics at some of that in names.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Made of what lies between the boundaries, which therefore cannot hold it.
fn boundary(letter: &Letter) -> String {
    let said = &letter.message;
    let attached = said.attachment.as_ref().map_or("", |attached| &attached.text);
    format!("debpress-{}", Sha256::of([&letter.id, &said.text, attached].concat().as_bytes()))
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(at.0).unwrap_or_default())
}

fn never(operation: &str, error: &dyn std::error::Error) -> MailError {
    MailError { trouble: Trouble::Never, message: format!("cannot {operation}: {}", with_causes(error)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::notice::{Attachment as Attached, Message as Said};

    fn letter(subject: &str, name: &str, text: &str) -> Letter {
        let author = Address { name: name.to_owned(), address: "ann@example.org".to_owned() };
        Letter {
            from: Address { name: name.to_owned(), address: "archive@example.org".to_owned() },
            to: "bob@example.org".to_owned(),
            bcc: None,
            message: Said {
                subject: subject.to_owned(),
                author: Some(author),
                headers: vec![("X-Debpress-Component".to_owned(), subject.to_owned())],
                text: text.to_owned(),
                attachment: Some(Attached { name: format!("{name}.changes"), text: text.to_owned() }),
            },
            date: Timestamp(1_780_272_000),
            id: "<debpress.notice.1@example.org>".to_owned(),
            thread: Some("<debpress.item.1@example.org>".to_owned()),
        }
    }

    /// The names of the headers of a message, and its longest line.
    fn seen(bytes: &[u8]) -> (Vec<String>, usize) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        let names = lines.map(|line| line.split_once(':').map_or(line, |(name, _)| name).to_owned());
        (names.collect(), text.split("\r\n").map(str::len).max().unwrap_or_default())
    }

    /// Texts in which what has a meaning in mails is frequent.
    fn hostile() -> impl Strategy<Value = String> {
        let special =
            prop::sample::select(vec!['\r', '\n', '\0', ' ', '\t', ':', '<', '"', ',', '=', '?', '.', 'ä']);
        let char = prop_oneof![special, any::<char>(), prop::char::range('a', 'z')];
        prop::collection::vec(char, 0..200).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        /// RFC 5322 2.1.1 and 2.2: lines are short, heads are ASCII, and nobody's text becomes a header.
        #[test]
        fn nothing_that_strangers_write_becomes_a_header(
            subject in hostile(), name in hostile(), text in hostile()
        ) {
            let plain = seen(&message(&letter("hello", "Ann", "text"), false).unwrap().formatted()).0;
            let bytes = message(&letter(&subject, &name, &text), false).unwrap().formatted();
            let (names, longest) = seen(&bytes);
            prop_assert_eq!(names, plain);
            prop_assert!(longest <= 998, "{}", longest);
            let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
            prop_assert!(bytes[..head].is_ascii());
        }
    }

    #[test]
    fn a_line_break_in_a_subject_stays_in_the_subject() {
        let bytes = message(&letter("hello\r\nBcc: eve@example.org\r\n\r\nx", "Ann", "text"), false).unwrap();
        let text = String::from_utf8(bytes.formatted()).unwrap();
        assert!(!text.contains("\r\nBcc:") && !text.contains("\nBcc:"), "{text}");
    }
}
