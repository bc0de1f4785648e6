//! What is done with a template as a whole: a test to oneself, a copy, the end.

use super::{
    plain::{self, Choosing},
    templates::Host,
};
use crate::i18n::td_string;
use crate::{
    api::{
        ApiError,
        templates::TemplateRow,
        use_api,
        values::{list, number, text},
    },
    components::{Dialog, Look, Tint},
    i18n::{Locale, error_text, txt, use_i18n, word},
    live::store::use_live,
    routes,
    state::{
        confirm::{Question, use_confirm},
        forms::FormErrors,
        session::use_session,
        toasts::{say, use_toasts},
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::{
        conversations::Delivery,
        templates::{SendTemplateTest, TemplateRole},
    },
    ids::{CampaignId, MessageId, TemplateId},
    live::LiveEvent,
    validate::Rule,
};
use std::sync::Arc;

/// How many names of a copy are tried.
const COPIES: u32 = 20;

/// The buttons for the template as it is saved, and their dialogs.
pub fn actions(template: TemplateRow, host: Host) -> AnyView {
    let i18n = use_i18n();
    let (api, toasts, confirm, go) = (use_api(), use_toasts(), use_confirm(), routes::use_go());
    let id = template.id;
    let name = StoredValue::new(template.name.clone());
    let testing = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let uses = RwSignal::new(Value::Null);
    let used = RwSignal::new(false);
    let fail = move |error: ApiError| toasts.bad(Arc::new(move |locale| error_text(locale, &error)));

    let copy = move || {
        busy.set(true);
        leptos::task::spawn_local(async move {
            let own = name.get_value();
            for number in 1..=COPIES {
                let locale = i18n.get_locale_untracked();
                let mut wanted = td_string!(locale, templates.copy_name, name = own.as_str()).to_string();
                if number > 1 {
                    wanted = format!("{wanted} {number}");
                }
                match api.duplicate_template(id, &wanted).await {
                    Ok(copy) => {
                        toasts.good(say!(templates.copied));
                        // Asks, where the form holds what was not saved.
                        go.to(&routes::template(TemplateRow::of(&copy).id));
                        break;
                    }
                    Err(error) if number < COPIES && error.issues().iter().any(|i| i.rule == Rule::NotUnique) => {}
                    Err(error) => {
                        fail(error);
                        break;
                    }
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let delete = move || {
        leptos::task::spawn_local(async move {
            match api.delete_template(id).await {
                Ok(_) => {
                    toasts.good(say!(templates.deleted));
                    let _ = host.on_deleted.try_run(());
                }
                Err(error) => fail(error),
            }
        });
    };
    let ask = move || {
        leptos::task::spawn_local(async move {
            // As it is now: it may have come into use since it was opened.
            match api.get_template(id).await {
                Ok(now) if list(&now, "used_by").is_empty() => {
                    let name = text(&now, "name");
                    confirm.ask(Question {
                        title: say!(templates.delete_title, name = name.as_str()),
                        body: say!(templates.delete_body),
                        action: say!(common.delete),
                        danger: true,
                        on_yes: Arc::new(delete),
                    });
                }
                Ok(now) => {
                    let _ = uses.try_set(now);
                    let _ = used.try_set(true);
                }
                Err(error) => fail(error),
            }
        });
    };
    let own = template.campaign.map(|id| id.to_string()).unwrap_or_default();
    let uses_list = move || {
        let item = |one: &Value| {
            let role = role_word(i18n.get_locale(), text(one, "role").parse().unwrap_or(TemplateRole::MassMail));
            let campaign = number(one, "campaign_id");
            let href = (campaign != 0).then(|| routes::campaign(CampaignId(campaign)));
            view! { <li>{role} ": " <a href=href>{text(one, "name")}</a></li> }.into_any()
        };
        let list: Vec<_> = uses.with(|now| list(now, "used_by").iter().map(item).collect());
        view! {
            <p>{txt!(i18n, templates.used_body)}</p>
            <ul class="template-uses">{list}</ul>
        }
        .into_any()
    };
    let idle = Signal::stored(false);
    let tool = move |icon, word, busy, press| plain::button(Look::Plain, false, Some(icon), word, busy, press);
    let close = plain::act(move || used.set(false));
    let close = move || plain::button(Look::Primary, false, None, txt!(i18n, common.close), idle, close);
    let test = plain::act(move || testing.set(true));
    let send = txt!(i18n, templates.send_test);
    view! {
        {tool(icondata::LuSend, send, idle, test)}
        {tool(icondata::LuCopy, txt!(i18n, templates.duplicate), busy.into(), plain::act(copy))}
        <span class="admin-form-delete">
            {tool(icondata::LuTrash2, txt!(i18n, templates.delete), idle, plain::act(ask))}
        </span>
        <Dialog open=testing title=send>
            {send_test(id, own.clone(), host.campaigns)}
        </Dialog>
        {plain::dialog(used, txt!(i18n, templates.used_title), false, uses_list, close)}
    }
    .into_any()
}

fn role_word(locale: Locale, role: TemplateRole) -> &'static str {
    match role {
        TemplateRole::Signature => td_string!(locale, templates.role_signature),
        TemplateRole::Confirmation => td_string!(locale, templates.role_confirmation),
        TemplateRole::MassMail => td_string!(locale, templates.role_mass_mail),
    }
}

/// How far a test has come, in words.
fn stand(locale: Locale, delivery: Delivery) -> (Tint, &'static str) {
    match delivery {
        Delivery::Held | Delivery::Queued => (Tint::Info, td_string!(locale, inbox.delivery_queued)),
        Delivery::Sending => (Tint::Info, td_string!(locale, inbox.delivery_sending)),
        Delivery::Sent => (Tint::Good, td_string!(locale, inbox.delivery_sent)),
        Delivery::Failed => (Tint::Bad, td_string!(locale, inbox.delivery_failed)),
        Delivery::Bounced => (Tint::Bad, td_string!(locale, inbox.delivery_bounced)),
        Delivery::Cancelled => (Tint::Quiet, td_string!(locale, inbox.delivery_cancelled)),
    }
}

/// *Send a test to myself*, and what becomes of it; `own`: the template's own campaign, or nothing.
fn send_test(id: TemplateId, own: String, campaigns: plain::Options) -> AnyView {
    let i18n = use_i18n();
    let (api, live) = (use_api(), use_live());
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let login = use_session().me_untracked().map(|me| me.login).unwrap_or_default();
    let to = RwSignal::new(if shared::validate::looks_like_address(&login) { login } else { String::new() });
    let limited = !own.is_empty();
    let campaign = RwSignal::new(own);
    let sent = RwSignal::new(None::<(MessageId, Delivery, String)>);
    live.listen(move |event| {
        if let LiveEvent::DeliveryChanged { message_id, delivery, last_reply, .. } = event {
            sent.update(|sent| {
                if let Some(sent) = sent.as_mut().filter(|sent| sent.0 == *message_id) {
                    sent.1 = *delivery;
                    sent.2 = last_reply.clone().unwrap_or_default();
                }
            });
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        // The form around it is another one.
        event.stop_propagation();
        let wanted = SendTemplateTest {
            campaign_id: campaign.with_untracked(|id| id.parse().ok()),
            to: Some(to.with_untracked(|to| to.trim().to_string())),
            number: None,
        };
        failure.set(None);
        if !errors.judge(&wanted) {
            return;
        }
        busy.set(true);
        sent.set(None);
        leptos::task::spawn_local(async move {
            match api.send_template_test(id, &wanted).await {
                Ok(answer) => {
                    let mail = MessageId(number(&answer, "message_id"));
                    let _ = sent.try_set(Some((mail, Delivery::Queued, String::new())));
                    // It may have left before we knew its number.
                    if let Ok(mail) = api.get_message(mail).await
                        && let Some(delivery) = mail.delivery
                    {
                        let _ = sent.try_update(|sent| {
                            if let Some(sent) = sent.as_mut().filter(|sent| sent.1 == Delivery::Queued) {
                                sent.1 = delivery;
                                sent.2 = mail.last_reply.unwrap_or_default();
                            }
                        });
                    }
                }
                Err(error) => {
                    errors.adopt(&error);
                    let _ = failure.try_set(Some(error));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let places = plain::options(move || {
        let mut list = vec![(String::new(), word!(i18n, templates.campaign_choose))];
        list.extend(campaigns.get());
        list
    });
    let from = (!limited).then(|| {
        let label = txt!(i18n, templates.send_test_campaign);
        plain::choice(errors, label, "campaign_id", campaign, places, None, Choosing::default())
    });
    let outcome = plain::again(move || {
        let locale = i18n.get_locale();
        let (tint, text, words) = match (failure.get(), sent.get()) {
            (Some(error), _) => (Tint::Bad, error_text(locale, &error), String::new()),
            (None, Some((_, delivery, words))) => {
                let (tint, text) = stand(locale, delivery);
                (tint, text.to_string(), words)
            }
            (None, None) => return ().into_any(),
        };
        plain::banner(tint, Signal::stored(text), words, None)
    });
    view! {
        <form on:submit=submit novalidate>
            <div class="dialog-body">
                <p class="help">{txt!(i18n, templates.send_test_help)}</p>
                {from}
                {plain::line(errors, txt!(i18n, editor.to), "to", to, None, false)}
                {outcome}
            </div>
            <footer class="dialog-foot">{plain::send(txt!(i18n, editor.send), busy)}</footer>
        </form>
    }
    .into_any()
}
