//! Fake mail servers that take one login, and forms that name them.

use posta_e2e::fake::{FakeImap, FakeSmtp};
use serde_json::{Value, json};

/// The password that the servers take. It must turn up nowhere.
pub const PASSWORD: &str = "Zanahoria-7-secreta";
/// The login that they take.
pub const LOGIN: &str = "soporte@lab.test";

/// An SMTP and an IMAP server on loopback, unprotected.
pub struct Servers {
    pub smtp: FakeSmtp,
    pub imap: FakeImap,
}

impl Servers {
    pub fn start() -> Self {
        Self {
            smtp: FakeSmtp::builder().login(LOGIN, PASSWORD).start().unwrap(),
            imap: FakeImap::builder().login(LOGIN, PASSWORD).start().unwrap(),
        }
    }

    /// A form that these servers take.
    pub fn form(&self, name: &str) -> Value {
        json!({
            "name": name,
            "max_interactions": 3,
            "account": {
                "address": LOGIN,
                "password": PASSWORD,
                "smtp": {"host": "127.0.0.1", "port": self.smtp.port(), "security": "none"},
                "imap": {"host": "127.0.0.1", "port": self.imap.port(), "security": "none"},
            },
        })
    }

    /// A form of a campaign with an address of its own that only sends.
    pub fn sender(&self, name: &str) -> Value {
        let mut form = self.form(name);
        form["receive"] = json!(false);
        form["account"].as_object_mut().unwrap().remove("imap");
        form
    }

    /// Connections that both have seen.
    pub fn connections(&self) -> u64 {
        self.smtp.counts().connections + self.imap.counts().connections
    }
}

/// The form with the value at `pointer` replaced.
pub fn with(mut form: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    form.pointer_mut(parent).unwrap()[name] = value.into();
    form
}

/// A loopback port on which nobody listens.
pub fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
