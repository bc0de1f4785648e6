//! Opening hours of a campaign (S7): hours of the week, time zone, holidays.

use super::holiday_import::HolidayImport;
use super::plain;
use crate::{
    components::{Button, IconButton, rows_of, unique_id},
    format::intl::{self, When},
    i18n::{I18n, plural, txt, use_i18n, word},
    state::{
        forms::FormErrors,
        schedule::{HolidayRow, ScheduleForm, SpanRow, tidy_time},
    },
};
use leptos::prelude::*;
use shared::{
    api::schedules::{Weekday, is_date, minutes},
    time::Timestamp,
};

/// The fields of a schedule.
#[component]
pub fn ScheduleFields(
    /// What they hold.
    schedule: ScheduleForm,
    /// What is wrong with them.
    errors: FormErrors,
) -> impl IntoView {
    let i18n = use_i18n();
    let (spans_error, holidays_error) = (errors.of("schedule/spans"), errors.of("schedule/holidays"));
    view! {
        {plain::choice(
            errors,
            txt!(i18n, campaigns.zone),
            "schedule/zone",
            schedule.zone,
            plain::options(move || zones(schedule)),
            None,
            plain::Choosing::default(),
        )}
        <div class="rows" role="group" aria-label=txt!(i18n, campaigns.hours)>
            <h3 class="rows-title">{txt!(i18n, campaigns.hours)}</h3>
            {move || {
                schedule
                    .spans
                    .with(Vec::is_empty)
                    .then(|| view! { <p class="help">{txt!(i18n, campaigns.hours_none)}</p> })
            }}
            {rows_of(
                schedule.spans,
                |row| row.key.into(),
                move |row| view! { <Hours schedule=schedule row=row errors=errors /> }.into_any(),
            )}
            <Fault error=spans_error />
            <Button small=true icon=icondata::LuPlus on:click=move |_| schedule.add_span()>
                {txt!(i18n, campaigns.hours_add)}
            </Button>
        </div>
        <div class="rows" role="group" aria-label=txt!(i18n, campaigns.holidays)>
            <h3 class="rows-title">{txt!(i18n, campaigns.holidays)}</h3>
            {rows_of(
                schedule.holidays,
                |row| row.key.into(),
                move |row| view! { <Day schedule=schedule row=row errors=errors /> }.into_any(),
            )}
            <Fault error=holidays_error />
            <div class="rows-actions">
                <Button small=true icon=icondata::LuPlus on:click=move |_| schedule.add_holiday()>
                    {txt!(i18n, campaigns.holidays_add)}
                </Button>
                <HolidayImport schedule=schedule on_change=move |()| errors.touch("schedule/holidays") />
            </div>
        </div>
    }
}

/// The zones to choose from, always with the chosen one.
fn zones(schedule: ScheduleForm) -> Vec<(String, String)> {
    let mut zones = intl::zones();
    let chosen = schedule.zone.get();
    if !zones.contains(&chosen) {
        zones.push(chosen);
    }
    zones.into_iter().map(|zone| (zone.clone(), zone.replace('_', " "))).collect()
}

#[component]
fn Fault(error: Signal<Option<String>>) -> impl IntoView {
    move || error.get().map(|text| view! { <p class="field-error" role="alert">{text}</p> })
}

