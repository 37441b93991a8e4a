use super::*;
use crate::adapters::memory::MemoryRecords;
use crate::config::Config;
use crate::model::archive::NewArchive;
use crate::model::suite::{NewDistribution, NewSeries};
use crate::ports::db::SiteRecords;

/// debian with noble, whose second name is `stable`, and oracular; and a personal archive of ann's.
fn recorded() -> MemoryRecords {
    let records = MemoryRecords::new();
    let series = |name: &str| NewSeries {
        name: name.parse().unwrap(),
        version: None,
        components: vec!["main".parse().unwrap()],
        architectures: vec!["amd64".parse().unwrap(), "armel".parse().unwrap()],
        status: SeriesStatus::Development,
        parent: None,
    };
    let name: DistributionName = "debian".parse().unwrap();
    let distribution = NewDistribution {
        name: name.clone(),
        display_name: "Debian".into(),
        series: vec![series("noble"), series("oracular")],
    };
    let archive = |reference: &str| NewArchive {
        reference: reference.parse().unwrap(),
        origin: "Debian".into(),
        label: "Debian".into(),
        size_limit: None,
        private: false,
    };
    records.found_distribution(&distribution, &archive("debian")).unwrap();
    records.create_archive(&archive("~ann/debian/tools")).unwrap();
    let mut noble = records.distributions().unwrap()[0].series[0].clone();
    noble.aliases = vec!["stable".parse().unwrap()];
    records.update_series(&noble).unwrap();
    records
}

fn plan(records: &MemoryRecords, text: &str) -> Result<Plan, Vec<String>> {
    let config = Config::parse(text).unwrap();
    decide(&Declared::of(&config), &records.distributions().unwrap(), &records.archives().unwrap())
}

/// Each value that a plan sets on a line; then what it leaves alone.
#[track_caller]
fn told(text: &str) -> String {
    let plan = plan(&recorded(), text).unwrap();
    let mut lines = Vec::new();
    for ShownStep { subject, created, fields } in plan.shown() {
        for Field { name, before, after } in fields {
            let before = before.unwrap_or_else(|| "nothing".to_owned());
            let verb = if created { "create" } else { "change" };
            lines.push(format!("{verb} {subject}, {name}: {before:?} -> {after:?}"));
        }
    }
    lines.push(format!("{} unchanged; not declared: {}", plan.unchanged, plan.undeclared.join(", ")));
    lines.join("\n")
}

#[test]
fn what_is_declared_as_it_is_recorded_has_no_step() {
    insta::assert_snapshot!(told(
        r#"
        [distribution.debian]
        display_name = "Debian"
        redirect_uploads = false
        [distribution.debian.series.noble]
        components = ["main"]
        architectures = ["armel", "amd64"]
        disabled_architectures = []
        aliases = ["stable"]
        source_formats = []
        announce = "none"
        status = "development"
        options = { by_hash = "", keep_versions = "1" }
        [archive."~ann/debian/tools"]
        private = false
        uploads = true
        publish = true
        size_limit = "none"
        signing_keys = []
        "#
    ), @"3 unchanged; not declared: series debian/oracular");
    insta::assert_snapshot!(told(""), @"0 unchanged; not declared: distribution debian, archive debian, archive ~ann/debian/tools");
}

