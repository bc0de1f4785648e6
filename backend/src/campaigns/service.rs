//! The use cases of campaigns: list, save, switch, test. Logins are tried before a transaction is opened and never
//! within one.

pub mod deletion;
mod members;
pub mod oauth;
mod secret;
mod signature;
mod trying;
mod voice;

use self::deletion::{Settlement, Settles};
use super::{
    MailServers,
    changes::changes,
    form::judge,
    holidays,
    queries::{self, ListKey},
    rows::{AccountRow, CampaignRow},
    trial::try_logins,
    verdict::verdict,
};
use crate::kernel::{
    Core, Error, Result,
    audit::{self, Entry},
    db::Connection,
    events::{self, Audience},
    http::{cursor, extract::IfMatch, idempotency::Once},
};
use crate::mail::{account::Credential, address::fold, oauth::Tokens};
use secret::store_secret;
use serde_json::json;
use shared::{
    api::{
        campaigns::{AccountInput, CampaignInput, CampaignOverview, CampaignSummary, CampaignView, OutgoingChoice},
        schedules::HolidayCalendar,
    },
    error::ErrorCode,
    ids::{CampaignId, UserId},
    live::LiveEvent,
    page::{Page, PageQuery},
    permission::{CampaignScope, Permission},
    time::Timestamp,
    validate::Rule,
};
use std::sync::Arc;

/// Who asks, and what he may see.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Who.
    pub user: UserId,
    /// Campaigns that he sees.
    pub scope: CampaignScope,
}

impl Asker {
    /// Foreign campaigns are not there for him.
    fn sees(&self, campaign: CampaignId) -> Result<()> {
        if self.scope.holds(campaign) { Ok(()) } else { Err(ErrorCode::NotFound.into()) }
    }
}

/// Campaigns and their members.
#[derive(Clone)]
pub struct Service {
    core: Core,
    servers: MailServers,
    settlers: Arc<[Arc<dyn Settles>]>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl Service {
    /// The room's use cases. `settlers`: the rooms above that keep open things of campaigns.
    ///
    /// # Errors
    /// A setting of section `mail` is faulty; says which.
    pub fn new(core: Core, settlers: Vec<Arc<dyn Settles>>) -> Result<Self> {
        let servers = MailServers::new(&core.settings)?;
        Ok(Self { core, servers, settlers: settlers.into() })
    }

    /// What connections to mail servers have in common, for [`super::account::open`].
    #[must_use]
    pub fn servers(&self) -> &MailServers {
        &self.servers
    }

    /// The campaigns that the caller sees, by name.
    ///
    /// # Errors
    /// `bad_cursor`, a limit out of range; the database's.
    pub async fn list(&self, asker: Asker, page: PageQuery) -> Result<Page<CampaignView>> {
        let now = self.core.now();
        let limit = cursor::limit(page.limit)?;
        let after: Option<ListKey> = cursor::read(page.cursor.as_deref())?;
        self.core
            .db
            .read(move |conn| {
                let rows = queries::list(conn, &asker.scope, after.clone(), limit.saturating_add(1), now)?;
                Ok(without_keys(cursor::page(rows, limit, |(key, _)| key.clone())))
            })
            .await
    }

    /// The campaigns that the caller sees, as a list shows them, by name.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn overview(&self, asker: Asker, page: PageQuery) -> Result<Page<CampaignOverview>> {
        let limit = cursor::limit(page.limit)?;
        let after: Option<ListKey> = cursor::read(page.cursor.as_deref())?;
        self.core
            .db
            .read(move |conn| {
                let rows = queries::overview(conn, &asker.scope, after.clone(), limit.saturating_add(1))?;
                Ok(without_keys(cursor::page(rows, limit, |(key, _)| key.clone())))
            })
            .await
    }

