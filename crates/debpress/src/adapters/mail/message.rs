//! Letters as messages. The library encodes: names, subjects and texts come from strangers.

use std::time::{Duration, SystemTime};

use debfmt::digest::Sha256;
use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};

use super::with_causes;
use crate::model::mailbox::Mailbox as Address;
use crate::model::time::Timestamp;
use crate::ports::mail::{Letter, MailError, Trouble};

/// How many characters of a person's name are written. Each may become two.
const NAME: usize = 150;
/// How many characters of a subject, a file name or another header are written.
const LINE: usize = 500;

/// The last second whose year has four digits, as those of dates in mails have (RFC 5322 3.3).
const END_OF_9999: i64 = 253_402_300_799;

/// The message of a letter; `keep_bcc`: with the recipient of the copy in its head, which no other recipient may see.
pub(super) fn message(letter: &Letter, keep_bcc: bool) -> Result<Message, MailError> {
    let said = &letter.message;
    let mut builder = Message::builder()
        .from(mailbox(&sender(letter))?)
        .to(mailbox(&Address { name: String::new(), address: letter.to.clone() })?)
        .subject(one_line(&said.subject, LINE))
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
    let text = SinglePart::plain(body(&said.text)?);
    let message = match &said.attachment {
        None => builder.singlepart(text),
        Some(attached) => {
            let file = Attachment::new(one_line(&attached.name, LINE))
                .body(body(&attached.text)?, ContentType::TEXT_PLAIN);
            builder.multipart(MultiPart::mixed().boundary(boundary(letter)).singlepart(text).singlepart(file))
        }
    };
    message.map_err(|error| never("write the mail", &error))
}

/// What somebody else has done is told in their name, from our address: another one would be taken for forged.
fn sender(letter: &Letter) -> Address {
    let from = &letter.from;
    let author = letter.message.author.as_ref().map(|author| one_line(&author.name, NAME));
    let name = match author.filter(|name| !name.is_empty()) {
        Some(author) if from.name.is_empty() => author,
        Some(author) => format!("{author} via {}", from.name),
        None => from.name.clone(),
    };
    Address { name, address: from.address.clone() }
}

fn mailbox(address: &Address) -> Result<Mailbox, MailError> {
    let parsed = address.address.parse();
    let parsed = parsed.map_err(|error| never(&format!("write to {}", address.address), &error))?;
    Ok(Mailbox::new(Some(one_line(&address.name, 2 * NAME)).filter(|name| !name.is_empty()), parsed))
}

fn header(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let name =
        HeaderName::new_from_ascii(name.to_owned()).map_err(|error| never("write a header", &error))?;
    Ok(HeaderValue::new(name, one_line(value, LINE)))
}

/// A text without anything that ends a line, at which the library panics in names, and without runs of blanks, which it
/// does not fold: in the head of a mail no line may have more than 998 characters.
fn one_line(text: &str, limit: usize) -> String {
    let apart = |c: char| c.is_control() || c.is_whitespace();
    let words: Vec<&str> = text.split(apart).filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(limit).collect()
}

/// A text as it travels. Left to itself, the library sends whatever is ASCII as it is: also what ends a line, and with it
/// perhaps the mail, for some servers and not for others.
fn body(text: &str) -> Result<Body, MailError> {
    let is_plain = |c: char| matches!(c, '\n' | '\t') || !c.is_control();
    if text.chars().all(is_plain) {
        return Ok(Body::new(text.to_owned()));
    }
    let encoded = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::Base64);
    encoded.map_err(|_| MailError {
        trouble: Trouble::Never,
        message: "cannot write the mail: its text cannot be encoded".to_owned(),
    })
}

/// Made of what lies between the boundaries, which therefore cannot hold it.
fn boundary(letter: &Letter) -> String {
    let said = &letter.message;
    let attached = said.attachment.as_ref().map_or("", |attached| &attached.text);
    format!("debpress-{}", Sha256::of([&letter.id, &said.text, attached].concat().as_bytes()))
}

/// The library panics at what it cannot write, which is what a broken clock says.
fn system_time(at: Timestamp) -> SystemTime {
    let seconds = at.0.clamp(0, END_OF_9999);
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

fn never(operation: &str, error: &dyn std::error::Error) -> MailError {
    MailError { trouble: Trouble::Never, message: format!("cannot {operation}: {}", with_causes(error)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::mailbox::is_address;
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

    /// Texts in which what has a meaning in mails is frequent, some of them long and of a few characters only.
    fn hostile() -> impl Strategy<Value = String> {
        let special =
            prop::sample::select(vec!['\r', '\n', '\0', ' ', '\t', ':', '<', '"', ',', '=', '?', '.', 'ä']);
        let char = prop_oneof![special, any::<char>(), prop::char::range('a', 'z')];
        let long = (prop::collection::vec(char.clone(), 1..4), 0..600_usize)
            .prop_map(|(chars, times)| chars.into_iter().collect::<String>().repeat(times));
        let short = prop::collection::vec(char, 0..200).prop_map(|chars| chars.into_iter().collect());
        prop_oneof![short, long]
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

        /// RFC 5322 2.3: CR and LF stand together only. Servers disagree about where a mail ends that has them alone.
        #[test]
        fn nothing_but_a_line_end_ends_a_line(text in hostile()) {
            let bytes = message(&letter("hello", "Ann", &text), false).unwrap().formatted();
            let rest = String::from_utf8(bytes).unwrap().replace("\r\n", "");
            prop_assert!(!rest.contains(['\r', '\n', '\0']), "{:?}", rest);
        }

        /// What an administrator was let record can be written to.
        #[test]
        fn whatever_passes_for_an_address_is_one(
            text in "[a-z.!+=_\\[\\]ä-]{1,4}[.]?[a-z]@[a-z]?[a-z0-9.\\[\\]_ä-]{0,4}[a-z]"
        ) {
            if is_address(&text) {
                prop_assert!(text.parse::<lettre::Address>().is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn a_broken_clock_breaks_nothing_else() {
        for (at, year) in [(i64::MIN, "1970"), (0, "1970"), (i64::MAX, "9999")] {
            let letter = Letter { date: Timestamp(at), ..letter("hello", "Ann", "text") };
            let head = String::from_utf8(message(&letter, false).unwrap().formatted()).unwrap();
            assert!(head.lines().any(|line| line.starts_with("Date: ") && line.contains(year)), "{head}");
        }
    }

    #[test]
    fn a_line_break_in_a_subject_stays_in_the_subject() {
        let bytes = message(&letter("hello\r\nBcc: eve@example.org\r\n\r\nx", "Ann", "text"), false).unwrap();
        let text = String::from_utf8(bytes.formatted()).unwrap();
        assert!(!text.contains("\r\nBcc:") && !text.contains("\nBcc:"), "{text}");
    }
}
