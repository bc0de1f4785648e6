//! What is written into Postfix's configuration, and the addresses that stand for faults.

use std::path::Path;

use crate::system::Owner;

/// Recipients that are refused in the SMTP dialogue, at RCPT: address, answer.
pub const REFUSED_RECIPIENTS: [(&str, &str); 7] = [
    ("tempfail@faults.test", "451 4.3.0 Try again later"),
    ("greylist@faults.test", "450 4.2.0 Greylisted, come back in a minute"),
    ("overquota@faults.test", "452 4.2.2 Mailbox is over quota"),
    ("reject@faults.test", "550 5.1.1 No such user here"),
    ("full@faults.test", "552 5.2.2 Mailbox is full"),
    ("spam@faults.test", "550 5.7.1 Message refused by policy"),
    ("close@faults.test", "421 4.7.0 Too many errors, closing"),
];

/// Recipients that are accepted and then refused after the final dot: address, answer.
pub const REFUSED_AFTER_DATA: [(&str, &str); 2] = [
    ("tempfail-data@faults.test", "451 4.3.0 Message deferred"),
    ("reject-data@faults.test", "554 5.6.0 Message content refused"),
];

/// Recipients that are accepted and come to grief in the queue: address, transport.
pub const FAILING_DELIVERIES: [(&str, &str); 4] = [
    ("bounce@faults.test", "error:5.1.1 No such user here"),
    ("bounce-full@faults.test", "error:5.2.2 Mailbox is full"),
    ("defer@faults.test", "retry:4.3.0 The mailbox is busy"),
    ("discard@faults.test", "discard:The lab throws it away"),
];

/// Senders that are refused at MAIL FROM: address, answer.
pub const REFUSED_SENDERS: [(&str, &str); 2] = [
    ("reject-sender@lab.test", "550 5.7.1 Sender may not send"),
    ("tempfail-sender@lab.test", "450 4.7.1 Sender must wait"),
];

/// The largest mail that is accepted, in bytes: 60 MB.
pub const MESSAGE_SIZE_LIMIT: u64 = 60 * 1024 * 1024;

/// Where the instance finds its files.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    pub(super) directory: &'a Path,
    pub(super) daemons: &'a Path,
    pub(super) log: &'a Path,
    pub(super) root: &'a Path,
    pub(super) mailboxes: &'a Path,
    pub(super) mail_owner: Owner,
    pub(super) auth_socket: &'a Path,
    pub(super) certificate: &'a Path,
    pub(super) key: &'a Path,
    /// Stands in the greeting and tells this instance from others.
    pub(super) token: &'a str,
}

