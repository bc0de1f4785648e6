//! The first administrator (S2b): no default password, but a one-time link that the server prints while there is no
//! user.

use super::{
    queries::{self, Purpose},
    rows::{NewUser, UserRow},
    service::{Browser, Service, SignedIn},
    session::token_hash,
};
use crate::kernel::{
    Error, Result, audit,
    db::{Connection, settings},
    fold::fold,
    secrets::random_token,
};
use serde_json::json;
use shared::{
    api::access::{Language, SetupRequest, SetupState, Theme, new_password},
    error::ErrorCode,
    ids::UserId,
    permission::Role,
    time::Timestamp,
    validate::{Issues, Rule},
};
use std::time::Duration;

/// How long a set-up link is good for; the next start makes a new one.
const LINK_LIFE: Duration = Duration::from_secs(7 * 86_400);

impl Service {
    /// A fresh set-up token, if there is no user yet; the ones before are void. Called at each start.
    ///
    /// # Errors
    /// The database's.
    pub async fn renew_setup_token(&self) -> Result<Option<String>> {
        let now = self.core.now();
        let token = random_token();
        let hash = token_hash(&token);
        let needed = self
            .core
            .db
            .write(move |conn| {
                queries::drop_one_time_tokens(conn, Purpose::Setup)?;
                let needed = !queries::any_user(conn)?;
                if needed {
                    queries::insert_one_time_token(conn, &hash, Purpose::Setup, None, now.plus(LINK_LIFE))?;
                }
                Ok(needed)
            })
            .await?;
        Ok(needed.then_some(token))
    }

    /// Whether the first administrator is still to be made.
    pub(super) async fn setup_state(&self) -> Result<SetupState> {
        let any = self.core.db.read(|conn| Ok(queries::any_user(conn)?)).await?;
        Ok(SetupState { needs_setup: !any })
    }

    /// Makes the first administrator and signs him in. Of two at once, one wins.
    pub(super) async fn set_up(&self, request: SetupRequest, browser: Browser) -> Result<SignedIn> {
        let now = self.core.now();
        let hash = token_hash(&request.token);
        let asked = hash.clone();
        // Judged first so that strangers cannot make the server hash passwords; decided below.
        self.core.db.read(move |conn| check(conn, &asked, now)).await?;
        let password_hash = self.passwords.hash(request.password).await?;
        let require_voice = request.require_voice_campaign;
        let new = administrator(&request.login, &request.name, password_hash, request.language, now);
        let service = self.clone();
        self.core
            .db
            .write(move |conn| {
                check(conn, &hash, now)?;
                if !queries::spend_one_time_token(conn, &hash, Purpose::Setup)? {
                    return Err(ErrorCode::AlreadySetUp.into());
                }
                let user = make(conn, &new)?;
                let id = user.id;
                if require_voice {
                    settings::switch(conn, settings::REQUIRE_VOICE_CAMPAIGN, true)?;
                }
                let signed_in = service.open_session(conn, now, user, &browser)?;
                record(conn, now, id, "set_up")?;
                Ok(signed_in)
            })
            .await
    }

    /// Makes a further administrator from the command line, for installations without a page or without a way in.
    ///
    /// # Errors
    /// `invalid`: the name or the password breaks its rules, or the name is taken.
    pub async fn create_administrator(&self, login: &str, name: &str, password: String) -> Result<UserId> {
        let mut issues = Issues::default();
        issues.name("login", login, 80);
        issues.name("name", name, 120);
        new_password(&mut issues, "password", &password, login);
        issues.into_result().map_err(Error::invalid)?;
        let now = self.core.now();
        let password_hash = self.passwords.hash(password).await?;
        let new = administrator(login, name, password_hash, Language::Es, now);
        self.core
            .db
            .write(move |conn| {
                let id = make(conn, &new)?.id;
                queries::drop_one_time_tokens(conn, Purpose::Setup)?;
                record(conn, now, id, "create_administrator")?;
                Ok(id)
            })
            .await
    }
}

fn check(conn: &mut Connection, hash: &[u8], now: Timestamp) -> Result<()> {
    if queries::any_user(conn)? {
        return Err(ErrorCode::AlreadySetUp.into());
    }
    match queries::one_time_token(conn, hash, Purpose::Setup, now)? {
        Some(_) => Ok(()),
        None => Err(ErrorCode::LinkExpired.into()),
    }
}

fn administrator(login: &str, name: &str, password_hash: String, language: Language, now: Timestamp) -> NewUser {
    NewUser {
        login: login.to_owned(),
        login_folded: fold(login),
        name: name.to_owned(),
        role: Role::Administrator,
        password_hash,
        must_change_password: false,
        enabled: true,
        language,
        theme: Theme::System,
        single_key_shortcuts: true,
        undo_send_seconds: 10,
        created_at: now,
        screen_monitoring: false,
        version: 1,
    }
}

/// Stores a user; a name that is taken is a field error.
pub(super) fn make(conn: &mut Connection, new: &NewUser) -> Result<UserRow> {
    let id = queries::insert_user(conn, new).map_err(|error| {
        let error = Error::from(error);
        if error.is_unique_violation() {
            Error::field("login", Rule::NotUnique, "is taken by another user")
        } else {
            error
        }
    })?;
    queries::user(conn, id)?.ok_or_else(|| Error::Internal("a user vanished within a transaction".into()))
}

fn record(conn: &mut Connection, now: Timestamp, id: UserId, verb: &str) -> Result<()> {
    let action = format!("access.{verb}");
    let entry = audit::Entry {
        actor: (verb == "set_up").then_some(id),
        action: &action,
        object: "user",
        object_id: Some(id.0),
        detail: json!({}),
    };
    Ok(audit::record(conn, now, &entry)?)
}
