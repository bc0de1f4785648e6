//! The form of a campaign: three groups, the last folded; errors beside their fields (S3–S18, S27).

use super::plain;
use super::{
    account_fields::AccountFields,
    campaign_delete::DeleteButton,
    campaign_switch::EnabledSwitch,
    folder_fields::FolderFields,
    form::CampaignForm,
    ledger::Ledger,
    mail_fields::mail_fields,
    schedule_fields::{ScheduleFields, schedule_summary},
    strategy_fields::{StrategyFields, strategy_summary},
    threshold_fields::{ThresholdFields, threshold_summary},
};
use crate::{
    api::{ApiError, use_api},
    components::{Banner, Button, Look, Tint, chips::Recipients},
    dom,
    format::intl,
    i18n::{detail, error_text, txt, use_i18n, word},
    state::{
        forms::FormErrors,
        session::use_session,
        toasts::{say, use_toasts},
        unsaved::hold_unsaved,
    },
};
use leptos::prelude::*;
use shared::{
    api::campaigns::{CampaignView, ReplyToken},
    error::ErrorCode,
    ids::CampaignId,
    permission::Permission,
};

/// Puts the keyboard on the first field that is wrong, once it is marked; opens the group that hides it.
pub fn focus_wrong_field() {
    request_animation_frame(|| {
        let Ok(Some(form)) = document().query_selector(".admin-form") else { return };
        if let Ok(Some(hidden)) = form.query_selector("details:not([open]):has([aria-invalid=true])") {
            let _ = hidden.set_attribute("open", "");
        }
        dom::focus_first(&form, "[aria-invalid=true]");
    });
}

