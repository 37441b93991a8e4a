//! Which index a listed file is, by its path.

/// What a file of a suite is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind<'a> {
    /// Descriptions. These come first: packages refer to them.
    Translation {
        /// The component; empty: a flat archive.
        component: &'a str,
        /// `en`, `de`.
        language: &'a str,
    },
    /// Binary packages.
    Packages {
        /// The component; empty: a flat archive.
        component: &'a str,
        /// The architecture; empty: that of each package.
        architecture: &'a str,
        /// Whether they are those of the installer.
        udeb: bool,
    },
    /// Source packages.
    Sources,
    /// Which package has which file. These come after packages, which they name.
    Contents {
        /// Whether they are files of source packages, or of the installer's.
        others: bool,
    },
    /// Patches of an index.
    Patches,
    /// An index that other programs define: AppStream, command-not-found.
    Data,
    /// Anything else.
    Other,
}

impl Kind<'_> {
    /// When it is read: after those of lower steps, to which it may refer.
    pub(super) fn step(self) -> u8 {
        match self {
            Self::Translation { .. } => 0,
            Self::Packages { .. } | Self::Sources => 1,
            Self::Contents { .. } | Self::Patches | Self::Data | Self::Other => 2,
        }
    }
}

/// The kind of a file; `path` is that of its uncompressed form, from the directory of the suite.
pub(super) fn kind(path: &str) -> Kind<'_> {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = directory.rsplit('/').next().unwrap_or_default();
    match file {
        "Packages" => packages(directory, parent),
        "Sources" => Kind::Sources,
        "Index" if parent.ends_with(".diff") => Kind::Patches,
        _ => match file.split_once('-') {
            Some(("Translation", language)) if parent == "i18n" => {
                Kind::Translation { component: directory.strip_suffix("/i18n").unwrap_or_default(), language }
            }
            Some(("Contents", of)) => Kind::Contents { others: of == "source" || of.starts_with("udeb") },
            Some(("Components" | "Commands" | "icons", _)) => Kind::Data,
            _ => Kind::Other,
        },
    }
}

fn packages<'a>(directory: &'a str, parent: &'a str) -> Kind<'a> {
    let Some(architecture) = parent.strip_prefix("binary-") else {
        return Kind::Packages { component: directory, architecture: "", udeb: false };
    };
    let above = directory.strip_suffix(parent).unwrap_or_default().trim_end_matches('/');
    match above.strip_suffix("/debian-installer") {
        Some(component) => Kind::Packages { component, architecture, udeb: true },
        None => Kind::Packages { component: above, architecture, udeb: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_a_file_is() {
        let binary = |component, architecture, udeb| Kind::Packages { component, architecture, udeb };
        assert_eq!(kind("main/binary-amd64/Packages"), binary("main", "amd64", false));
        assert_eq!(kind("updates/main/binary-all/Packages"), binary("updates/main", "all", false));
        assert_eq!(kind("main/debian-installer/binary-arm64/Packages"), binary("main", "arm64", true));
        assert_eq!(kind("Packages"), binary("", "", false));
        assert_eq!(kind("main/source/Sources"), Kind::Sources);
        assert_eq!(kind("main/i18n/Translation-de"), Kind::Translation { component: "main", language: "de" });
        assert_eq!(kind("Contents-amd64"), Kind::Contents { others: false });
        assert_eq!(kind("main/Contents-udeb-amd64"), Kind::Contents { others: true });
        assert_eq!(kind("main/binary-amd64/Packages.diff/Index"), Kind::Patches);
        assert_eq!(kind("main/dep11/icons-64x64.tar"), Kind::Data);
        assert_eq!(kind("main/binary-amd64/Release"), Kind::Other);
        assert_eq!(kind("main/i18n/Index"), Kind::Other);
    }

    #[test]
    fn what_others_refer_to_comes_first() {
        let mut kinds = [
            kind("main/Contents-amd64"),
            kind("main/binary-amd64/Packages"),
            kind("main/i18n/Translation-en"),
            kind("main/binary-amd64/Packages.diff/Index"),
        ];
        kinds.sort();
        assert!(matches!(
            kinds,
            [Kind::Translation { .. }, Kind::Packages { .. }, Kind::Contents { .. }, Kind::Patches]
        ));
    }
}
