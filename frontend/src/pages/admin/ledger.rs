//! What operators see of a campaign's mailboxes: where every mail went, and what could not be read.

use super::campaign_list::health;
use crate::{
    api::use_api,
    components::{Dot, Empty, Failed, Icon, Skeleton, TimeAgo},
    format::intl,
    i18n::{txt, use_i18n},
    state::{
        load::{Load, Loader},
        session::use_session,
    },
};
use leptos::prelude::*;
use shared::{
    api::{
        campaigns::CampaignView,
        operations::{MailboxLedger, QuarantineView},
    },
    permission::Permission,
};

/// Health, ledger and quarantine of a campaign.
#[component]
pub fn Ledger(
    /// The campaign.
    campaign: CampaignView,
) -> impl IntoView {
    let i18n = use_i18n();
    let session = use_session();
    let state = campaign.account.health;
    let id = campaign.id;
    let error = campaign.account.last_error.clone();
    let error_at = campaign.account.last_error_at;
    let receives = campaign.receive;
    let may = session.may_now(Permission::OperationsRead);
    view! {
        <section class="ledger" aria-label=txt!(i18n, campaigns.mailbox)>
            <h2>{txt!(i18n, campaigns.mailbox)}</h2>
            <p class="ledger-health">
                <Dot tint=Signal::derive(move || health(i18n, state).0) />
                <span>{move || health(i18n, state).1}</span>
                {campaign
                    .account
                    .last_fetch_at
                    .map(|at| view! { <span class="help">{txt!(i18n, campaigns.last_fetch)} " " <TimeAgo at=at /></span> })}
            </p>
            {error
                .map(|error| {
                    view! {
                        <p class="ledger-error">
                            <span class="words">{error}</span>
                            {error_at.map(|at| view! { " " <TimeAgo at=at /> })}
                        </p>
                    }
                })}
            {(may && receives).then(|| view! { <Mailboxes id=id /> <Quarantine id=id /> })}
        </section>
    }
}

#[component]
fn Mailboxes(id: shared::ids::CampaignId) -> impl IntoView {
    let api = use_api();
    let boxes = Loader::new(move || id, move |id| api.list_mailboxes(id));
    move || match boxes.get() {
        Load::Loading => view! { <Skeleton rows=1 shape="line" /> }.into_any(),
        Load::Failed(error) => view! { <Failed error=error on_retry=move |()| boxes.reload() /> }.into_any(),
        Load::Ready(page) if page.items.is_empty() => ().into_any(),
        Load::Ready(page) => view! { <LedgerTable rows=page.items /> }.into_any(),
    }
}

#[component]
fn LedgerTable(rows: Vec<MailboxLedger>) -> impl IntoView {
    let i18n = use_i18n();
    let number = move |value: i64| move || intl::number(i18n.get_locale(), value);
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=txt!(i18n, campaigns.mailbox)>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{txt!(i18n, campaigns.ledger_folder)}</th>
                        <th scope="col">{txt!(i18n, campaigns.ledger_stored)}</th>
                        <th scope="col">{txt!(i18n, campaigns.ledger_history)}</th>
                        <th scope="col">{txt!(i18n, campaigns.ledger_quarantined)}</th>
                        <th scope="col">{txt!(i18n, campaigns.ledger_duplicates)}</th>
                        <th scope="col">{txt!(i18n, campaigns.ledger_expunged)}</th>
                        <th scope="col">{txt!(i18n, campaigns.ledger_uid)}</th>
                    </tr>
                </thead>
                <tbody>
                    {rows
                        .into_iter()
                        .map(|row| {
                            view! {
                                <tr>
                                    <th scope="row">{row.folder}</th>
                                    <td>{number(row.stored)}</td>
                                    <td>{number(row.history)}</td>
                                    <td>{number(row.quarantined)}</td>
                                    <td>{number(row.duplicates)}</td>
                                    <td>{number(row.expunged)}</td>
                                    <td>{number(row.last_uid)}</td>
                                </tr>
                            }
                        })
                        .collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Quarantine(id: shared::ids::CampaignId) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let list = Loader::new(move || id, move |id| api.list_quarantine(id));
    view! {
        <h2>{txt!(i18n, campaigns.quarantine)}</h2>
        {move || match list.get() {
            Load::Loading => view! { <Skeleton rows=1 shape="line" /> }.into_any(),
            Load::Failed(error) => view! { <Failed error=error on_retry=move |()| list.reload() /> }.into_any(),
            Load::Ready(page) if page.items.is_empty() => {
                view! { <Empty glyph=icondata::LuCheckCheck title=txt!(i18n, campaigns.quarantine_empty) /> }.into_any()
            }
            Load::Ready(page) => {
                view! {
                    <ul class="quarantine">
                        {page.items.into_iter().map(|entry| view! { <QuarantineRow entry=entry /> }).collect_view()}
                    </ul>
                }
                    .into_any()
            }
        }}
    }
}

#[component]
fn QuarantineRow(entry: QuarantineView) -> impl IntoView {
    let i18n = use_i18n();
    let size = entry.size;
    view! {
        <li>
            <span class="words">{entry.reason}</span>
            <span class="help">
                {entry.folder} " · UID " {entry.uid} " · " {move || intl::file_size(i18n.get_locale(), size)} " · "
                <TimeAgo at=entry.created_at />
            </span>
            {entry
                .source_url
                .map(|url| {
                    view! {
                        <a
                            class="icon-button icon-button-small"
                            href=url
                            download=""
                            rel="external"
                            aria-label=txt!(i18n, inbox.source)
                            data-tip=txt!(i18n, inbox.source)
                        >
                            <Icon glyph=icondata::LuDownload />
                        </a>
                    }
                })}
        </li>
    }
}
