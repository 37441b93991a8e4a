//! `debpress demo`: the whole way of a package, from its makers' hands to apt, on a site made for it.
//!
//! Nothing here is pretended: keys are generated, packages built and signed, uploads judged, and the machine's own
//! apt reads what was published. Every step says what happens and where to look.

mod clients;
mod packages;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use debfmt::names::{Architecture, Component, DistributionName, SeriesName};

use super::init::{self, NewSite};
use super::uploader::{self, Applicant};
use crate::adapters::fs::{durable, local};
use crate::adapters::openpgp::{self, GeneratedKey};
use crate::context::Site;
use crate::lock::Wait;
use crate::model::permission::Scope;
use crate::model::queue::QueueStatus;
use crate::model::time::Timestamp;
use crate::ports::clock::Clock;
use crate::ports::db::QueueFilter;
use crate::publish::{self, FtpmasterRun};
use crate::queue::{self, Choice};
use crate::upload::{self, UploadContext, UploadReport};
use packages::Upload;

/// Something the tour says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A new step begins.
    Step(String),
    /// What happens, in plain words.
    Note(String),
    /// A command that does the same, or a file to look at.
    Look(String),
    /// Output of a program or a listing, line by line.
    Output(String),
}

/// Where the tour stopped.
#[derive(Debug, thiserror::Error)]
#[error("the tour stopped while trying to {step}")]
pub struct DemoError {
    /// The step.
    pub step: &'static str,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

/// Gives an error the name of the step it stopped.
fn during<E: Into<Box<dyn Error + Send + Sync>>>(step: &'static str) -> impl FnOnce(E) -> DemoError {
    move |source| DemoError { step, source: source.into() }
}

struct Tour<'a> {
    directory: &'a Path,
    site: Site,
    say: &'a mut dyn FnMut(Say),
}

/// Takes the tour in `directory`, which is new or empty. `clock` gives the time, `say` hears what happens.
///
/// # Errors
/// [`DemoError`]: a step failed. That there is no apt on the machine is none.
pub fn tour(
    directory: &Path,
    clock: &dyn Fn() -> Box<dyn Clock>,
    say: &mut dyn FnMut(Say),
) -> Result<(), DemoError> {
    let started = Instant::now();
    let now = clock().now();
    say(Say::Step("A site: one directory with everything in it".into()));
    init::init(&new_site(directory.join("site"), now)?).map_err(during("make a site"))?;
    let site = Site::open(&directory.join("site"), clock()).map_err(during("open the site"))?;
    let mut tour = Tour { directory, site, say };
    tour.look(format!("less {}", tour.path("site/debpress.toml")));
    let keys = tour.uploaders(now)?;
    tour.first_uploads(&keys, now)?;
    tour.review()?;
    tour.publish("The archive: accepted packages become files that apt reads")?;
    tour.read_with_apt("1.0-1")?;
    tour.second_version(&keys, now)?;
    tour.read_with_apt("1.0-2")?;
    tour.end(started)
}

fn new_site(directory: PathBuf, now: Timestamp) -> Result<NewSite, DemoError> {
    let step = "name the site";
    Ok(NewSite {
        directory,
        now,
        display_name: "Demo".into(),
        distribution: DistributionName::parse("demo").map_err(during(step))?,
        series: vec![SeriesName::parse("stable").map_err(during(step))?],
        components: vec![Component::parse("main").map_err(during(step))?],
        architectures: vec![
            Architecture::parse("amd64").map_err(during(step))?,
            Architecture::parse("arm64").map_err(during(step))?,
        ],
        origin: "Demo".into(),
        label: "Demo".into(),
        signing_key: true,
    })
}

/// The keys of the people in the story.
struct Keys {
    ann: GeneratedKey,
    bob: GeneratedKey,
    mallory: GeneratedKey,
}