/// `main.cf`. Nothing can leave the machine: there is no `smtp` service in [`master`], foreign domains go to `error`,
/// and no name is ever looked up.
pub(super) fn main(settings: &Settings<'_>) -> String {
    let Settings { directory, daemons, log, root, mailboxes, mail_owner, auth_socket, certificate, key, token } =
        settings;
    let conf = directory.join("conf");
    let map = |name: &str| format!("regexp:{}", conf.join(name).display());
    let Owner { uid, gid } = mail_owner;
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {queue}\n\
         data_directory = {data}\n\
         command_directory = /usr/sbin\n\
         daemon_directory = {daemons}\n\
         mail_owner = postfix\n\
         setgid_group = postdrop\n\
         syslog_name = postfix\n\
         maillog_file = {log}\n\
         maillog_file_prefixes = {root}\n\
         myhostname = mx.lab.test\n\
         mydomain = lab.test\n\
         myorigin = lab.test\n\
         mydestination =\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         mynetworks = 127.0.0.0/8\n\
         relayhost =\n\
         default_transport = error:5.1.2 The lab delivers no mail outside\n\
         relay_transport = $default_transport\n\
         local_transport = error:5.1.1 There are no system users here\n\
         disable_dns_lookups = yes\n\
         smtp_dns_support_level = disabled\n\
         smtp_host_lookup = native\n\
         alias_maps =\n\
         alias_database =\n\
         local_recipient_maps =\n\
         local_header_rewrite_clients =\n\
         virtual_mailbox_domains = {domains}\n\
         virtual_mailbox_base = {mailboxes}\n\
         virtual_mailbox_maps = hash:{known}\n\
         virtual_uid_maps = static:{uid}\n\
         virtual_gid_maps = static:{gid}\n\
         virtual_minimum_uid = 1\n\
         virtual_mailbox_limit = 0\n\
         mailbox_size_limit = 0\n\
         virtual_transport = virtual\n\
         transport_maps = {transport}\n\
         message_size_limit = {MESSAGE_SIZE_LIMIT}\n\
         recipient_delimiter = +\n\
         smtpd_banner = $myhostname ESMTP {token}\n\
         smtpd_peername_lookup = no\n\
         smtpd_reject_unlisted_recipient = no\n\
         smtpd_reject_unlisted_sender = no\n\
         smtpd_sasl_type = dovecot\n\
         smtpd_sasl_path = {auth}\n\
         smtpd_sasl_auth_enable = yes\n\
         smtpd_sasl_security_options = noanonymous\n\
         smtpd_tls_security_level = may\n\
         smtpd_tls_cert_file = {certificate}\n\
         smtpd_tls_key_file = {key}\n\
         smtpd_delay_reject = no\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n\
         smtpd_sender_restrictions = check_sender_access {senders}\n\
         smtpd_recipient_restrictions = check_recipient_access {recipients}\n\
         smtpd_end_of_data_restrictions = check_recipient_access {after_data}\n\
         smtpd_client_connection_count_limit = 0\n\
         smtpd_client_connection_rate_limit = 0\n\
         smtpd_error_sleep_time = 0\n\
         smtpd_soft_error_limit = 10000\n\
         smtpd_hard_error_limit = 10000\n\
         smtpd_junk_command_limit = 10000\n\
         smtpd_recipient_limit = 1000\n\
         default_process_limit = 400\n\
         in_flow_delay = 0\n\
         queue_run_delay = 1s\n\
         minimal_backoff_time = 1s\n\
         maximal_backoff_time = 5s\n\
         maximal_queue_lifetime = 1h\n\
         bounce_queue_lifetime = 1h\n\
         delay_warning_time = 1s\n\
         notify_classes =\n\
         fast_flush_domains =\n",
        queue = directory.join("queue").display(),
        data = directory.join("data").display(),
        daemons = daemons.display(),
        log = log.display(),
        root = root.display(),
        domains = map("domains"),
        mailboxes = mailboxes.display(),
        known = conf.join("mailboxes").display(),
        transport = map("transport"),
        auth = auth_socket.display(),
        certificate = certificate.display(),
        key = key.display(),
        senders = map("senders"),
        recipients = map("recipients"),
        after_data = map("after_data"),
    )
}

/// `master.cf`: the services that receive, queue, deliver into Maildirs and bounce; none that sends elsewhere.
pub(super) fn master(plain: u16, tls: u16) -> String {
    let daemons = [
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "verify unix - - n - 1 verify",
        "proxymap unix - - n - - proxymap",
        "proxywrite unix - - n - 1 proxymap",
        "showq unix n - n - - showq",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "discard unix - - n - - discard",
        "virtual unix - n n - - virtual",
        "anvil unix - - n - 1 anvil",
        "postlog unix-dgram n - n - 1 postlogd",
    ];
    format!(
        "127.0.0.1:{plain} inet n - n - - smtpd\n\
         127.0.0.1:{tls} inet n - n - - smtpd\n\
         \x20 -o smtpd_tls_wrappermode=yes\n\
         {}\n",
        daemons.join("\n")
    )
}

/// The regexp tables by file name.
pub(super) fn tables() -> [(&'static str, String); 5] {
    [
        // Every name that RFC 2606 sets aside is at home here, so that tests can invent domains.
        ("domains", "/^([^@]+\\.)?(test|example|example\\.(com|net|org))$/ lab\n".to_owned()),
        ("transport", table(&FAILING_DELIVERIES)),
        ("recipients", table(&REFUSED_RECIPIENTS)),
        ("after_data", table(&REFUSED_AFTER_DATA)),
        ("senders", table(&REFUSED_SENDERS)),
    ]
}

fn table(rows: &[(&str, &str)]) -> String {
    rows.iter().map(|(address, action)| format!("/^{}$/ {action}\n", address.replace('.', "\\."))).collect()
}
