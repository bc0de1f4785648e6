//! The form of a template: what it is for, what it says, its versions; errors beside their fields (S35–S38).

use super::{
    campaign_form::focus_wrong_field,
    template_actions::Actions,
    template_editor::{Content, Variables},
    template_state::TemplateForm,
    template_versions::Versions,
    templates::kind_word,
};
use crate::{
    api::{ApiError, templates::OpenTemplate, use_api},
    components::{Banner, Button, Checkbox, Look, SelectField, TextField, Tint},
    i18n::{error_text, txt, use_i18n, word},
    state::{
        forms::FormErrors,
        session::use_session,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use shared::{
    api::templates::{ImageDelivery, TemplateKind},
    error::ErrorCode,
    permission::Permission,
    validate::Rule,
};

/// The form, for a new template or one that exists.
#[component]
pub fn TemplateEditor(
    /// The template; none for a new one.
    template: Option<OpenTemplate>,
    /// Campaigns by id and name.
    campaigns: Signal<Vec<(String, String)>>,
    /// Which side of the content is shown.
    tab: RwSignal<&'static str>,
    /// It, or a copy of it, was saved.
    on_saved: Callback<OpenTemplate>,
    /// It was deleted.
    on_deleted: Callback<()>,
    /// It must be loaded again: someone else has changed it.
    on_reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, toasts) = (use_api(), use_session(), use_toasts());
    let known = template.as_ref().map(|template| (template.id, template.version));
    let is_new = known.is_none();
    let form = template.as_ref().map_or_else(|| TemplateForm::new(TemplateKind::Signature), TemplateForm::of);
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let may_write = session.may_now(Permission::TemplatesWrite);
    let opened = StoredValue::new(form.typed());
    let is_dirty = move || opened.with_value(|opened| *opened != form.typed());
    hold_unsaved(is_dirty);

    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
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
                    let _ = on_saved.try_run(saved);
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
    let touch = move |pointer: &'static str| Callback::new(move |()| errors.touch(pointer));
    let whole = Memo::new(move |_| form.kind().is_whole_mail());
    let kind = Memo::new(move |_| form.kind());
    let kinds = Signal::derive(move || {
        let locale = i18n.get_locale();
        TemplateKind::ALL.iter().map(|kind| (kind.to_string(), kind_word(locale, *kind).to_string())).collect::<Vec<_>>()
    });
    let kind_help = Signal::derive(move || match kind.get() {
        TemplateKind::Signature => word!(i18n, templates.kind_signature_help),
        TemplateKind::Confirmation => word!(i18n, templates.kind_confirmation_help),
        TemplateKind::Reply => word!(i18n, templates.kind_reply_help),
        TemplateKind::MassMail => word!(i18n, templates.kind_mass_mail_help),
    });
    let choices = Signal::derive(move || {
        let mut list = vec![(String::new(), word!(i18n, templates.campaign_choose))];
        list.extend(campaigns.get());
        list
    });
    let deliveries = Signal::derive(move || {
        vec![
            (ImageDelivery::Inline.to_string(), word!(i18n, templates.images_inline)),
            (ImageDelivery::Link.to_string(), word!(i18n, templates.images_link)),
        ]
    });
    let variables = Variables::new(form);
    let title = template.as_ref().map(|template| template.name.clone());
    view! {
        <form class="admin-form template-form" class:admin-form-wide=whole on:submit=submit novalidate>
            <header class="admin-form-head">
                <h1>{move || title.clone().unwrap_or_else(|| word!(i18n, templates.new))}</h1>
            </header>
            <fieldset class="group" disabled=!may_write>
                <legend>{txt!(i18n, templates.group_template)}</legend>
                <SelectField
                    label=txt!(i18n, templates.kind)
                    name="kind"
                    value=form.kind
                    options=kinds
                    help=kind_help
                    disabled=!is_new
                    on_edit=Callback::new(move |()| form.begin())
                />
                <TextField
                    label=txt!(i18n, templates.name)
                    name="name"
                    value=form.name
                    error=errors.of("name")
                    on_edit=touch("name")
                />
                <div class="template-campaign">
                    <Checkbox
                        label=txt!(i18n, templates.limited)
                        checked=form.limited
                        on_change=move |on| form.limited.set(on)
                    />
                    {move || {
                        form.limited
                            .get()
                            .then(|| {
                                view! {
                                    <SelectField
                                        label=txt!(i18n, templates.campaign)
                                        name="campaign_id"
                                        value=form.campaign
                                        options=choices
                                        error=errors.of("campaign_id")
                                        on_edit=touch("campaign_id")
                                    />
                                }
                            })
                    }}
                </div>
                {move || {
                    (kind.get() == TemplateKind::Reply)
                        .then(|| {
                            view! {
                                <TextField
                                    label=txt!(i18n, templates.shortcut)
                                    name="shortcut"
                                    value=form.shortcut
                                    optional=true
                                    help=txt!(i18n, templates.shortcut_help)
                                    error=errors.of("shortcut")
                                    on_edit=touch("shortcut")
                                />
                            }
                        })
                }}
                <SelectField
                    label=txt!(i18n, templates.images)
                    name="images"
                    value=form.images
                    options=deliveries
                    help=txt!(i18n, templates.images_help)
                />
            </fieldset>
            <Content form=form errors=errors variables=variables tab=tab may_write=may_write />
            {known
                .map(|(id, version)| {
                    view! { <Versions id=id version=version may_write=may_write is_dirty=Callback::new(move |()| is_dirty()) on_saved=on_saved /> }
                })}
            {may_write
                .then(|| {
                    view! {
                        <footer class="admin-form-foot">
                            {move || failure.get().map(|error| view! { <Failure error=error on_reload=on_reload /> })}
                            <Button look=Look::Primary submit=true busy=busy>
                                {if is_new { txt!(i18n, templates.create) } else { txt!(i18n, common.save) }}
                            </Button>
                            {template
                                .map(|template| {
                                    view! {
                                        <Actions
                                            template=template
                                            campaigns=choices
                                            on_deleted=on_deleted
                                        />
                                    }
                                })}
                        </footer>
                    }
                })}
        </form>
    }
}

/// Why it was not saved, and what can be done.
#[component]
pub fn Failure(
    /// What the server said.
    error: ApiError,
    /// Loads what stands in the form again.
    on_reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let stale = error.code() == Some(ErrorCode::VersionMismatch);
    // The renderer's own words, which name the line.
    let broken = |rule: Rule| rule == Rule::NotRenderable;
    let words = error.issues().iter().find(|issue| broken(issue.rule)).map(|issue| issue.message.clone());
    view! {
        <Banner tint=Tint::Bad urgent=true>
            <p>{move || error_text(i18n.get_locale(), &error)}</p>
            {words.map(|words| view! { <p class="words">{words}</p> })}
            {stale
                .then(|| {
                    view! {
                        <Button small=true on:click=move |_| on_reload.run(())>
                            {txt!(i18n, campaigns.load_again)}
                        </Button>
                    }
                })}
        </Banner>
    }
}
