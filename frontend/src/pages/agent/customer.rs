//! The customer beside the conversation: who, and what was before (S100).

use super::{conversation::use_open, decisions::Decisions, header::ContactName};
use crate::{
    api::use_api,
    components::{Avatar, Button, Dot, Empty, Failed, Icon, IconButton, Skeleton, TimeAgo, Tint},
    i18n::{error_text, txt, use_i18n, word},
    live::store::use_live,
    routes,
    state::{
        effect::effect,
        load::{Load, Loader},
        session::use_session,
        toasts::use_toasts,
    },
};
use leptos::prelude::*;
use shared::{
    api::interactions::{InteractionQuery, InteractionState, InteractionSummary},
    live::LiveEvent,
    permission::Permission,
};

/// The pane at the right; a page of its own on narrow screens.
#[component]
pub fn CustomerPane() -> impl IntoView {
    let i18n = use_i18n();
    let open = use_open();
    let session = use_session();
    let name = Signal::derive(move || {
        open.contact
            .with(|contact| if contact.name.is_empty() { contact.address.clone() } else { contact.name.clone() })
    });
    view! {
        <aside class="customer" class:customer-open=open.customer id="customer" aria-label=txt!(i18n, inbox.customer)>
            <div class="customer-head">
                <Avatar name=name />
                <div class="customer-who">
                    <ContactName />
                    <a class="customer-address" href=move || format!("mailto:{}", open.contact.with(|c| c.address.clone()))>
                        {move || open.contact.with(|contact| contact.address.clone())}
                    </a>
                </div>
                <span class="customer-close">
                    <IconButton
                        small=true
                        glyph=icondata::LuX
                        label=txt!(i18n, common.close)
                        on:click=move |_| open.customer.set(false)
                    />
                </span>
            </div>
            <section class="customer-part" aria-label=txt!(i18n, inbox.customer_history)>
                <h2>{txt!(i18n, inbox.customer_history)}</h2>
                <PastInteractions />
            </section>
            {move || {
                session
                    .may(Permission::SupervisionRead)
                    .then(|| {
                        view! {
                            <section class="customer-part" aria-label=txt!(i18n, inbox.routing)>
                                <h2>{txt!(i18n, inbox.routing)}</h2>
                                <Decisions />
                            </section>
                        }
                    })
            }}
        </aside>
    }
}

#[component]
fn PastInteractions() -> impl IntoView {
    let i18n = use_i18n();
    let (api, open, live) = (use_api(), use_open(), use_live());
    let toasts = use_toasts();
    let contact = Memo::new(move |_| open.contact.with(|contact| contact.id));
    let past = Loader::new(
        move || contact.get(),
        move |contact| async move {
            let filter = InteractionQuery { contact_id: Some(contact), ..InteractionQuery::default() };
            api.list_interactions(&filter).await
        },
    );
    live.listen(move |event| {
        if let LiveEvent::InteractionChanged { interaction } = event
            && contact.try_get_untracked() == Some(interaction.contact_id)
        {
            past.reload();
        }
    });
    let shown = RwSignal::new(8_usize);
    // What comes after the page that is kept up to date: older rows, and where they go on. Outer nothing: as that page
    // says.
    let older = RwSignal::new(Vec::<InteractionSummary>::new());
    let next = RwSignal::new(None::<Option<String>>);
    let busy = RwSignal::new(false);
    effect(move || {
        contact.track();
        older.set(Vec::new());
        next.set(None);
    });
    let load_older = move |cursor: String| {
        busy.set(true);
        let of = contact.get_untracked();
        let filter = InteractionQuery { contact_id: Some(of), cursor: Some(cursor), ..InteractionQuery::default() };
        leptos::task::spawn_local(async move {
            let outcome = api.list_interactions(&filter).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(page) if contact.try_get_untracked() == Some(of) => {
                    let _ = shown.try_update(|shown| *shown += page.items.len());
                    let _ = older.try_update(|older| older.extend(page.items));
                    let _ = next.try_set(Some(page.next_cursor));
                }
                Ok(_) => {}
                Err(error) => toasts.bad(std::sync::Arc::new(move |locale| error_text(locale, &error))),
            }
        });
    };
    move || match past.get() {
        Load::Loading => view! { <Skeleton rows=3 shape="line" /> }.into_any(),
        Load::Failed(error) => view! { <Failed error=error on_retry=move |()| past.reload() /> }.into_any(),
        Load::Ready(page) => {
            let here = open.interaction.with(|row| row.id);
            let further = next.get().unwrap_or(page.next_cursor);
            let mut others: Vec<_> = page.items.into_iter().filter(|row| row.id != here).collect();
            older.with(|older| {
                for row in older {
                    // New ones push rows from the first page to where the older ones begin.
                    if row.id != here && !others.iter().any(|known| known.id == row.id) {
                        others.push(row.clone());
                    }
                }
            });
            if others.is_empty() {
                return view! { <Empty glyph=icondata::LuHistory title=txt!(i18n, inbox.customer_new) /> }.into_any();
            }
            let more = others.len() > shown.get();
            view! {
                <ul class="past">
                    {others.into_iter().take(shown.get()).map(|row| view! { <PastRow row=row /> }).collect_view()}
                </ul>
                {if more {
                    Some(
                        view! {
                            <Button small=true on:click=move |_| shown.update(|n| *n += 20)>
                                {txt!(i18n, common.load_more)}
                            </Button>
                        }
                            .into_any(),
                    )
                } else {
                    further
                        .map(|cursor| {
                            view! {
                                <Button small=true busy=busy on:click=move |_| load_older(cursor.clone())>
                                    {txt!(i18n, inbox.load_older)}
                                </Button>
                            }
                                .into_any()
                        })
                }}
            }
            .into_any()
        }
    }
}

#[component]
fn PastRow(row: InteractionSummary) -> impl IntoView {
    let i18n = use_i18n();
    let (tint, state) = match row.state {
        InteractionState::Waiting => (Tint::Warn, txt!(i18n, inbox.waiting)),
        InteractionState::Assigned => (Tint::Info, txt!(i18n, inbox.in_progress)),
        InteractionState::Snoozed => (Tint::Info, txt!(i18n, inbox.snoozed)),
        InteractionState::Finished => (Tint::Good, txt!(i18n, inbox.finished)),
    };
    let subject = row.subject.clone();
    view! {
        <li>
            <a class="past-row" href=routes::interaction(row.id)>
                <Dot tint=tint label=state />
                <span class="past-text">
                    <span class="past-subject">
                        {move || if subject.is_empty() { word!(i18n, inbox.no_subject) } else { subject.clone() }}
                    </span>
                    <span class="past-facts">{row.campaign_name} " · " <TimeAgo at=row.last_message_at /></span>
                </span>
                <Icon glyph=icondata::LuChevronRight />
            </a>
        </li>
    }
}
