//! Holidays out of a calendar file, into the list of a schedule.

use crate::{
    api::{ApiError, use_api},
    components::Button,
    i18n::{error_text, issue_text, plural, txt, use_i18n, word},
    state::schedule::ScheduleForm,
};
use leptos::{html, prelude::*};
use shared::api::schedules::{ReadHolidays, SkipReason, SkippedEvent};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

/// Most skipped events that are named one by one.
const NAMED: usize = 8;

/// What came of a file.
#[derive(Clone)]
enum Outcome {
    Read { added: usize, known: usize, skipped: Vec<SkippedEvent> },
    Refused(ApiError),
    Unreadable,
}

/// Chooses a calendar file, adds its days, and says what came of it.
#[component]
pub fn HolidayImport(
    /// Takes the days.
    schedule: ScheduleForm,
    /// Is told when the list has changed.
    #[prop(into)]
    on_change: Callback<()>,
) -> impl IntoView {
    let i18n = use_i18n();
    let api = use_api();
    let chooser = NodeRef::<html::Input>::new();
    let outcome = RwSignal::new(None::<Outcome>);
    let busy = RwSignal::new(false);
    let read = move |file: File| {
        busy.set(true);
        leptos::task::spawn_local(async move {
            let made = match text_of(&file).await {
                Ok(calendar) => match api.read_holidays(&ReadHolidays { calendar }).await {
                    Ok(found) => {
                        let all = found.holidays.len();
                        let added = schedule.add_holidays(found.holidays);
                        on_change.run(());
                        Outcome::Read { added, known: all.saturating_sub(added), skipped: found.skipped }
                    }
                    Err(error) => Outcome::Refused(error),
                },
                Err(_) => Outcome::Unreadable,
            };
            let _ = outcome.try_set(Some(made));
            let _ = busy.try_set(false);
        });
    };
    view! {
        <Button
            small=true
            icon=icondata::LuCalendarPlus
            busy=busy
            on:click=move |_| {
                if let Some(input) = chooser.get_untracked() {
                    input.click();
                }
            }
        >
            {txt!(i18n, campaigns.holidays_import)}
        </Button>
        <input
            type="file"
            accept=".ics,text/calendar"
            hidden
            node_ref=chooser
            aria-label=txt!(i18n, campaigns.holidays_import)
            on:change=move |_| {
                if let Some(input) = chooser.get_untracked() {
                    if let Some(file) = input.files().and_then(|list| list.get(0)) {
                        read(file);
                    }
                    input.set_value("");
                }
            }
        />
        <div class="import-outcome" role="status">
            {move || outcome.get().map(|outcome| view! { <Told outcome=outcome /> })}
        </div>
    }
}

async fn text_of(file: &File) -> Result<String, JsValue> {
    Ok(JsFuture::from(file.text()).await?.as_string().unwrap_or_default())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[component]
fn Told(outcome: Outcome) -> impl IntoView {
    let i18n = use_i18n();
    let locale = move || i18n.get_locale();
    match outcome {
        Outcome::Unreadable => {
            view! { <p class="field-error">{txt!(i18n, campaigns.import_unreadable)}</p> }.into_any()
        }
        Outcome::Refused(error) => {
            // The file is the only field: what is wrong with it says more than that the form is wrong.
            let words = move || match error.issues() {
                [issue, ..] => issue_text(locale(), issue),
                [] => error_text(locale(), &error),
            };
            view! { <p class="field-error">{words}</p> }.into_any()
        }
        Outcome::Read { added, known, skipped } => {
            let (added, known, left_out) = (count(added), count(known), count(skipped.len()));
            let summary = move || {
                let mut words = plural!(locale(), campaigns.import_added, added);
                if known > 0 {
                    words.push(' ');
                    words.push_str(&plural!(locale(), campaigns.import_known, known));
                }
                words
            };
            let more = skipped.len() > NAMED;
            view! {
                <p class="help">{summary}</p>
                {(left_out > 0)
                    .then(|| {
                        view! {
                            <p class="help">{move || plural!(locale(), campaigns.import_skipped, left_out)}</p>
                            <ul class="help">
                                {skipped
                                    .into_iter()
                                    .take(NAMED)
                                    .map(|event| {
                                        let name = if event.name.is_empty() { "–".into() } else { event.name };
                                        view! { <li>{name} ": " {reason(i18n, event.reason)}</li> }
                                    })
                                    .collect_view()}
                                {more.then(|| view! { <li aria-hidden="true">"…"</li> })}
                            </ul>
                        }
                    })}
            }
            .into_any()
        }
    }
}

fn reason(i18n: crate::i18n::I18n, reason: SkipReason) -> impl Fn() -> String + Send + Sync + 'static {
    move || match reason {
        SkipReason::NotAWholeDay => word!(i18n, campaigns.skip_not_a_whole_day),
        SkipReason::Past => word!(i18n, campaigns.skip_past),
        SkipReason::Repeats => word!(i18n, campaigns.skip_repeats),
        SkipReason::BadLength => word!(i18n, campaigns.skip_bad_length),
        SkipReason::Unreadable => word!(i18n, campaigns.skip_unreadable),
        SkipReason::Cancelled => word!(i18n, campaigns.skip_cancelled),
        SkipReason::TooMany => word!(i18n, campaigns.skip_too_many),
    }
}