    /// The enabled campaigns in which the caller is a member, by name.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn list_mine(&self, asker: Asker, page: PageQuery) -> Result<Page<CampaignSummary>> {
        let limit = cursor::limit(page.limit)?;
        let after: Option<ListKey> = cursor::read(page.cursor.as_deref())?;
        self.core
            .db
            .read(move |conn| {
                let most = limit.saturating_add(1);
                let rows = queries::list_of_member(conn, asker.user, &asker.scope, after.clone(), most)?;
                Ok(without_keys(cursor::page(rows, limit, |(key, _)| key.clone())))
            })
            .await
    }

    /// One campaign.
    ///
    /// # Errors
    /// `not_found`; the database's.
    pub async fn get(&self, asker: Asker, id: CampaignId) -> Result<CampaignView> {
        asker.sees(id)?;
        let now = self.core.now();
        self.core.db.read(move |conn| Ok(queries::view(conn, id, now)?)).await
    }

    /// Creates a campaign once its logins were accepted (S10), or, with `save_disabled`, untried and switched off.
    /// With `once`, a repeated request gets the first answer.
    ///
    /// # Errors
    /// `invalid`, `mail_login_refused`, `mail_server_unreachable`; nothing is stored then. The database's.
    pub async fn create(
        &self,
        actor: UserId,
        mut input: CampaignInput,
        save_disabled: bool,
        once: Option<Once>,
    ) -> Result<CampaignView> {
        if save_disabled {
            input.enabled = false;
        }
        let (known, form) = (once.clone(), input.clone());
        let public_url = self.core.settings.server.public_url.clone();
        let answered = self.core.db.read(move |conn| {
            if let Some(once) = &known
                && let Some(answer) = once.answered(conn)?
            {
                return Ok(Some(answer));
            }
            judge(conn, &form, None, &public_url)?;
            Ok(None)
        });
        if let Some(answer) = answered.await? {
            return Ok(answer);
        }
        let tokens = self.new_tokens(actor, &input.account).await?;
        if !save_disabled {
            let secret = match &tokens {
                Some(tokens) => Credential::OAuthToken(tokens.access.clone()),
                None => Credential::Password(input.account.password.clone().unwrap_or_default().into()),
            };
            self.must_log_in(&input.account, input.receive, &secret).await?;
        }
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                let now = core.now();
                let store =
                    |conn: &mut Connection| create(conn, &core, actor, &input, tokens.as_ref(), save_disabled, now);
                match &once {
                    Some(once) => once.run(conn, now, store),
                    None => store(conn),
                }
            })
            .await
    }

    /// Replaces a campaign once its logins were accepted, or, with `save_disabled`, untried and switched off. An empty
    /// password keeps the stored one.
    ///
    /// # Errors
    /// `not_found`, `version_mismatch`, and as [`Self::create`].
    pub async fn update(
        &self,
        asker: Asker,
        id: CampaignId,
        if_match: IfMatch,
        mut input: CampaignInput,
        save_disabled: bool,
        outgoing: Option<OutgoingChoice>,
    ) -> Result<CampaignView> {
        asker.sees(id)?;
        if save_disabled {
            input.enabled = false;
        }
        // Empty means "as it is" from here on.
        input.account.password = input.account.password.filter(|password| !password.is_empty());
        let form = input.clone();
        let public_url = self.core.settings.server.public_url.clone();
        let row = self.core.db.read(move |conn| {
            if_match.check(queries::campaign(conn, id)?.version)?;
            judge(conn, &form, Some(id), &public_url)?;
            Ok(queries::account_of(conn, id)?)
        });
        let row = row.await?;
        let tokens = self.new_tokens(asker.user, &input.account).await?;
        let secret = self.secret_of(row, &input.account, tokens.as_ref(), !save_disabled).await?;
        if !save_disabled {
            self.must_log_in(&input.account, input.receive, &secret).await?;
        }
        let settlers = Arc::clone(&self.settlers);
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                crate::templates::lock(conn)?;
                let now = core.now();
                let before = queries::view(conn, id, now)?;
                if_match.check(before.version)?;
                judge(conn, &input, Some(id), &core.settings.server.public_url)?;
                let discards = input.enabled && !before.enabled && must_discard(before.outgoing, outgoing)?;
                queries::update(conn, id, &input)?;
                let replaced = store_secret(conn, &core.keys, before.account.id, &input.account, tokens.as_ref(), now)?;
                let after = queries::view(conn, id, now)?;
                let detail = json!({
                    "name": after.name,
                    "changed": changes(&json!(before), &json!(after)),
                    "password_replaced": replaced,
                    "login_tried": !save_disabled,
                });
                note(conn, now, asker.user, "campaigns.update", id, detail)?;
                discard(conn, &settlers, discards, id, asker.user, now)?;
                tell(conn, now, id, &[])?;
                Ok(queries::view(conn, id, now)?)
            })
            .await
    }

    /// Switches a campaign on, once its logins were accepted, or off (S17). Switching on what is on already tries the
    /// logins again and sets a stopped account going. Mail that could not leave meanwhile leaves or is given up, as
    /// `outgoing` says.
    ///
    /// # Errors
    /// `not_found`; `conflict`: another enabled campaign receives mail at the address; `open_work`: mail waits, and
    /// `outgoing` does not say what becomes of it; the logins' as [`Self::create`]; the database's.
    pub async fn switch(
        &self,
        asker: Asker,
        id: CampaignId,
        on: bool,
        outgoing: Option<OutgoingChoice>,
    ) -> Result<CampaignView> {
        asker.sees(id)?;
        if on {
            let (row, receive) = self
                .core
                .db
                .read(move |conn| {
                    let campaign = queries::campaign(conn, id)?;
                    let row = queries::account_of(conn, id)?;
                    must_be_alone(conn, &campaign, &row)?;
                    if !campaign.enabled {
                        must_discard(queries::open_work(conn, id)?.outgoing, outgoing)?;
                    }
                    Ok((row, campaign.receive))
                })
                .await?;
            let account = row.as_input();
            let secret = self.secret_of(row, &account, None, true).await?;
            self.must_log_in(&account, receive, &secret).await?;
        }
        let settlers = Arc::clone(&self.settlers);
        let core = self.core.clone();
        self.core
            .db
            .write(move |conn| {
                queries::lock_campaigns(conn)?;
                let campaign = queries::campaign(conn, id)?;
                let mut discards = false;
                if on {
                    let row = queries::account_of(conn, id)?;
                    must_be_alone(conn, &campaign, &row)?;
                    let waits = queries::open_work(conn, id)?.outgoing;
                    discards = !campaign.enabled && must_discard(waits, outgoing)?;
                }
                queries::switch(conn, &campaign, on)?;
                let now = core.now();
                let action = if on { "campaigns.enable" } else { "campaigns.disable" };
                let detail = json!({"name": campaign.name, "outgoing_discarded": discards});
                note(conn, now, asker.user, action, id, detail)?;
                discard(conn, &settlers, discards, id, asker.user, now)?;
                tell(conn, now, id, &[])?;
                Ok(queries::view(conn, id, now)?)
            })
            .await
    }

    /// Reads the holidays of a calendar file.
    ///
    /// # Errors
    /// `invalid`: it is no calendar.
    pub async fn read_holidays(&self, calendar: String) -> Result<HolidayCalendar> {
        let now = jiff::Timestamp::from_millisecond(self.core.now().millis())
            .map_err(|error| Error::Internal(error.to_string()))?;
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let read = tokio::task::spawn_blocking(move || holidays::read(&calendar, today))
            .await
            .map_err(|error| Error::Internal(error.to_string()))?;
        read.map_err(|words| Error::field("calendar", Rule::NotACalendar, format!("cannot be read: {words}")))
    }

    async fn must_log_in(&self, account: &AccountInput, receive: bool, secret: &Credential) -> Result<()> {
        verdict(&try_logins(&self.servers, account, receive, secret).await, account)
    }
}

