//! Second names of suites.

use debfmt::names::SuiteName;
use debpress::ports::db::SuiteAlias;

use super::{Site, contract};

contract! {
    an_alias_means_what_was_said_last
}

fn an_alias_means_what_was_said_last(site: &Site) {
    let name = |text: &str| SuiteName::parse(text).unwrap();
    let alias =
        |archive, name: &str, target: &str| SuiteAlias { archive, name: name.into(), target: target.into() };
    assert_eq!(site.records.aliases().unwrap(), []);
    for (archive, target) in [(site.ppa, "noble"), (site.primary, "noble"), (site.primary, "plucky")] {
        site.records.set_alias(archive, &name("stable"), Some(&name(target))).unwrap();
    }
    let both = [alias(site.primary, "stable", "plucky"), alias(site.ppa, "stable", "noble")];
    assert_eq!(site.records.aliases().unwrap(), both);
    site.records.set_alias(site.primary, &name("stable"), None).unwrap();
    site.records.set_alias(site.primary, &name("never"), None).unwrap();
    assert_eq!(site.records.aliases().unwrap(), both[1..]);
}