impl Tour<'_> {
    fn step(&mut self, text: &str) {
        (self.say)(Say::Step(text.to_owned()));
    }

    fn note(&mut self, text: impl Into<String>) {
        (self.say)(Say::Note(text.into()));
    }

    fn look(&mut self, text: impl Into<String>) {
        (self.say)(Say::Look(text.into()));
    }

    fn output(&mut self, text: impl Into<String>) {
        (self.say)(Say::Output(text.into()));
    }

    fn path(&self, below: &str) -> String {
        self.directory.join(below).display().to_string()
    }

    fn command(&mut self, arguments: &str) {
        let command = format!("debpress --site {} {arguments}", self.path("site"));
        self.look(command);
    }

    fn uploaders(&mut self, now: Timestamp) -> Result<Keys, DemoError> {
        self.step("Two uploaders, each with a key of their own");
        // Made a minute ago, so that a signature of this second is younger than its key.
        let generate = |user: &str| openpgp::generate(user, now.plus(-60)).map_err(during("generate a key"));
        let keys = Keys {
            ann: generate("Ann Archer <ann@example.org>")?,
            bob: generate("Bob Baker <bob@example.org>")?,
            mallory: generate("Ann Archer <ann@example.org>")?,
        };
        let people =
            [("ann", &keys.ann, "may upload everything"), ("bob", &keys.bob, "may upload everything, too")];
        let anything = Scope::default();
        for (name, key, may) in people {
            let applicant = Applicant { name, keys: &key.public, mail: None, grant: Some(&anything), now };
            let added = uploader::add_uploader(self.site.records(), self.site.verifier(), &applicant);
            added.map_err(during("add an uploader"))?;
            self.note(format!("{name} {may}; fingerprint {}", key.fingerprint));
        }
        self.note("Mallory has a key with Ann's name on it, and is no uploader");
        Ok(keys)
    }

    fn first_uploads(&mut self, keys: &Keys, now: Timestamp) -> Result<(), DemoError> {
        self.step("Three uploads arrive: a good one, a forged one, and one that was damaged on its way");
        let step = "sign an upload";
        self.send(&packages::good(&keys.ann, "1.0-1", now).map_err(during(step))?)?;
        self.send(&packages::forged(&keys.mallory, now).map_err(during(step))?)?;
        self.send(&packages::damaged(&keys.bob, now).map_err(during(step))?)?;
        self.step("Every upload is judged: signature, hashes, contents");
        let report = self.process_uploads()?;
        let refused = report.rejected.len();
        if refused != 2 || report.accepted.len() != 1 {
            return Err(during("judge the uploads")(format!("{report:?}")));
        }
        self.note("What was refused keeps its files, and a list of reasons");
        self.look(format!("cat {}/reasons.json", self.path("site/rejected/02-forged")));
        Ok(())
    }

    fn send(&mut self, upload: &Upload) -> Result<(), DemoError> {
        let incoming: PathBuf = self.site.directory().join("incoming").join(upload.directory);
        let write = || {
            durable::create_dir_all(&incoming)?;
            upload.files.iter().try_for_each(|file| {
                durable::write_file(&incoming.join(&file.name), &file.bytes, durable::PUBLIC)
            })
        };
        write().map_err(during("put an upload into incoming"))?;
        let names: Vec<&str> = upload.files.iter().map(|file| file.name.as_str()).collect();
        self.output(format!("incoming/{}: {}", upload.directory, names.join(" ")));
        Ok(())
    }

    fn process_uploads(&mut self) -> Result<UploadReport, DemoError> {
        self.command("process-upload");
        let incoming = self.site.incoming(UploadContext::Insecure).map_err(during("look into incoming"))?;
        let upload_site = self.site.upload_site(&incoming, self.site.upload_settings());
        let report = upload::process_uploads(&upload_site).map_err(during("process the uploads"))?;
        for accepted in &report.accepted {
            let status = accepted.status.unwrap_or(QueueStatus::New);
            self.output(format!(
                "{}: {} by {} is in the queue as {status}",
                accepted.name, accepted.source, accepted.uploader
            ));
        }
        for rejected in &report.rejected {
            for reason in &rejected.reasons {
                self.output(format!("{}: {reason}", rejected.name));
            }
        }
        Ok(report)
    }

    fn review(&mut self) -> Result<(), DemoError> {
        self.step("A person looks at names that the archive has never had");
        let items =
            queue::waiting(self.site.records(), &QueueFilter::default()).map_err(during("read the queue"))?;
        for item in items.iter().filter(|item| item.status == QueueStatus::New) {
            self.output(format!("{} {} {} {}", item.id, item.status, item.source, item.version));
            self.command(&format!("queue accept {}", item.id));
            let at = self.site.now();
            let choice = Choice { who: "demo".into(), at, comment: "welcome".into(), audience: None };
            queue::accept(self.site.records(), item.id, &choice).map_err(during("accept the upload"))?;
        }
        Ok(())
    }

    fn publish(&mut self, title: &str) -> Result<(), DemoError> {
        self.step(title);
        self.command("publish-ftpmaster -d demo");
        let signers = self.site.signers().map_err(during("open the signing key"))?;
        let lock = self.site.lock("demo", Wait::No).map_err(during("take the publisher lock"))?;
        let distributions = self.site.records().distributions().map_err(during("find the distribution"))?;
        let distributions = distributions.into_iter().map(|distribution| distribution.name).collect();
        let run = FtpmasterRun { distributions, ..FtpmasterRun::default() };
        let site = self.site.publish_site(&signers);
        let report = publish::publish_ftpmaster(&site, &self.site.accept_site(), &lock, &run)
            .map_err(during("publish"))?;
        for suite in &report.published.suites {
            self.output(format!(
                "{} of {}: {} in, {} replaced, {} index files of {} bytes, signed by {}",
                suite.suite,
                suite.archive,
                suite.published,
                suite.superseded,
                suite.index_files,
                suite.index_bytes,
                suite.signed_by.as_deref().unwrap_or("nobody"),
            ));
        }
        self.look(format!("less {}", self.path("site/archives/demo/dists/stable/InRelease")));
        Ok(())
    }

    fn second_version(&mut self, keys: &Keys, now: Timestamp) -> Result<(), DemoError> {
        self.step("A newer version: its name is known, so it needs no review");
        let upload = packages::good(&keys.ann, "1.0-2", now).map_err(during("sign an upload"))?;
        self.send(&Upload { directory: "04-newer", ..upload })?;
        self.process_uploads()?;
        self.publish("It replaces the older one; the pool keeps that for its stay of execution")
    }

    fn end(&mut self, started: Instant) -> Result<(), DemoError> {
        self.step("The tree that was made");
        let mut by_hash = 0;
        for directory in ["dists", "pool"] {
            let files = self.site.tree().list("archives/demo", directory).map_err(during("list the tree"))?;
            for (path, size) in files {
                if path.contains("/by-hash/") {
                    by_hash += 1;
                } else {
                    self.output(format!("{size:>8}  {path}"));
                }
            }
        }
        self.note(format!(
            "beside the indexes lie {by_hash} names by hash, for clients that read while it changes"
        ));
        self.note(format!("The whole tour took {:.1} seconds", started.elapsed().as_secs_f64()));
        self.note(format!(
            "It is yours to play with; when you are done, remove it: rm -r {}",
            self.directory.display()
        ));
        Ok(())
    }
}

/// Where the tour is to take place: `wanted` when it is missing or empty, or a new directory for temporary files.
///
/// # Errors
/// [`DemoError`]: the directory has something in it, or cannot be made.
pub fn directory(wanted: Option<&Path>) -> Result<PathBuf, DemoError> {
    let step = "make a directory for it";
    let Some(wanted) = wanted else {
        return local::new_temporary_directory("debpress-demo-").map_err(during(step));
    };
    if !local::is_free(wanted).map_err(during(step))? {
        let message = format!("{} is not empty: name another directory", wanted.display());
        return Err(during(step)(message));
    }
    durable::create_dir_all(wanted).map_err(during(step))?;
    wanted.canonicalize().map_err(during(step))
}