fn create(
    conn: &mut Connection,
    core: &Core,
    actor: UserId,
    input: &CampaignInput,
    tokens: Option<&Tokens>,
    save_disabled: bool,
    now: Timestamp,
) -> Result<CampaignView> {
    queries::lock_campaigns(conn)?;
    crate::templates::lock(conn)?;
    judge(conn, input, None, &core.settings.server.public_url)?;
    let (id, account) = queries::insert(conn, input, now)?;
    store_secret(conn, &core.keys, account, &input.account, tokens, now)?;
    let view = queries::view(conn, id, now)?;
    let detail = json!({
        "name": view.name,
        "address": view.account.address,
        "enabled": view.enabled,
        "login_tried": !save_disabled,
    });
    note(conn, now, actor, "campaigns.create", id, detail)?;
    tell(conn, now, id, &[])?;
    Ok(view)
}

/// Whether mail that waits in a campaign that is off is given up when it is switched on.
fn must_discard(waits: u32, choice: Option<OutgoingChoice>) -> Result<bool> {
    match choice {
        Some(choice) => Ok(choice == OutgoingChoice::Discard),
        None if waits == 0 => Ok(false),
        None => {
            let words = format!("{waits} mails have waited while the campaign was off");
            Err(Error::detailed(ErrorCode::OpenWork, words))
        }
    }
}

