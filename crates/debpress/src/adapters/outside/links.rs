//! The names in the page that a web server makes of a directory.

use crate::ports::outside::{Entry, EntryKind, is_path_below};

/// What a page links to and lies right below it: `href="stable/"` is a directory, `href="Release"` a file.
pub(super) fn names(page: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        page.split("href=").skip(1).filter_map(|rest| entry(target(rest)?)).collect();
    entries.sort();
    entries.dedup();
    entries
}

/// The value of the attribute, whose beginning `rest` is.
fn target(rest: &str) -> Option<&str> {
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    rest.split(quote).nth(1)
}

fn entry(target: &str) -> Option<Entry> {
    let target = target.strip_prefix("./").unwrap_or(target);
    let (name, kind) = match target.strip_suffix('/') {
        Some(name) => (name, EntryKind::Directory),
        None => (target, EntryKind::File),
    };
    // Sorting links, other servers, the way up, and names that nobody gives to suites.
    let usual = |c: char| c.is_ascii_alphanumeric() || "._+~-".contains(c);
    let good = is_path_below(name) && name.chars().all(usual);
    good.then(|| Entry { name: name.to_owned(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_of_servers_are_read() {
        let page = "<a href=\"?C=N;O=D\">Name</a> <a href=\"/\">up</a> <a href=\"../\">up</a>\
                    <a href=\"stable/\">stable/</a><a href='Release'>Release</a>\
                    <a href=\"http://elsewhere/x/\">x</a> <a href=\"a/b/\">deep</a> <a href=broken";
        let found: Vec<String> =
            names(page).into_iter().map(|entry| format!("{} {:?}", entry.name, entry.kind)).collect();
        assert_eq!(found, ["Release File", "stable Directory"]);
    }
}
