//! What a stage says of itself: to programs as JSON, to people as text.

use serde_json::{Value, json};

use super::cast::{ADMINISTRATOR, PLAYERS, Player, QUEUES};
use super::stage::Stage;
use crate::error::LabError;
use crate::lab::PASSWORD;
use crate::posta::PostaError;
use crate::traffic::{Traffic, TrafficOptions};

/// All that a program must know of a stage.
///
/// # Errors
/// The stage has no mail servers.
pub fn facts(stage: &Stage) -> Result<Value, PostaError> {
    let people = people(stage).map(|player| {
        json!({ "login": player.login, "name": player.name, "role": player.role, "password": player.password() })
    });
    let campaigns = QUEUES.iter().filter(|_| !stage.empty);
    Ok(json!({
        "address": stage.posta.base_url(),
        "setup_link": if stage.empty { stage.posta.setup_link() } else { None },
        "people": people.collect::<Vec<_>>(),
        "campaigns": campaigns.map(|queue| json!({ "name": queue.name, "address": queue.address })).collect::<Vec<_>>(),
        "smtp": stage.smtp()?,
        "imap": stage.imap()?,
        "mail_password": PASSWORD,
        "authority_file": stage.lab.authority_file(),
        "data_dir": stage.posta.data_dir(),
        "pid": stage.posta.pid(),
    }))
}

fn people(stage: &Stage) -> impl Iterator<Item = &'static Player> {
    let empty = stage.empty;
    std::iter::once(&ADMINISTRATOR).chain(&PLAYERS).filter(move |_| !empty)
}

/// Everything that a person needs to look around, with customers who write from now on.
///
/// # Errors
/// The stage has no mail servers, or the customers cannot have mailboxes.
pub fn welcome(stage: &Stage) -> Result<(Traffic, String), PostaError> {
    let addresses = QUEUES.iter().map(|queue| queue.address).collect::<Vec<_>>();
    let options = TrafficOptions::to(&addresses);
    let pace = options.pace.as_secs();
    let traffic = Traffic::start(&stage.lab, options)?;

    let mut text = format!("\nPosta is at  {}\n\n", stage.posta.base_url());
    text.push_str(&row("Sign in as", "with the password", "and be"));
    for player in people(stage) {
        let queues = QUEUES.iter().filter(|queue| queue.members.contains(&player.login));
        let queues = queues.map(|queue| queue.name).collect::<Vec<_>>().join(" and ");
        let place = if queues.is_empty() { String::new() } else { format!(" in {queues}") };
        text.push_str(&row(player.login, &player.password(), &format!("{}, {}{place}", player.name, player.role)));
    }
    text.push_str(&format!(
        "\n{} customers write to {}, a mail every {pace} s, and answer your answers. Mail is handed out as soon as an\n\
         agent is signed in. Write to them, or read along, with any mail program: the password of all mailboxes is\n\
         \"{PASSWORD}\", the customers are\n\n",
        traffic.people().len(),
        addresses.join(" and "),
    ));
    for pair in traffic.people().chunks(2) {
        let cells = pair.iter().map(|person| format!("{:<40}", person.address)).collect::<String>();
        text.push_str(&format!("  {}\n", cells.trim_end()));
    }
    text.push_str(&format!(
        "\n  IMAP  {} (STARTTLS)\n  SMTP  {} (STARTTLS)\n  CA    {}\n\n{}\nEnd it all with Ctrl-C; its data go with it.\n",
        stage.lab.imap_address()?,
        stage.lab.smtp_address()?,
        stage.lab.authority_file().display(),
        dare(stage),
    ));
    Ok((traffic, text))
}

/// Starts the product again on its data if it has ended; what is to be said of it then.
///
/// # Errors
/// It does not come up again.
pub fn revive(stage: &mut Stage) -> Result<Option<String>, LabError> {
    if stage.posta.is_running() {
        return Ok(None);
    }
    stage.posta.restart()?;
    let took = stage.posta.started_in().as_millis();
    Ok(Some(format!("Posta had ended, and listens again on the same data after {took} ms. {}", dare(stage))))
}

fn dare(stage: &Stage) -> String {
    let pid = stage.posta.pid().unwrap_or_default();
    format!("Try  kill -9 {pid}  while you work: it comes back, and nothing is lost.\n")
}

fn row(login: &str, password: &str, rest: &str) -> String {
    format!("  {login:<12}{password:<22}{rest}\n")
}
