//! The mail lab on the command line: real mail servers to try a mail program against, and the product on stage.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use posta_e2e::corpus::Corpus;
use posta_e2e::demo::{self, Engine, Stage, StageOptions};
use posta_e2e::posta::PostaError;
use posta_e2e::traffic::{Traffic, TrafficOptions};
use posta_e2e::{Lab, LabError, LabOptions, PASSWORD, PgOptions};

const HELP: &str = "\
Usage: posta-lab up [OPTION]...
       posta-lab demo [--engine sqlite|postgres]
       posta-lab stage [--json] [--empty] [--engine sqlite|postgres] [--env NAME=VALUE]...
       posta-lab corpus --into DIRECTORY [--count N] [--seed N]

up       starts private mail servers on loopback, tells their ports, and runs until it is ended (Ctrl-C)
           --mailbox ADDRESS[:PASSWORD]   adds a mailbox; several may be given (default soporte@lab.test:secret)
           --traffic SECONDS              customers write to the mailboxes, a mail every so many seconds
           --postgres                     starts PostgreSQL as well and makes a database
           --no-postfix                   Dovecot alone, which needs no superuser
           --base DIRECTORY               where files are kept (default target/lab)
           --keep                         keeps the files after the end
demo     starts Posta with mail servers, campaigns, people and customers who write, and runs until it is ended (Ctrl-C);
         Posta is started again on the same data whenever somebody ends it
stage    starts Posta with mail servers, campaigns and people, and runs until its standard input ends
           --json                         tells all as one line of JSON, and then obeys orders, one a line
           --empty                        without campaigns and people: waits for its first administrator
           --env NAME=VALUE               a setting of Posta, such as POSTA__LOG__FILTER=debug
corpus   writes sample mails as .eml files
";

/// Where the demo listens when nothing else does.
const DEMO_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let done = match arguments.split_first() {
        Some((command, rest)) if command == "up" => up(rest).map_err(PostaError::from),
        Some((command, rest)) if command == "demo" => run_demo(rest),
        Some((command, rest)) if command == "stage" => stage(rest),
        Some((command, rest)) if command == "corpus" => corpus(rest).map_err(PostaError::from),
        Some((command, _)) if command == "help" || command == "--help" => say(HELP).map_err(PostaError::from),
        _ => Err(LabError::Usage(HELP.into()).into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error may be closed; the exit code tells then.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn say(text: &str) -> Result<(), LabError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| failed("writing to standard output", &error))
}

fn failed(doing: &str, error: &io::Error) -> LabError {
    LabError::Io { doing: doing.into(), reason: error.to_string() }
}

fn value<'a>(option: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<&'a str, LabError> {
    rest.next().map(String::as_str).ok_or_else(|| LabError::Usage(format!("{option} needs a value")))
}

fn number(option: &str, text: &str) -> Result<u64, LabError> {
    text.parse().map_err(|_| LabError::Usage(format!("{option} needs a whole number, not {text:?}")))
}

fn up(arguments: &[String]) -> Result<(), LabError> {
    let mut options = LabOptions::default();
    let mut mailboxes = Vec::new();
    let mut pace = None;
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            "--mailbox" => {
                let given = value(option, &mut rest)?;
                let (address, password) = given.split_once(':').unwrap_or((given, PASSWORD));
                mailboxes.push((address.to_owned(), password.to_owned()));
            }
            "--traffic" => pace = Some(Duration::from_secs(number(option, value(option, &mut rest)?)?.max(1))),
            "--postgres" => options.postgres = Some(PgOptions::default()),
            "--no-postfix" => options.postfix = false,
            "--base" => options.base = Some(PathBuf::from(value(option, &mut rest)?)),
            "--keep" => options.keep = true,
            other => return Err(unknown(other)),
        }
    }
    if mailboxes.is_empty() {
        mailboxes.push(("soporte@lab.test".to_owned(), PASSWORD.to_owned()));
    }
    let lab = Lab::start(options)?;
    let mut text = format!("The mail lab is up ({} ms).\n\n", lab.started_in().as_millis());
    text.push_str(&format!("IMAP    {} (STARTTLS), {} (TLS)\n", lab.imap_address()?, lab.imaps_address()?));
    if let (Ok(plain), Ok(tls)) = (lab.smtp_address(), lab.smtps_address()) {
        text.push_str(&format!("SMTP    {plain} (STARTTLS), {tls} (TLS)\n"));
    }
    if let Ok(postgres) = lab.postgres() {
        text.push_str(&format!("SQL     {}\n", postgres.database()?));
    }
    text.push_str(&format!("CA      {}\nFiles   {}\n", lab.authority_file().display(), lab.place().root().display()));
    for (address, password) in &mailboxes {
        lab.add_mailbox(address, password)?;
        text.push_str(&format!("Mailbox {address}, password {password}\n"));
    }
    let traffic = match pace {
        None => None,
        Some(pace) => {
            let to = mailboxes.iter().map(|(address, _)| address.as_str()).collect::<Vec<_>>();
            let traffic = Traffic::start(&lab, TrafficOptions { pace, ..TrafficOptions::to(&to) })?;
            text.push_str(&format!(
                "\n{} customers write, one mail every {} s.\n",
                traffic.people().len(),
                pace.as_secs()
            ));
            Some(traffic)
        }
    };
    text.push_str("\nEnd it with Ctrl-C.\n");
    say(&text)?;
    // A signal ends this process at once; the lab's watcher then ends the servers and removes the files.
    let _alive = (lab, traffic);
    loop {
        std::thread::park();
    }
}

