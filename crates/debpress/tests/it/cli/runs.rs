//! What the publishers did, and how cron is told to leave them alone.

use debpress::adapters::sqlite::SqliteRecords;
use debpress::model::run::RunStart;
use debpress::model::time::Timestamp;
use debpress::ports::db::RunRecords;

use super::people::{fails, ok};
use crate::support::site::TestSite;

fn site() -> TestSite {
    let site = TestSite::unsigned(&["amd64"]);
    site.add("stable", &[debfmt::builder::DebBuilder::new("hello", "1.0", "amd64").build()]);
    site
}

#[test]
fn every_run_of_a_publisher_leaves_a_record() {
    let site = site();
    ok(&site, "process-accepted");
    ok(&site, "publish-ftpmaster");
    ok(&site, "publish-distro");
    assert_eq!(ok(&site, "runs").stdout.lines().count(), 2, "a header, and the one that changed something");
    let listed: serde_json::Value = serde_json::from_str(&ok(&site, "--json runs --all").stdout).unwrap();
    let line = |run: &serde_json::Value| {
        format!("{} {} {} {}", run["run"], run["command"].as_str().unwrap(), run["outcome"], run["changes"])
    };
    let lines: Vec<String> = listed.as_array().unwrap().iter().map(line).collect();
    assert_eq!(
        lines,
        ["1 process-accepted \"done\" 0", "2 publish-ftpmaster \"done\" 1", "3 publish-distro \"done\" 0",]
    );
    let shown: serde_json::Value = serde_json::from_str(&ok(&site, "--json runs show 2").stdout).unwrap();
    let published = &shown["report"]["published"];
    assert_eq!(published["suites"][0]["suite"], "stable");
    let phases = published["phases"].as_array().unwrap().iter().map(|phase| phase["name"].as_str().unwrap());
    let phases: Vec<&str> = phases.collect();
    assert_eq!(
        phases,
        ["accepted queue of debian", "prepare stable of debian", "hooks of debian", "switch debian"]
    );
    let said = ok(&site, "runs show 2").stdout;
    assert!(
        said.starts_with("run 2: publish-ftpmaster by ") && said.contains("outcome  done, 1 changes"),
        "{said}"
    );
    let said = fails(&site, "runs show 99");
    assert_eq!(said.stderr, "error: there is no run 99; `debpress runs` shows them\n");
}

#[test]
fn a_run_that_failed_says_why_and_one_that_was_killed_is_found() {
    let site = site();
    let pool = site.archive().join("pool/main/h/hello");
    std::fs::create_dir_all(&pool).unwrap();
    std::fs::write(pool.join("hello_1.0_amd64.deb"), "something else").unwrap();
    site.run(&["publish-distro"]).ends(1);
    let records = SqliteRecords::open(&site.root().join("debpress.db")).unwrap();
    let (user, host) = ("root".to_owned(), "vault".to_owned());
    let command = "publish-ftpmaster".to_owned();
    let killed = RunStart { command, user, host, pid: 4711, at: Timestamp(site.now()) };
    records.begin_run(&killed).unwrap();
    drop(records);
    ok(&site, "process-accepted");
    let listed: serde_json::Value = serde_json::from_str(&ok(&site, "--json runs").stdout).unwrap();
    let outcomes: Vec<&str> =
        listed.as_array().unwrap().iter().map(|run| run["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["failed", "interrupted"]);
    let trouble = listed[0]["trouble"][0].as_str().unwrap();
    assert!(trouble.starts_with("debian: cannot publish") && trouble.contains("other content"), "{trouble}");
    let said = ok(&site, "runs --outcome interrupted").stdout;
    assert!(said.contains("publish-ftpmaster") && !said.contains("publish-distro"), "{said}");
    site.run(&["runs", "--outcome", "lost"]).ends(2);
}

#[test]
fn a_pause_stops_cron_and_nobody_else() {
    let site = site();
    site.run(&["pause", "--reason", "moving to new disks"]).ok();
    for command in ["process-upload", "process-accepted", "publish-distro", "publish-ftpmaster"] {
        let said = ok(&site, &format!("{command} --scheduled"));
        let (start, end) = ("scheduled runs are paused by ", ": moving to new disks; nothing was done\n");
        assert!(said.stderr.starts_with(start) && said.stderr.ends_with(end), "{command}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
    assert!(!site.archive().join("dists").exists());
    assert_eq!(ok(&site, "runs --all").stdout, "", "what was not run leaves no record");
    let said = ok(&site, "publish-distro");
    assert!(said.stderr.contains("moving to new disks; this one goes on"), "{}", said.stderr);
    assert!(site.archive().join("dists/stable/Release").is_file());
    let said = ok(&site, "resume").stdout;
    assert!(said.starts_with("scheduled runs work again; they were paused by "), "{said}");
    assert_eq!(ok(&site, "resume").stdout, "there was no pause\n");
    assert!(!ok(&site, "publish-distro --scheduled").stderr.contains("paused"));
    let said = site.run(&["pause", "--reason", " "]).ends(1);
    assert!(said.stderr.contains("say why"), "{}", said.stderr);
}