#[test]
fn only_what_differs_is_a_step() {
    insta::assert_snapshot!(told(
        r#"
        [distribution.debian]
        redirect_uploads = true
        [distribution.debian.series.noble]
        status = "frozen"
        components = ["main", "extra"]
        architectures = ["amd64", "arm64"]
        disabled_architectures = ["armel"]
        options = { by_hash = "publish", "field.Signed-By" = "me", keep_versions = "1" }
        [archive."~ann/debian/tools"]
        size_limit = "8GiB"
        uploads = false
        "#
    ), @r#"
    change distribution debian, redirect_uploads: "no" -> "yes"
    change series debian/noble, status: "development" -> "frozen"
    change series debian/noble, components: "main" -> "main, extra"
    change series debian/noble, architectures: "amd64, armel" -> "amd64, arm64"
    change series debian/noble, disabled_architectures: "" -> "armel"
    change series debian/noble, by_hash: "advertise" -> "publish"
    change series debian/noble, field.Signed-By: "" -> "me"
    change archive ~ann/debian/tools, uploads: "yes" -> "no"
    change archive ~ann/debian/tools, size_limit: "none" -> "8 GiB"
    0 unchanged; not declared: series debian/oracular
    "#);
}

#[test]
fn a_second_name_moves_to_the_series_that_declares_it() {
    let from_one_that_says_nothing = r#"[distribution.debian.series.oracular]
        aliases = ["stable"]"#;
    insta::assert_snapshot!(told(from_one_that_says_nothing), @r#"
    change series debian/oracular, aliases: "" -> "stable"
    change series debian/oracular, aliases of noble: "stable" -> ""
    1 unchanged; not declared: series debian/noble, archive ~ann/debian/tools
    "#);
    let from_one_that_gives_it_up = r#"[distribution.debian.series]
        oracular.aliases = ["stable"]
        noble.aliases = []"#;
    insta::assert_snapshot!(told(from_one_that_gives_it_up), @r#"
    change series debian/oracular, aliases: "" -> "stable"
    change series debian/noble, aliases: "stable" -> ""
    1 unchanged; not declared: archive ~ann/debian/tools
    "#);
}

#[test]
fn what_others_are_derived_from_is_made_first() {
    insta::assert_snapshot!(told(
        r#"
        [distribution.acme.series.anvil]
        parent = "tux/penguin"
        components = ["main"]
        architectures = ["amd64"]
        status = "development"
        [distribution.tux]
        display_name = "Tux"
        [distribution.tux.series.penguin]
        parent = "debian/noble"
        components = ["main", "extra"]
        architectures = ["arm64", "amd64"]
        version = "1"
        aliases = ["now"]
        [distribution.debian.series.plucky]
        version = "25.04"
        [archive."tux/debug"]
        [archive."~bob/acme/tools"]
        private = true
        uploads = false
        [archive.tux]
        origin = "Tux Inc."
        "#
    ), @r#"
    create series debian/plucky, made as: "nothing" -> "frozen; main; amd64, armel; version 25.04"
    create distribution tux, called: "nothing" -> "Tux"
    create distribution tux, series penguin: "nothing" -> "frozen; main, extra; arm64, amd64; version 1; from debian/noble"
    create distribution acme, called: "nothing" -> "acme"
    create distribution acme, series anvil: "nothing" -> "development; main; amd64; from tux/penguin"
    change series tux/penguin, aliases: "" -> "now"
    change archive tux, origin: "Tux" -> "Tux Inc."
    create archive tux/debug, origin: "nothing" -> "Tux"
    create archive tux/debug, label: "nothing" -> "Tux debug symbols"
    create archive ~bob/acme/tools, origin: "nothing" -> "PPA-bob-tools"
    create archive ~bob/acme/tools, label: "nothing" -> "tools of bob"
    create archive ~bob/acme/tools, private: "nothing" -> "yes"
    change archive ~bob/acme/tools, uploads: "yes" -> "no"
    1 unchanged; not declared: series debian/noble, series debian/oracular, archive ~ann/debian/tools
    "#);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let wrong = plan(
        &recorded(),
        r#"
        [distribution.debian]
        display_name = "Other"
        [distribution.debian.series.noble]
        version = "24.04"
        parent = "debian/oracular"
        components = ["extra"]
        aliases = ["oracular-updates"]
        [distribution.debian.series.oracular]
        architectures = ["amd64"]
        aliases = ["next", "next"]
        [distribution.tux.series.penguin]
        parent = "lost/series"
        [distribution.acme-debug.series.anvil]
        [distribution.empty]
        [archive."~ann/debian/tools"]
        private = true
        [archive."debian/partner"]
        private = true
        [archive."acme/debug"]
        "#,
    )
    .unwrap_err();
    insta::assert_snapshot!(wrong.join("\n"), @"
    distribution tux: its parent lost/series is neither recorded nor declared before it
    series acme-debug/anvil: it has no components: declare them
    series acme-debug/anvil: it has no architectures: declare them
    distribution debian: display_name is Debian and cannot become Other
    distribution empty: it has no series: declare one, as [distribution.NAME.series.SERIES]
    series debian/noble: `oracular-updates` is a suite, and cannot be a second name as well
    series debian/oracular: `next` is declared as a second name twice
    series debian/noble: version is none and cannot become 24.04
    series debian/noble: parent is none and cannot become debian/oracular
    series debian/noble: component main cannot leave noble: name it with the others, at the place that you want
    series debian/oracular: architecture armel is not declared: name it, or name it in disabled_architectures
    archive acme-debug: it would be published where acme/debug is, to archives/acme-debug
    archive acme/debug: it would be published where acme-debug is, to archives/acme-debug
    archive debian/partner: only a personal archive, ~OWNER/DISTRO/PPA, can be private
    archive acme/debug: there is no distribution `acme`: declare it as well
    archive ~ann/debian/tools: private is no and cannot become yes
    ");
}