/// Gives up what waits, before the worker can take it.
fn discard(
    conn: &mut Connection,
    settlers: &[Arc<dyn Settles>],
    wanted: bool,
    campaign: CampaignId,
    by: UserId,
    now: Timestamp,
) -> Result<()> {
    if !wanted {
        return Ok(());
    }
    let order = Settlement { campaign, interactions: None, discard_outgoing: true, by, now };
    for room in settlers {
        room.settle(conn, &order, i64::MAX)?;
    }
    Ok(())
}

/// Two campaigns that fetch from one address would take each other's mail; one that writes by another's address would
/// get no answers.
fn must_be_alone(conn: &mut Connection, campaign: &CampaignRow, account: &AccountRow) -> Result<()> {
    let read = queries::addresses_read(conn, Some(campaign.id))?;
    let own = fold(&account.address);
    let words = if campaign.receive && read.contains(&own) {
        "another enabled campaign receives mail at this address"
    } else if campaign.receive && queries::aliases_read(conn, Some(campaign.id))?.contains(&own) {
        "the address is an alias of another enabled campaign"
    } else if account.aliases.0.iter().any(|alias| read.contains(&fold(alias))) {
        "another enabled campaign receives mail at one of its aliases"
    } else {
        return Ok(());
    };
    Err(Error::detailed(ErrorCode::Conflict, words))
}

fn note(
    conn: &mut Connection,
    now: Timestamp,
    actor: UserId,
    action: &str,
    campaign: CampaignId,
    detail: serde_json::Value,
) -> Result<()> {
    let entry = Entry { actor: Some(actor), action, object: "campaign", object_id: Some(campaign.0), detail };
    Ok(audit::record(conn, now, &entry)?)
}

/// Tells members, `former` ones, and whoever reads campaigns.
fn tell(conn: &mut Connection, now: Timestamp, campaign: CampaignId, former: &[UserId]) -> Result<()> {
    let mut users = queries::member_ids(conn, campaign)?;
    users.extend_from_slice(former);
    let audience = Audience { users, permission: Permission::CampaignsRead, campaign: Some(campaign) };
    Ok(events::append(conn, now, &audience, &LiveEvent::CampaignChanged { campaign_id: campaign })?)
}

fn without_keys<K, T>(page: Page<(K, T)>) -> Page<T> {
    Page { items: page.items.into_iter().map(|(_, item)| item).collect(), next_cursor: page.next_cursor }
}
