//! What a recipient reads. Everything that comes from an upload is shown, never followed.

use super::recipients::{Recipient, Why};
use super::{Decided, News, ToldPackage, ToldUpload};
use crate::model::mailbox::Mailbox;
use crate::model::notice::{Attachment, Message, NewNotice, NoticeKind};
use crate::model::suite::suite_name;

/// How many characters of a name or of one line of a field are shown.
const LINE: usize = 500;
/// How many reasons, warnings, packages or lines of a changelog are shown.
const LINES: usize = 200;
/// The largest .changes that goes with a notice, in bytes.
const ATTACHED: usize = 256 * 1024;

/// The notice for one recipient.
pub(super) fn notice(upload: &ToldUpload<'_>, news: News<'_>, recipient: &Recipient) -> NewNotice {
    let text = upload.changes_text;
    let attachment = (!text.is_empty() && text.len() <= ATTACHED)
        .then(|| Attachment { name: line(upload.changes_name), text: text.to_owned() });
    let author = upload.field("Changed-By").and_then(Mailbox::parse);
    NewNotice {
        kind: kind(news, recipient.why),
        recipient: recipient.address.clone(),
        message: Message {
            subject: subject(upload, news),
            author: author.filter(|_| recipient.why == Why::List),
            headers: headers(upload, recipient.why),
            text: body(upload, news, recipient.why),
            attachment,
        },
        created: upload.at,
        about: upload.about.clone(),
    }
}

fn kind(news: News<'_>, why: Why) -> NoticeKind {
    match news {
        News::New => NoticeKind::New,
        News::Unapproved => NoticeKind::Unapproved,
        News::Accepted(_) if why == Why::List => NoticeKind::Announced,
        News::Accepted(_) => NoticeKind::Accepted,
        News::Rejected(_) | News::Refused(_) => NoticeKind::Rejected,
    }
}

/// `[debian/noble-proposed] hello 1.0-1 (Accepted)`
fn subject(upload: &ToldUpload<'_>, news: News<'_>) -> String {
    let place = place(upload).map(|place| format!("[{place}] ")).unwrap_or_default();
    let word = match news {
        News::New => "New",
        News::Unapproved => "Waiting for approval",
        News::Accepted(_) => "Accepted",
        News::Rejected(_) | News::Refused(_) => "Rejected",
    };
    format!("{place}{} ({word})", name(upload))
}

/// `debian/noble-proposed`, or as much of it as is known.
fn place(upload: &ToldUpload<'_>) -> Option<String> {
    let destination = upload.destination?;
    let mut place = destination.archive.reference.to_string();
    if let Some((series, pocket)) = destination.suite
        && let Ok(suite) = suite_name(&series.name, pocket)
    {
        place.push('/');
        place.push_str(suite.as_str());
    }
    Some(place)
}

/// `hello 1.0-1`, or the name of the .changes.
fn name(upload: &ToldUpload<'_>) -> String {
    match (upload.field("Source"), upload.field("Version")) {
        (Some(source), Some(version)) => {
            let source = source.split_whitespace().next().unwrap_or_default();
            format!("{} {}", line(source), line(version))
        }
        _ => line(upload.changes_name),
    }
}

fn headers(upload: &ToldUpload<'_>, why: Why) -> Vec<(String, String)> {
    let mut headers = vec![("X-Debpress-Reason".to_owned(), word(why).to_owned())];
    let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
    if let Some(destination) = upload.destination {
        add("X-Debpress-Archive", destination.archive.reference.to_string());
    }
    if let Some(package) = upload.source().or(upload.packages.first()) {
        let (component, section) = (package.component, line(package.section));
        add("X-Debpress-Component", format!("component={component}, section={section}"));
    }
    headers
}

fn word(why: Why) -> &'static str {
    match why {
        Why::Signer => "signer",
        Why::ChangedBy => "changed-by",
        Why::Maintainer => "maintainer",
        Why::Permission => "permission",
        Why::List => "list",
    }
}