fn unknown(option: &str) -> LabError {
    LabError::Usage(format!("unknown option {option:?}\n\n{HELP}"))
}

fn engine(text: &str) -> Result<Engine, LabError> {
    match text {
        "sqlite" => Ok(Engine::Sqlite),
        "postgres" => Ok(Engine::Postgres),
        other => Err(LabError::Usage(format!("--engine is sqlite or postgres, not {other:?}"))),
    }
}

fn run_demo(arguments: &[String]) -> Result<(), PostaError> {
    let mut options = StageOptions { listen: Some(DEMO_ADDRESS), ..StageOptions::default() };
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            "--engine" => options.engine = engine(value(option, &mut rest)?)?,
            other => return Err(unknown(other).into()),
        }
    }
    let mut stage = Stage::start(&options)?;
    let (_traffic, text) = demo::welcome(&stage)?;
    say(&text)?;
    // As with `up`, a signal ends all.
    loop {
        std::thread::sleep(Duration::from_millis(500));
        if let Some(text) = demo::revive(&mut stage)? {
            say(&text)?;
        }
    }
}

fn stage(arguments: &[String]) -> Result<(), PostaError> {
    let mut options = StageOptions::default();
    let mut json = false;
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            "--json" => json = true,
            "--empty" => options.empty = true,
            "--env" => {
                let (name, value) = value(option, &mut rest)?
                    .split_once('=')
                    .ok_or_else(|| LabError::Usage("--env needs NAME=VALUE".into()))?;
                options.env.push((name.to_owned(), value.to_owned()));
            }
            "--engine" => options.engine = engine(value(option, &mut rest)?)?,
            other => return Err(unknown(other).into()),
        }
    }
    let mut stage = Stage::start(&options)?;
    let facts = demo::facts(&stage)?;
    if json {
        say(&format!("{facts}\n"))?;
        return Ok(demo::obey(&mut stage, io::stdin().lock(), io::stdout().lock())?);
    }
    say(&format!("{facts:#}\n"))?;
    let waited = io::copy(&mut io::stdin().lock(), &mut io::sink());
    waited.map(|_| ()).map_err(|error| failed("reading standard input", &error).into())
}

fn corpus(arguments: &[String]) -> Result<(), LabError> {
    let (mut into, mut count, mut seed) = (None, 100, 1);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            "--into" => into = Some(PathBuf::from(value(option, &mut rest)?)),
            "--count" => count = number(option, value(option, &mut rest)?)?,
            "--seed" => seed = number(option, value(option, &mut rest)?)?,
            other => return Err(unknown(other)),
        }
    }
    let into = into.ok_or_else(|| LabError::Usage("corpus needs --into DIRECTORY".into()))?;
    fs::create_dir_all(&into).map_err(|error| failed("making the directory", &error))?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    for mail in Corpus::new(seed).take(count) {
        let mark = if mail.malformed.is_some() { "-malformed" } else { "" };
        let path = into.join(format!("{:06}{mark}.eml", mail.index));
        fs::write(&path, &mail.raw).map_err(|error| failed(&format!("writing {}", path.display()), &error))?;
    }
    Ok(())
}