/// Hours on some days of the week.
#[component]
fn Hours(schedule: ScheduleForm, row: SpanRow, errors: FormErrors) -> impl IntoView {
    let i18n = use_i18n();
    let wrong = errors.of("schedule/spans");
    let is_wrong = move |text: RwSignal<String>| {
        (wrong.with(Option::is_some) && text.with(|text| minutes(text).is_none())).then_some("true")
    };
    let no_day = move || (wrong.with(Option::is_some) && row.weekdays.with(Vec::is_empty)).then_some("true");
    let over_midnight = move || {
        let times = (row.from.with(|text| minutes(text)), row.to.with(|text| minutes(text)));
        matches!(times, (Some(from), Some(to)) if to <= from && to > 0)
    };
    let time = move |label: Signal<String>, value: RwSignal<String>| {
        view! {
            <input
                class="input input-time"
                type="text"
                inputmode="numeric"
                autocomplete="off"
                maxlength="5"
                placeholder="00:00"
                aria-label=label
                prop:value=value
                aria-invalid=move || is_wrong(value)
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    errors.touch("schedule/spans");
                }
                on:change=move |_| value.update(|text| *text = tidy_time(text))
            />
        }
    };
    view! {
        <div class="row-fields">
            <div class="days" role="group" aria-label=txt!(i18n, campaigns.weekdays)>
                {Weekday::ALL
                    .iter()
                    .map(|day| {
                        let day = *day;
                        let id = unique_id("day");
                        view! {
                            <input
                                class="visually-hidden"
                                type="checkbox"
                                id=id.clone()
                                aria-invalid=no_day
                                aria-label=move || intl::weekday(i18n.get_locale(), day, When::Weekday)
                                prop:checked=move || row.weekdays.with(|days| days.contains(&day))
                                on:change=move |event| {
                                    row.toggle(day, event_target_checked(&event));
                                    errors.touch("schedule/spans");
                                }
                            />
                            <label class="day" for=id aria-hidden="true">
                                {move || intl::weekday(i18n.get_locale(), day, When::WeekdayShort)}
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
            <div class="times">
                {time(txt!(i18n, campaigns.hours_from), row.from)} <span aria-hidden="true">"–"</span>
                {time(txt!(i18n, campaigns.hours_to), row.to)}
                {move || over_midnight().then(|| view! { <span class="help">{txt!(i18n, campaigns.hours_next_day)}</span> })}
            </div>
            <IconButton
                small=true
                glyph=icondata::LuMinus
                label=txt!(i18n, campaigns.hours_remove)
                on:click=move |_| {
                    schedule.remove_span(row.key);
                    errors.touch("schedule/spans");
                }
            />
        </div>
    }
}

/// A holiday.
#[component]
fn Day(schedule: ScheduleForm, row: HolidayRow, errors: FormErrors) -> impl IntoView {
    let i18n = use_i18n();
    let wrong = errors.of("schedule/holidays");
    let no_date = move || (wrong.with(Option::is_some) && row.date.with(|date| !is_date(date))).then_some("true");
    let touch = move || errors.touch("schedule/holidays");
    view! {
        <div class="row-fields">
            <input
                class="input input-date"
                type="date"
                aria-label=txt!(i18n, campaigns.holiday_date)
                prop:value=row.date
                aria-invalid=no_date
                on:input=move |event| {
                    row.date.set(event_target_value(&event));
                    touch();
                }
            />
            <input
                class="input"
                type="text"
                autocomplete="off"
                maxlength="120"
                aria-label=txt!(i18n, campaigns.holiday_name)
                placeholder=txt!(i18n, campaigns.holiday_name)
                prop:value=row.name
                on:input=move |event| {
                    row.name.set(event_target_value(&event));
                    touch();
                }
            />
            <IconButton
                small=true
                glyph=icondata::LuMinus
                label=txt!(i18n, campaigns.holidays_remove)
                on:click=move |_| {
                    schedule.remove_holiday(row.key);
                    touch();
                }
            />
        </div>
    }
}

/// What the folded group holds. `opening`: whether it is open now, and until when that stays so, as stored.
pub fn schedule_summary(i18n: I18n, schedule: ScheduleForm, opening: Option<(bool, Option<Timestamp>)>) -> String {
    let locale = i18n.get_locale();
    let spans = u32::try_from(schedule.spans.with(Vec::len)).unwrap_or(u32::MAX);
    let hours = match spans {
        0 => word!(i18n, campaigns.hours_always),
        count => plural!(locale, campaigns.hours_count, count),
    };
    match opening {
        Some((false, Some(at))) => {
            let time = intl::when(locale, at, When::Moment);
            format!("{hours} · {}", word!(i18n, campaigns.closed_until, time = time.as_str()))
        }
        Some((false, None)) => format!("{hours} · {}", word!(i18n, campaigns.closed)),
        _ => hours,
    }
}
