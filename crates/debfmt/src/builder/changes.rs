//! Makes the `.changes` files of uploads.

use super::{
    BuiltFile, BuiltSource, DEFAULT_MAINTAINER, DEFAULT_TIME, Fields, append, checksum_lines, rfc_2822,
    shown, without_epoch,
};
use crate::deb::DebFile;
use crate::limits::Limits;

/// Makes an unsigned `.changes` file that names files made by the other builders.
#[derive(Clone, Debug)]
pub struct ChangesBuilder {
    source: String,
    version: String,
    distribution: String,
    maintainer: String,
    changed_by: Option<String>,
    architectures: Vec<String>,
    binaries: Vec<String>,
    descriptions: Vec<String>,
    files: Vec<BuiltFile>,
    /// `section priority` of each file.
    places: Vec<String>,
    fields: Fields,
    date: i64,
}

impl ChangesBuilder {
    /// An upload of nothing yet to `distribution`.
    #[must_use]
    pub fn new(source: &str, version: &str, distribution: &str) -> Self {
        Self {
            source: source.to_owned(),
            version: version.to_owned(),
            distribution: distribution.to_owned(),
            maintainer: DEFAULT_MAINTAINER.to_owned(),
            changed_by: None,
            architectures: Vec::new(),
            binaries: Vec::new(),
            descriptions: Vec::new(),
            files: Vec::new(),
            places: Vec::new(),
            fields: Fields::default(),
            date: DEFAULT_TIME,
        }
    }

    /// Lists a file. A binary package also adds itself to Binary, Architecture and Description, and its
    /// section and priority are taken from its control file; for anything else they are `misc optional`.
    #[must_use]
    pub fn file(mut self, file: &BuiltFile) -> Self {
        let place = match crate::deb::read_control(file.bytes.as_slice(), &Limits::default()) {
            Ok(deb) => self.add_binary(&deb),
            Err(_) => "misc optional".to_owned(),
        };
        self.add_file(file, place);
        self
    }

    /// Lists a file under the section and priority given.
    #[must_use]
    pub fn file_in(mut self, file: &BuiltFile, section: &str, priority: &str) -> Self {
        self.add_file(file, format!("{section} {priority}"));
        self
    }

    /// Lists all files of a source package, and adds `source` to Architecture.
    #[must_use]
    pub fn source_files(mut self, source: &BuiltSource) -> Self {
        self.add_architecture("source");
        let place = format!("{} {}", source.section, source.priority);
        for file in std::iter::once(&source.dsc).chain(&source.files) {
            self.add_file(file, place.clone());
        }
        self
    }

    /// Adds to Architecture, if it is not there.
    #[must_use]
    pub fn architecture(mut self, architecture: &str) -> Self {
        self.add_architecture(architecture);
        self
    }

    /// Sets Maintainer, and Changed-By unless that is set too.
    #[must_use]
    pub fn maintainer(mut self, maintainer: &str) -> Self {
        maintainer.clone_into(&mut self.maintainer);
        self
    }

    /// Sets Changed-By.
    #[must_use]
    pub fn changed_by(mut self, changed_by: &str) -> Self {
        self.changed_by = Some(changed_by.to_owned());
        self
    }

    /// Sets a field; an empty value leaves it out, even a mandatory one. A value that starts with a newline
    /// starts on the next line.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.tell(name, value);
        self
    }

    /// Sets the date, in seconds since 1970 UTC.
    #[must_use]
    pub fn date(mut self, date: i64) -> Self {
        self.date = date;
        self
    }

    /// The file. Its name ends with the one architecture, `source` or, for several, `multi`.
    #[must_use]
    pub fn build(&self) -> BuiltFile {
        let binary_architectures: Vec<&String> =
            self.architectures.iter().filter(|name| *name != "source").collect();
        let suffix = match binary_architectures.as_slice() {
            [] => "source",
            [only] => only,
            _ => "multi",
        };
        let name = format!("{}_{}_{suffix}.changes", self.source, without_epoch(&self.version));
        BuiltFile { name, bytes: self.fields().render().into_bytes() }
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        fields.set("Format", "1.8");
        fields.set("Date", &rfc_2822(self.date));
        fields.set("Source", &self.source);
        fields.set("Binary", &self.binaries.join(" "));
        fields.set("Architecture", &self.architectures.join(" "));
        fields.set("Version", &self.version);
        fields.set("Distribution", &self.distribution);
        fields.set("Urgency", "medium");
        fields.set("Maintainer", &self.maintainer);
        fields.set("Changed-By", self.changed_by.as_deref().unwrap_or(&self.maintainer));
        fields.set("Description", &self.descriptions.concat());
        let Self { source, version, distribution, .. } = self;
        let changes =
            format!("\n {source} ({version}) {distribution}; urgency=medium\n .\n   * Made by a builder.");
        fields.set("Changes", &changes);
        fields.set("Checksums-Sha1", &checksum_lines(&self.files, |sums| shown(sums.sha1)));
        fields.set("Checksums-Sha256", &checksum_lines(&self.files, |sums| sums.sha256.to_string()));
        fields.set("Files", &self.file_lines());
        fields.set_all(&self.fields);
        fields
    }

    fn file_lines(&self) -> String {
        let mut lines = String::new();
        for (file, place) in self.files.iter().zip(&self.places) {
            let sums = file.checksums();
            append(&mut lines, format_args!("\n {} {} {place} {}", shown(sums.md5), sums.size, file.name));
        }
        lines
    }

    fn add_binary(&mut self, deb: &DebFile) -> String {
        let field = |name, default| deb.control.get(name).unwrap_or(default);
        self.add_architecture(field("Architecture", ""));
        let name = field("Package", "");
        if !self.binaries.iter().any(|known| known == name) {
            self.binaries.push(name.to_owned());
            let synopsis = deb.control.first_line("Description").unwrap_or("");
            self.descriptions.push(format!("\n {name:<10} - {synopsis}"));
        }
        format!("{} {}", field("Section", "-"), field("Priority", "-"))
    }

    fn add_architecture(&mut self, architecture: &str) {
        if !architecture.is_empty() && !self.architectures.iter().any(|known| known == architecture) {
            self.architectures.push(architecture.to_owned());
        }
    }

    fn add_file(&mut self, file: &BuiltFile, place: String) {
        self.files.push(file.clone());
        self.places.push(place);
    }
}
