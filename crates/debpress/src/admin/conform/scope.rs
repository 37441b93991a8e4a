//! What of a suite is asked for: all of it, or what machines of some architectures read of some components.

use super::kinds::Kind;

/// Components and architectures; none named: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Components.
    pub components: Vec<String>,
    /// Architectures. `all` and sources are always asked for.
    pub architectures: Vec<String>,
}

/// What stands before an architecture in the name of a file or directory.
const BEFORE_ARCHITECTURE: [&str; 6] =
    ["binary-", "installer-", "Contents-udeb-", "Contents-", "Components-", "Commands-"];

impl Scope {
    /// Whether an index is asked for; `path` is from the directory of the suite.
    pub(super) fn has(&self, kind: Kind<'_>, path: &str) -> bool {
        self.has_component(kind, path) && self.has_architecture(path)
    }

    fn has_component(&self, kind: Kind<'_>, path: &str) -> bool {
        let in_one = |component: &String| {
            path.strip_prefix(component.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        // Contents of all components together, as old archives have them.
        let of_all = matches!(kind, Kind::Contents { .. }) && !path.contains('/');
        of_all || self.components.is_empty() || self.components.iter().any(in_one)
    }

    fn has_architecture(&self, path: &str) -> bool {
        let architecture = path.split('/').find_map(|part| {
            let rest = BEFORE_ARCHITECTURE.iter().find_map(|before| part.strip_prefix(before))?;
            Some(rest.split('.').next().unwrap_or(rest))
        });
        architecture.is_none_or(|name| {
            self.architectures.is_empty()
                || ["all", "source"].contains(&name)
                || self.architectures.iter().any(|wanted| wanted == name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::kind;
    use super::*;

    #[test]
    fn only_what_some_machines_read_is_asked_for() {
        let scope = Scope { components: vec!["main".into()], architectures: vec!["amd64".into()] };
        let has = |path: &str| scope.has(kind(path), path);
        for asked in [
            "main/binary-amd64/Packages",
            "main/binary-all/Packages",
            "main/source/Sources",
            "main/i18n/Translation-en",
            "main/Contents-amd64",
            "Contents-amd64",
            "main/Contents-amd64.diff/Index",
            "main/dep11/Components-amd64.yml",
        ] {
            assert!(has(asked), "{asked}");
        }
        for other in [
            "main/binary-i386/Packages",
            "contrib/binary-amd64/Packages",
            "main/debian-installer/binary-i386/Packages",
            "main/Contents-udeb-i386",
            "Contents-i386",
            "mainly/source/Sources",
        ] {
            assert!(!has(other), "{other}");
            assert!(Scope::default().has(kind(other), other), "{other}");
        }
    }
}
