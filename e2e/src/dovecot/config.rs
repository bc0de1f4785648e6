//! What is written into the two Dovecot configurations.

use std::path::Path;

use crate::error::LabError;
use crate::system::{self, Owner};

/// Everything both configurations depend on.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    /// Holds the instance's sockets; a short path of its own.
    pub(super) run: &'a Path,
    pub(super) log: &'a Path,
    /// One file per login.
    pub(super) users: &'a Path,
    pub(super) mail_owner: Owner,
    /// Configuration of the passdb that checks access tokens, if any.
    pub(super) tokens: Option<&'a Path>,
}

fn common(settings: &Settings<'_>) -> Result<String, LabError> {
    let Settings { run, log, users, mail_owner, tokens } = settings;
    let (mechanisms, token_passdb) = match tokens {
        None => ("", String::new()),
        Some(file) => (
            " xoauth2",
            format!("passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {}\n}}\n", file.display()),
        ),
    };
    let mut text = format!(
        "base_dir = {run}\n\
         state_dir = {run}\n\
         log_path = {log}\n\
         listen = 127.0.0.1\n\
         disable_plaintext_auth = no\n\
         auth_mechanisms = plain login{mechanisms}\n\
         auth_failure_delay = 0\n\
         auth_username_format = %Lu\n\
         auth_cache_size = 0\n\
         first_valid_uid = 1\n\
         first_valid_gid = 1\n\
         mail_uid = {uid}\n\
         mail_gid = {gid}\n\
         mail_location = maildir:~/Maildir\n\
         mail_max_userip_connections = 100000\n\
         default_client_limit = 8000\n\
         default_process_limit = 2000\n\
         {token_passdb}passdb {{\n  driver = passwd-file\n  args = {users}/%Lu\n}}\n\
         userdb {{\n  driver = passwd-file\n  args = {users}/%Lu\n}}\n\
         service anvil {{\n  unix_listener anvil-auth-penalty {{\n    mode = 0\n  }}\n}}\n",
        run = run.display(),
        log = log.display(),
        users = users.display(),
        uid = mail_owner.uid,
        gid = mail_owner.gid,
    );
    if !system::is_root() {
        let (user, group) = system::names(system::current_owner())?;
        text.push_str(&format!(
            "default_internal_user = {user}\n\
             default_internal_group = {group}\n\
             default_login_user = {user}\n\
             service anvil {{\n  chroot =\n}}\n\
             service stats {{\n  chroot =\n}}\n"
        ));
    }
    Ok(text)
}

/// What the passdb for access tokens is told: it asks the provider whose a token is (RFC 7662).
pub(super) fn tokens(introspection_url: &str) -> String {
    format!(
        "introspection_mode = post\nintrospection_url = {introspection_url}\nusername_attribute = sub\n\
         active_attribute = active\nactive_value = true\nforce_introspection = yes\n"
    )
}

/// The IMAP server: one port in clear with STARTTLS, one with TLS from the first byte.
pub(super) fn imap(
    settings: &Settings<'_>,
    ports: (u16, u16),
    certificate: &Path,
    key: &Path,
    greeting: &str,
) -> Result<String, LabError> {
    let chroot = if system::is_root() { "" } else { "  chroot =\n" };
    let (plain, tls) = ports;
    let folders = ["Sent", "Junk", "Trash", "Drafts"]
        .iter()
        .map(|name| format!("  mailbox {name} {{\n    auto = subscribe\n    special_use = \\{name}\n  }}\n"))
        .collect::<String>();
    Ok(format!(
        "{common}\
         protocols = imap\n\
         ssl = yes\n\
         ssl_cert = <{certificate}\n\
         ssl_key = <{key}\n\
         login_greeting = {greeting}\n\
         mailbox_idle_check_interval = 1s\n\
         plugin {{\n  quota = maildir:quota\n}}\n\
         namespace inbox {{\n  inbox = yes\n  separator = /\n{folders}}}\n\
         service imap-login {{\n\
         \x20 inet_listener imap {{\n    address = 127.0.0.1\n    port = {plain}\n  }}\n\
         \x20 inet_listener imaps {{\n    address = 127.0.0.1\n    port = {tls}\n    ssl = yes\n  }}\n\
         \x20 service_count = 0\n{chroot}}}\n\
         service imap {{\n  process_limit = 2000\n}}\n",
        common = common(settings)?,
        certificate = certificate.display(),
        key = key.display(),
    ))
}

/// The server that answers Postfix's AUTH. It is apart from the IMAP server so that one can fail without the other.
pub(super) fn auth(settings: &Settings<'_>, socket_owner: Option<Owner>) -> Result<String, LabError> {
    let owner = match socket_owner.map(system::names).transpose()? {
        Some((user, group)) => format!("    user = {user}\n    group = {group}\n"),
        None => String::new(),
    };
    Ok(format!(
        "{common}\
         protocols = none\n\
         ssl = no\n\
         service auth {{\n  unix_listener auth-postfix {{\n    mode = 0660\n{owner}  }}\n}}\n",
        common = common(settings)?,
    ))
}