/// The form, for a new campaign or one that exists.
#[component]
pub fn CampaignEditor(
    /// The campaign; none for a new one.
    campaign: Option<CampaignView>,
    /// It was saved.
    on_saved: Callback<CampaignView>,
    /// It was deleted.
    on_deleted: Callback<()>,
    /// It must be loaded again: someone else has changed it.
    on_reload: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let (api, session, toasts) = (use_api(), use_session(), use_toasts());
    let id = campaign.as_ref().map(|campaign| campaign.id);
    let version = StoredValue::new(campaign.as_ref().map_or(0, |campaign| campaign.version));
    let form = campaign.as_ref().map_or_else(|| CampaignForm::new(intl::own_zone()), CampaignForm::of);
    let errors = FormErrors::new(i18n);
    let failure = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let may_write = session.may_now(Permission::CampaignsWrite);
    let opened = form.typed();
    hold_unsaved(move || form.typed() != opened);

    let save = move |disabled: bool| {
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
        let version = version.get_value();
        leptos::task::spawn_local(async move {
            let outcome = match id {
                Some(id) => api.update_campaign(id, version, &input, disabled).await,
                None => api.create_campaign(&input, disabled).await,
            };
            let _ = busy.try_set(false);
            match outcome {
                Ok(saved) => {
                    if disabled {
                        toasts.good(say!(campaigns.saved_disabled));
                    } else {
                        toasts.good(say!(campaigns.saved));
                    }
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
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        // Dialogs inside have forms of their own.
        if event.target() == event.current_target() {
            save(false);
        }
    };
    let deletable = campaign.clone();
    let title = campaign.as_ref().map(|campaign| campaign.name.clone());
    let opening = campaign.as_ref().map(|campaign| (campaign.open, campaign.next_change_at));
    view! {
        <form class="admin-form" on:submit=submit novalidate>
            <header class="admin-form-head">
                <h1>{move || title.clone().unwrap_or_else(|| word!(i18n, campaigns.new))}</h1>
                {id.filter(|_| may_write).map(|id| view! { <EnabledSwitch id=id form=form version=version /> })}
            </header>
            <fieldset class="group" disabled=!may_write>
                <legend>{txt!(i18n, campaigns.group_campaign)}</legend>
                {plain::line(
                    errors,
                    txt!(i18n, campaigns.name),
                    "name",
                    form.name,
                    None,
                    false,
                )}
                {plain::line(
                    errors,
                    txt!(i18n, campaigns.from_name),
                    "from_name",
                    form.from_name,
                    Some(txt!(i18n, campaigns.from_name_help)),
                    true,
                )}
                {id
                    .is_none()
                    .then(|| {
                        view! {
                            {plain::toggle(
                                errors,
                                txt!(i18n, campaigns.enabled),
                                "enabled",
                                form.enabled,
                                Some(txt!(i18n, campaigns.enabled_help)),
                            )}
                        }
                    })}
            </fieldset>
            <fieldset class="group" disabled=!may_write>
                <legend>{txt!(i18n, campaigns.group_account)}</legend>
                <AccountFields form=form errors=errors id=id />
            </fieldset>
            {plain::fold(
                txt!(i18n, campaigns.group_advanced),
                plain::text(move || advanced_summary(i18n, form)),
                !may_write,
                view! { <Advanced form=form errors=errors id=id /> }.into_any(),
            )}
            {plain::fold(
                txt!(i18n, campaigns.group_strategy),
                plain::text(move || strategy_summary(i18n, form.strategy)),
                !may_write,
                view! { <StrategyFields strategy=form.strategy errors=errors /> }.into_any(),
            )}
            {plain::fold(
                txt!(i18n, campaigns.group_schedule),
                plain::text(move || schedule_summary(i18n, form.schedule, opening)),
                !may_write,
                view! { <ScheduleFields schedule=form.schedule errors=errors /> }.into_any(),
            )}
            {plain::fold(
                txt!(i18n, campaigns.group_thresholds),
                plain::text(move || threshold_summary(i18n, form.thresholds)),
                !may_write,
                view! { <ThresholdFields thresholds=form.thresholds errors=errors /> }.into_any(),
            )}
            {mail_fields(form.mail, errors, id, may_write)}
            {may_write
                .then(|| {
                    view! {
                        <footer class="admin-form-foot">
                            {move || {
                                failure
                                    .get()
                                    .map(|error| {
                                        view! {
                                            <Failure
                                                error=error
                                                on_save_disabled=Callback::new(move |()| save(true))
                                                on_reload=on_reload
                                            />
                                        }
                                    })
                            }}
                            <Button look=Look::Primary submit=true busy=busy>
                                {if id.is_some() {
                                    txt!(i18n, common.save)
                                } else {
                                    txt!(i18n, campaigns.create)
                                }}
                            </Button>
                            <span class="help" role="status">
                                {move || busy.get().then(|| txt!(i18n, campaigns.saving_help))}
                            </span>
                            {deletable
                                .map(|campaign| {
                                    view! {
                                        <span class="admin-form-delete">
                                            <DeleteButton campaign=campaign on_deleted=on_deleted />
                                        </span>
                                    }
                                })}
                        </footer>
                    }
                })}
        </form>
        {campaign.map(|campaign| view! { <Ledger campaign=campaign /> })}
    }
}

/// Why it was not saved, and what can be done.
#[component]
fn Failure(error: ApiError, on_save_disabled: Callback<()>, on_reload: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let code = error.code();
    let words = detail(&error);
    view! {
        <Banner tint=Tint::Bad urgent=true>
            <p>{move || error_text(i18n.get_locale(), &error)}</p>
            {words.map(|words| view! { <p class="words">{words}</p> })}
            {match code {
                Some(ErrorCode::MailServerUnreachable) => {
                    Some(
                        view! {
                            <Button small=true on:click=move |_| on_save_disabled.run(())>
                                {txt!(i18n, campaigns.save_disabled)}
                            </Button>
                        }
                            .into_any(),
                    )
                }
                Some(ErrorCode::VersionMismatch) => {
                    Some(
                        view! {
                            <Button small=true on:click=move |_| on_reload.run(())>
                                {txt!(i18n, campaigns.load_again)}
                            </Button>
                        }
                            .into_any(),
                    )
                }
                _ => None,
            }}
        </Banner>
    }
}

/// The folded group: what has a default.
#[component]
fn Advanced(form: CampaignForm, errors: FormErrors, id: Option<CampaignId>) -> impl IntoView {
    let i18n = use_i18n();
    let level = Signal::derive(move || {
        let seconds = form.service_level.with(|text| text.trim().parse::<i64>().ok());
        let read = seconds.map(|seconds| intl::duration(i18n.get_locale(), seconds)).unwrap_or_default();
        word!(i18n, campaigns.service_level_help, duration = read.as_str())
    });
    view! {
        {plain::number(
            errors,
            txt!(i18n, campaigns.service_level),
            "service_level_seconds",
            form.service_level,
            [1, 31_536_000],
            Some(txt!(i18n, campaigns.seconds)),
            Some(level),
        )}
        {plain::line(
            errors,
            txt!(i18n, campaigns.login),
            "account/login",
            form.login,
            Some(txt!(i18n, campaigns.login_help)),
            true,
        )}
        <div class="field">
            <Recipients
                label=txt!(i18n, campaigns.aliases)
                name="account/aliases"
                value=form.aliases
                error=errors.of("account/aliases")
                on_change=Callback::new(move |list| {
                    errors.touch("account/aliases");
                    form.aliases.set(list);
                })
            />
            <p class="help">{txt!(i18n, campaigns.aliases_help)}</p>
        </div>
        {plain::number(
            errors,
            txt!(i18n, campaigns.import_days),
            "import_days",
            form.import_days,
            [0, 365],
            Some(txt!(i18n, campaigns.days)),
            Some(txt!(i18n, campaigns.import_days_help)),
        )}
        {plain::choice(
            errors,
            txt!(i18n, campaigns.reply_token),
            "reply_token",
            form.reply_token,
            plain::options(move || {
                ReplyToken::ALL
                    .iter()
                    .map(|one| {
                        let name = match one {
                            ReplyToken::Body => word!(i18n, campaigns.reply_token_body),
                            ReplyToken::Address => word!(i18n, campaigns.reply_token_address),
                            ReplyToken::Off => word!(i18n, campaigns.reply_token_off),
                        };
                        (one.as_str().to_string(), name)
                    })
                    .collect::<Vec<_>>()
            }),
            Some(txt!(i18n, campaigns.reply_token_help)),
            plain::Choosing::default(),
        )}
        <FolderFields form=form errors=errors id=id />
        {plain::toggle(
            errors,
            txt!(i18n, campaigns.save_sent),
            "save_sent",
            form.save_sent,
            Some(txt!(i18n, campaigns.save_sent_help)),
        )}
    }
}

/// What the folded group holds now, so that it need not be opened to know.
fn advanced_summary(i18n: crate::i18n::I18n, form: CampaignForm) -> String {
    let level = form.service_level.with(|text| text.trim().parse::<i64>().ok());
    let level = level.map(|seconds| intl::duration(i18n.get_locale(), seconds)).unwrap_or_default();
    word!(i18n, campaigns.advanced_summary, level = level.as_str())
}
