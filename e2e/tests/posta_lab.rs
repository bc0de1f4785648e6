//! The command `posta-lab`, and that nothing outlives it however it ends.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail by panicking")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use posta_e2e::Mailroom;
use posta_e2e::imap::ImapClient;
use posta_e2e::smtp::SmtpClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_posta-lab");

/// Starts it and reads what it says up to its last line.
fn up(arguments: &[&str]) -> (Child, Vec<String>) {
    let mut child = Command::new(PROGRAM).arg("up").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().map(Result::unwrap).take_while(|line| !line.starts_with("End it")).collect();
    (child, lines)
}

fn told(lines: &[String], name: &str) -> String {
    let line = lines.iter().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().trim_end_matches(',').to_owned()
}

fn is_mentioned_by_a_process(root: &Path) -> bool {
    let text = root.to_str().unwrap();
    fs::read_dir("/proc").unwrap().filter_map(Result::ok).any(|entry| {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(text)
    })
}

#[test]
fn servers_end_with_a_lab_that_is_killed() {
    let (mut child, lines) = up(&["--postgres", "--mailbox", "ventas@lab.test:clave", "--traffic", "1"]);
    let root = PathBuf::from(told(&lines, "Files"));
    let imap = told(&lines, "IMAP").parse().unwrap();
    let smtp = told(&lines, "SMTP").parse().unwrap();
    ImapClient::connect(imap).unwrap().login("ventas@lab.test", "clave").unwrap();
    SmtpClient::connect(smtp).unwrap().login("ventas@lab.test", "clave").unwrap();
    assert!(is_mentioned_by_a_process(&root));

    child.kill().unwrap();
    child.wait().unwrap();
    let begun = Instant::now();
    while root.exists() || is_mentioned_by_a_process(&root) {
        assert!(begun.elapsed() < Duration::from_secs(20), "something of {} is left", root.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(ImapClient::connect(imap).is_err() && SmtpClient::connect(smtp).is_err());
}

#[test]
fn bad_arguments_are_told() {
    for (arguments, told) in [
        (vec!["up", "--traffic", "often"], "whole number"),
        (vec!["up", "--nonsense"], "--nonsense"),
        (vec!["up", "--mailbox", "no-address"], "cannot be a mailbox"),
        (vec!["corpus"], "--into"),
        (vec![], "Usage"),
    ] {
        let output = Command::new(PROGRAM).args(&arguments).output().unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{arguments:?}");
    }
}

#[test]
fn mailroom_is_a_handle_for_threads() {
    fn is<T: Clone + Send + Sync + 'static>() {}
    is::<Mailroom>();
}
