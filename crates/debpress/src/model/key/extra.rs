//! Indexes that the publisher never makes: other programs do, and clients fetch them (behaviour map 3.9).

use debfmt::names::Architecture;

/// A file of `COMPONENT/dep11`, without compression: the software catalogue of AppStream (DEP-11).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dep11File {
    /// `Components-amd64.yml`
    Components(Architecture),
    /// `icons-64x64@2.tar`
    Icons(IconSize),
}

/// The size of icons: `48x48`, `64x64@2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IconSize(String);

/// The name of a list of security advisories, as `NAME.oval.xml` has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OvalName(String);

impl Dep11File {
    pub(super) fn name(&self) -> String {
        match self {
            Self::Components(architecture) => format!("Components-{architecture}.yml"),
            Self::Icons(IconSize(size)) => format!("icons-{size}.tar"),
        }
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let between = |start, end| name.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        let components = between("Components-", ".yml").and_then(machine).map(Self::Components);
        components.or_else(|| between("icons-", ".tar").and_then(IconSize::parse).map(Self::Icons))
    }
}

impl IconSize {
    fn parse(text: &str) -> Option<Self> {
        let (size, scale) = text.split_once('@').unwrap_or((text, "1"));
        let (width, height) = size.split_once('x')?;
        let number = |text: &str| (1..=5).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
        [width, height, scale].into_iter().all(number).then(|| Self(text.to_owned()))
    }
}

impl OvalName {
    pub(super) fn name(&self) -> String {
        format!("{}.oval.xml", self.0)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".oval.xml")?;
        let legal = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        let first = stem.starts_with(|c: char| c.is_ascii_alphanumeric());
        (first && stem.len() <= 200 && stem.chars().all(legal)).then(|| Self(stem.to_owned()))
    }
}

/// The architecture of a machine.
pub(super) fn machine(name: &str) -> Option<Architecture> {
    Architecture::parse(name).ok().filter(|it| !it.is_source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_clients_ask_for_are_files_of_dep11() {
        for name in ["Components-amd64.yml", "icons-48x48.tar", "icons-64x64@2.tar"] {
            assert_eq!(Dep11File::parse(name).map(|file| file.name()).as_deref(), Some(name));
        }
        for name in
            ["Components-source.yml", "Components-.yml", "icons-..tar", "icons-48x48@.tar", "icons-x.tar"]
        {
            assert_eq!(Dep11File::parse(name), None, "{name}");
        }
    }

    #[test]
    fn an_advisory_list_has_a_plain_name() {
        assert!(OvalName::parse("com.example.noble.cve.oval.xml").is_some());
        assert!(OvalName::parse(".oval.xml").is_none());
        assert!(OvalName::parse("a/b.oval.xml").is_none());
    }
}
