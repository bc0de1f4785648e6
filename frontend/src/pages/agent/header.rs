//! On top of a conversation: campaign, customer, name, subject, how long it takes (S100).

use super::conversation::use_open;
use crate::state::effect::effect;
use crate::{
    api::use_api,
    components::{Badge, Icon, IconButton, Timer, Tint},
    i18n::{error_text, txt, use_i18n, word},
    routes::{INBOX, use_go},
    state::toasts::use_toasts,
};
use leptos::{html, prelude::*};
use shared::api::{contacts::UpdateContact, interactions::InteractionState};
use web_sys::KeyboardEvent;

/// The header.
#[component]
pub fn Header() -> impl IntoView {
    let i18n = use_i18n();
    let open = use_open();
    let go = use_go();
    let state = Memo::new(move |_| open.interaction.with(|row| row.state));
    let since = Memo::new(move |_| open.interaction.with(|row| row.assigned_at.unwrap_or(row.arrived_at)));
    view! {
        <header class="conversation-head">
            <span class="conversation-back">
                <IconButton
                    glyph=icondata::LuArrowLeft
                    label=txt!(i18n, common.back)
                    on:click=move |_| go.to(&format!("{INBOX}{}", untrack(|| go.search())))
                />
            </span>
            <div class="conversation-title">
                <h1>
                    {move || {
                        open.interaction
                            .with(|row| {
                                if row.subject.is_empty() { word!(i18n, inbox.no_subject) } else { row.subject.clone() }
                            })
                    }}
                </h1>
                <p class="conversation-facts">
                    <Badge tint=Tint::Info>{move || open.interaction.with(|row| row.campaign_name.clone())}</Badge>
                    <span class="conversation-address">{move || open.contact.with(|contact| contact.address.clone())}</span>
                    <ContactName />
                    <super::timeline::TagLine />
                </p>
            </div>
            {move || match state.get() {
                InteractionState::Assigned => {
                    view! {
                        <span class="conversation-timer" data-tip=txt!(i18n, inbox.handling_time)>
                            <Icon glyph=icondata::LuClock />
                            <Timer since=since />
                        </span>
                    }
                        .into_any()
                }
                InteractionState::Snoozed => {
                    view! { <Badge tint=Tint::Info>{txt!(i18n, inbox.snoozed)}</Badge> }.into_any()
                }
                InteractionState::Finished => {
                    view! { <Badge tint=Tint::Good>{txt!(i18n, inbox.finished)}</Badge> }.into_any()
                }
                InteractionState::Waiting => {
                    view! { <Badge tint=Tint::Warn>{txt!(i18n, inbox.waiting)}</Badge> }.into_any()
                }
            }}
            <span class="conversation-customer">
                <IconButton
                    glyph=icondata::LuUser
                    label=txt!(i18n, inbox.customer)
                    pressed=MaybeProp::derive(move || Some(open.customer.get()))
                    attr:aria-controls="customer"
                    on:click=move |_| open.customer.update(|shown| *shown = !*shown)
                />
            </span>
        </header>
    }
}

/// The customer's name, editable where it stands.
#[component]
pub fn ContactName() -> impl IntoView {
    let i18n = use_i18n();
    let (open, api, toasts) = (use_open(), use_api(), use_toasts());
    let editing = RwSignal::new(false);
    let typed = RwSignal::new(String::new());
    let input = NodeRef::<html::Input>::new();
    let begin = move |_| {
        typed.set(open.contact.with_untracked(|contact| contact.name.clone()));
        editing.set(true);
    };
    effect(move || {
        if let Some(input) = input.get() {
            // Once the name is in it.
            request_animation_frame(move || {
                let _ = input.focus();
                input.select();
            });
        }
    });
    let save = move || {
        // The field is also left by being taken out of the page.
        if editing.try_get_untracked() != Some(true) {
            return;
        }
        editing.set(false);
        let before = open.contact.get_untracked();
        let name = typed.get_untracked().trim().to_string();
        if name == before.name {
            return;
        }
        // Shown at once; back again if the server says no.
        open.contact.update(|contact| contact.name.clone_from(&name));
        leptos::task::spawn_local(async move {
            match api.update_contact(before.id, before.version, &UpdateContact { name }).await {
                Ok(contact) => {
                    let _ = open.contact.try_set(contact);
                }
                Err(error) => {
                    let _ = open.contact.try_set(before);
                    let failure = std::sync::Arc::new(move |locale| error_text(locale, &error));
                    toasts.bad(failure);
                }
            }
        });
    };
    let on_keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            save();
        }
        "Escape" => {
            event.stop_propagation();
            editing.set(false);
        }
        _ => {}
    };
    view! {
        <span class="contact-name">
            {move || {
                if editing.get() {
                    view! {
                        <input
                            class="input contact-name-input"
                            type="text"
                            maxlength="120"
                            node_ref=input
                            aria-label=txt!(i18n, inbox.contact_name)
                            prop:value=typed
                            on:input=move |event| typed.set(event_target_value(&event))
                            on:keydown=on_keydown
                            on:blur=move |_| save()
                        />
                    }
                        .into_any()
                } else {
                    view! {
                        <span>
                            {move || {
                                open.contact
                                    .with(|contact| {
                                        if contact.name.is_empty() { word!(i18n, inbox.no_name) } else { contact.name.clone() }
                                    })
                            }}
                        </span>
                        <IconButton
                            small=true
                            glyph=icondata::LuPencil
                            label=txt!(i18n, inbox.edit_name)
                            on:click=begin
                        />
                    }
                        .into_any()
                }
            }}
        </span>
    }
}