fn body(upload: &ToldUpload<'_>, news: News<'_>, why: Why) -> String {
    let mut text = format!("{}\n\n", headline(upload, news));
    if let News::Refused(reasons) = news {
        bullets(&mut text, "Why", reasons);
        text.push_str("Mend what is named, sign the upload anew, and send all of it once more.\n\n");
    }
    bullets(&mut text, "Warnings", upload.warnings);
    for field in ["Source", "Version", "Architecture", "Distribution", "Maintainer", "Changed-By", "Date"] {
        if let Some(value) = upload.field(field) {
            text.push_str(&format!("{field}: {}\n", line(value)));
        }
    }
    if let Some(signer) = upload.signer {
        text.push_str(&format!("Signed-By: {}\n", line(signer)));
    }
    packages(&mut text, &upload.packages);
    if let Some(changes) = upload.field("Changes") {
        text.push_str("\nChanges:\n");
        cut(&mut text, changes.lines().map(changelog_line).skip_while(String::is_empty));
    }
    text.push_str(&format!("\n-- \n{}\n", because(why)));
    text
}

fn headline(upload: &ToldUpload<'_>, news: News<'_>) -> String {
    let (name, place) = (name(upload), place(upload).unwrap_or_else(|| "the archive".to_owned()));
    match news {
        News::New => format!(
            "{name} waits in the queue of {place}: it brings a name that the archive does not know, and a person will look at it."
        ),
        News::Unapproved => format!("{name} waits in the queue of {place} until somebody approves it."),
        News::Accepted(None) => format!("{name} is accepted into {place}, and will be published soon."),
        News::Accepted(Some(by)) => {
            decided(&format!("{name} was accepted into {place}"), by, ", and will be published soon.")
        }
        News::Rejected(by) => decided(&format!("{name} was rejected from {place}"), by, ""),
        News::Refused(_) => format!("{} was refused by {place}.", line(upload.changes_name)),
    }
}

/// What was decided by whom, with all that they say about it: one line goes into the sentence, more below it.
fn decided(what: &str, Decided { who, comment }: Decided<'_>, then: &str) -> String {
    let lines: Vec<String> = comment.trim().lines().map(printable).collect();
    let (who, said) = (line(who), lines.join("\n"));
    match lines.len() {
        0 => format!("{what} by {who}{then}"),
        1 => format!("{what} by {who}: {said}{then}"),
        _ => format!("{what} by {who}{then}\n\n{said}"),
    }
}

fn packages(text: &mut String, packages: &[ToldPackage<'_>]) {
    if packages.is_empty() {
        return;
    }
    text.push_str("\nFiles:\n");
    let of = |package: &ToldPackage<'_>| {
        let mark = if package.new { "new" } else { "   " };
        let place = format!("{}/{}, {}", package.component, line(package.section), line(package.priority));
        package.files.iter().map(|file| format!(" {mark} {}  {place}", line(file))).collect::<Vec<_>>()
    };
    cut(text, packages.iter().flat_map(of));
}

fn bullets(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("{title}:\n"));
    cut(text, lines.iter().map(|told| format!(" * {}", line(told))));
    text.push('\n');
}

/// As many lines as anybody reads.
fn cut(text: &mut String, lines: impl Iterator<Item = String>) {
    let mut left_out = 0_usize;
    for (number, line) in lines.enumerate() {
        if number < LINES {
            text.push_str(&line);
            text.push('\n');
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        text.push_str(&format!(" ... and {left_out} more\n"));
    }
}

fn because(why: Why) -> &'static str {
    match why {
        Why::Signer => "You hear of this because you have signed the upload.",
        Why::ChangedBy => "You hear of this because the upload names you as who made this version.",
        Why::Maintainer => "You hear of this because the upload names you as the maintainer.",
        Why::Permission => "You hear of this because you may upload to this archive.",
        Why::List => "This list hears of every source package that this series accepts.",
    }
}

/// A line of `Changes`, which Policy 5.6.19 indents by a blank, with a dot for an empty one.
fn changelog_line(text: &str) -> String {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if text.trim() == "." { String::new() } else { line(text) }
}

/// A text of somebody else in one line that is fit to be shown.
fn line(text: &str) -> String {
    let mut out = printable(&text.trim_end().chars().take(LINE).collect::<String>());
    if text.trim_end().chars().nth(LINE).is_some() {
        out.push_str("...");
    }
    out
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
