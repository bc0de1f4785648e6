//! The form of a template: what it is for, what it says, its versions; errors beside their fields (S35–S38).

use super::{
    campaign_form::focus_wrong_field,
    plain::{self, Choosing},
    template_actions::actions,
    template_editor::{Variables, content},
    template_state::TemplateForm,
    template_versions::versions,
    templates::{Host, kind_word},
};
use crate::{
    api::{ApiError, templates::TemplateRow, use_api, values::number},
    components::Tint,
    i18n::{error_text, txt, use_i18n, word},
    state::{
        forms::FormErrors,
        session::use_session,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use serde_json::Value;
use shared::{
    api::templates::{ImageDelivery, TemplateKind},
    error::ErrorCode,
    permission::Permission,
    validate::Rule,
};

/// The form, for a new template or one that exists.
pub fn template_editor(template: Option<Value>, host: Host) -> AnyView {
    let i18n = use_i18n();
    let (api, session, toasts) = (use_api(), use_session(), use_toasts());
    let row = template.as_ref().map(TemplateRow::of);
    let known = row.as_ref().zip(template.as_ref()).map(|(row, value)| (row.id, number(value, "version")));
    let is_new = known.is_none();
    let form = match &template {
        Some(template) => TemplateForm::of(template),
        None => TemplateForm::new(TemplateKind::Signature, &untrack(|| word!(i18n, templates.placeholder))),
    };
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let may_write = session.may_now(Permission::TemplatesWrite);
    let opened = StoredValue::new(form.typed());
    let is_dirty = Callback::new(move |()| opened.with_value(|opened| *opened != form.typed()));
    hold_unsaved(move || is_dirty.run(()));

    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        // Dialogs inside have forms of their own.
        if busy.get_untracked() || event.target() != event.current_target() {
            return;
        }
        let (input, issues) = form.read();
        failure.set(None);
        errors.clear();
        if !issues.is_empty() {
            issues.into_iter().for_each(|issue| errors.add(issue));
            focus_wrong_field();
            return;
        }
        busy.set(true);
        leptos::task::spawn_local(async move {
            let outcome = api.save_template(known, &input).await;
            let _ = busy.try_set(false);
            match outcome {
                Ok(saved) => {
                    toasts.good(say!(templates.saved));
                    // Leaving what is saved asks nobody.
                    let _ = opened.try_set_value(form.typed());
                    let _ = host.on_saved.try_run(saved);
                }
                Err(error) => {
                    if errors.adopt(&error) {
                        focus_wrong_field();
                    }
                    let _ = failure.try_set(Some(error));
                }
            }
        });
    };
    let whole = plain::flag(move || form.kind().is_whole_mail());
    let variables = Variables::new(form);
    let about =
        plain::group(txt!(i18n, templates.group_template), !may_write, about(form, errors, host.campaigns, is_new));
    let content = content(form, errors, variables, host.tab, may_write);
    let before = known.map(|(id, version)| versions(id, version, may_write, is_dirty, host.on_saved));
    let name = row.as_ref().map(|row| row.name.clone());
    let title = move || name.clone().unwrap_or_else(|| word!(i18n, templates.new));
    let foot = may_write.then(move || {
        let said =
            plain::again(move || failure.get().map_or_else(|| ().into_any(), |error| refusal(error, host.on_reload)));
        let save = if is_new { txt!(i18n, templates.create) } else { txt!(i18n, common.save) };
        let more = row.map(|row| actions(row, host));
        view! { <footer class="admin-form-foot">{said} {plain::send(save, busy)} {more}</footer> }.into_any()
    });
    view! {
        <form class="admin-form template-form" class:admin-form-wide=whole on:submit=submit novalidate>
            <header class="admin-form-head">
                <h1>{title}</h1>
            </header>
            {about}
            {content}
            {before}
            {foot}
        </form>
    }
    .into_any()
}

/// What it is for.
fn about(form: TemplateForm, errors: FormErrors, campaigns: plain::Options, is_new: bool) -> Vec<AnyView> {
    let i18n = use_i18n();
    let kind = move || form.kind();
    let kinds = plain::options(move || {
        let locale = i18n.get_locale();
        let named = |kind: &TemplateKind| (kind.as_str().to_string(), kind_word(locale, *kind).to_string());
        TemplateKind::ALL.iter().map(named).collect::<Vec<_>>()
    });
    let kind_help = plain::text(move || match kind() {
        TemplateKind::Signature => word!(i18n, templates.kind_signature_help),
        TemplateKind::Confirmation => word!(i18n, templates.kind_confirmation_help),
        TemplateKind::Reply => word!(i18n, templates.kind_reply_help),
        TemplateKind::MassMail => word!(i18n, templates.kind_mass_mail_help),
    });
    let places = plain::options(move || {
        let mut list = vec![(String::new(), word!(i18n, templates.campaign_choose))];
        list.extend(campaigns.get());
        list
    });
    let deliveries = plain::options(move || {
        vec![
            (ImageDelivery::Inline.as_str().to_string(), word!(i18n, templates.images_inline)),
            (ImageDelivery::Link.as_str().to_string(), word!(i18n, templates.images_link)),
        ]
    });
    let choosing =
        Choosing { settled: (!is_new).then(|| Signal::stored(true)), on_edit: Some(plain::act(move || form.begin())) };
    let plainly = Choosing::default();
    let (label, help) = (txt!(i18n, templates.shortcut), Some(txt!(i18n, templates.shortcut_help)));
    let place = txt!(i18n, templates.campaign);
    vec![
        plain::choice(errors, txt!(i18n, templates.kind), "kind", form.kind, kinds, Some(kind_help), choosing),
        plain::line(errors, txt!(i18n, templates.name), "name", form.name, None, false),
        plain::tick(txt!(i18n, templates.limited), form.limited),
        plain::when(form.limited.into(), move || {
            plain::choice(errors, place, "campaign_id", form.campaign, places, None, plainly)
        }),
        plain::when(plain::flag(move || kind() == TemplateKind::Reply), move || {
            plain::line(errors, label, "shortcut", form.shortcut, help, true)
        }),
        plain::choice(
            errors,
            txt!(i18n, templates.images),
            "images",
            form.images,
            deliveries,
            Some(txt!(i18n, templates.images_help)),
            plainly,
        ),
    ]
}

/// Why it was not saved or cannot be shown, and what can be done.
pub fn refusal(error: ApiError, on_reload: Callback<()>) -> AnyView {
    let i18n = use_i18n();
    let stale = error.code() == Some(ErrorCode::VersionMismatch);
    // The renderer's own words, which name the place.
    let broken = error.issues().iter().find(|issue| issue.rule == Rule::NotRenderable);
    let words = broken.map(|issue| issue.message.clone()).unwrap_or_default();
    let text = plain::text(move || error_text(i18n.get_locale(), &error));
    let again = stale.then(|| plain::press(txt!(i18n, campaigns.load_again), move || on_reload.run(())));
    plain::banner(Tint::Bad, text, words, again)
}
