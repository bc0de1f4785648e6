//! Dates, numbers and units in the reader's language and zone, through the browser's `Intl`.

use super::{
    ago::{Ago, ago},
    size,
};
use crate::i18n::td_string;
use crate::i18n::{Locale, tag};
use js_sys::{Array, Function, Intl, Object, Reflect};
use shared::{api::schedules::Weekday, time::Timestamp};
use std::{cell::RefCell, collections::HashMap};
use wasm_bindgen::{JsCast as _, JsValue};

/// How a point in time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// `14:05`.
    Time,
    /// `12 Nov`.
    Day,
    /// `12 Nov 2024`.
    DayOfYear,
    /// `Wed, 12 Nov, 14:05`.
    Moment,
    /// `Wednesday, 12 November 2025 at 14:05:09`.
    Exact,
    /// `Wednesday`, in UTC.
    Weekday,
    /// `Wed`, in UTC.
    WeekdayShort,
}

#[derive(PartialEq, Eq, Hash)]
enum Kind {
    When(&'static str, When),
    Unit(&'static str, &'static str, u32),
}

thread_local! {
    /// Formatters are costly to make, and a tray shows thousands of times.
    static FORMATTERS: RefCell<HashMap<Kind, Function>> = RefCell::default();
}

fn formatter(kind: Kind, make: impl FnOnce() -> Function) -> Function {
    FORMATTERS.with_borrow_mut(|known| known.entry(kind).or_insert_with(make).clone())
}

fn options(entries: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object
}

fn locales(locale: Locale) -> Array {
    Array::of1(&JsValue::from_str(tag(locale)))
}

fn apply(function: &Function, value: &JsValue) -> String {
    function.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// `at` in the reader's zone.
pub fn when(locale: Locale, at: Timestamp, how: When) -> String {
    let format = formatter(Kind::When(tag(locale), how), || {
        let word = JsValue::from_str;
        let chosen = match how {
            When::Time => options(&[("hour", word("2-digit")), ("minute", word("2-digit"))]),
            When::Day => options(&[("day", word("numeric")), ("month", word("short"))]),
            When::DayOfYear => {
                options(&[("day", word("numeric")), ("month", word("short")), ("year", word("numeric"))])
            }
            When::Moment => options(&[
                ("weekday", word("short")),
                ("day", word("numeric")),
                ("month", word("short")),
                ("hour", word("2-digit")),
                ("minute", word("2-digit")),
            ]),
            When::Weekday => options(&[("weekday", word("long")), ("timeZone", word("UTC"))]),
            When::WeekdayShort => options(&[("weekday", word("short")), ("timeZone", word("UTC"))]),
            When::Exact => options(&[("dateStyle", word("full")), ("timeStyle", word("medium"))]),
        };
        if matches!(how, When::Time | When::Moment) {
            let _ = Reflect::set(&chosen, &word("hourCycle"), &word("h23"));
        }
        Intl::DateTimeFormat::new(&locales(locale), &chosen).format()
    });
    apply(&format, &date(at))
}

/// A day of the week: in full, or in short.
pub fn weekday(locale: Locale, day: Weekday, how: When) -> String {
    // The first day of 2024 was a Monday.
    let at = 1_704_067_200_000 + i64::from(day.index()) * 86_400_000;
    when(locale, Timestamp::from_millis(at), how)
}

/// The time zone of this machine, as the IANA database names it.
pub fn own_zone() -> String {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &JsValue::from_str("timeZone")).ok().and_then(|zone| zone.as_string()).unwrap_or_default()
}

/// The time zones that the browser knows, in the order of the alphabet; always with UTC.
pub fn zones() -> Vec<String> {
    let known = || {
        let intl = Reflect::get(&js_sys::global(), &JsValue::from_str("Intl")).ok()?;
        let list = Reflect::get(&intl, &JsValue::from_str("supportedValuesOf")).ok()?;
        let list = list.dyn_into::<Function>().ok()?.call1(&intl, &JsValue::from_str("timeZone")).ok()?;
        Some(Array::from(&list).iter().filter_map(|zone| zone.as_string()).collect::<Vec<_>>())
    };
    let mut zones = known().unwrap_or_default();
    if !zones.iter().any(|zone| zone == "UTC") {
        zones.push("UTC".into());
    }
    zones
}

fn date(at: Timestamp) -> JsValue {
    #[expect(clippy::as_conversions, reason = "milliseconds since 1970 are exact in an f64 for 280,000 years")]
    let millis = at.millis() as f64;
    js_sys::Date::new(&JsValue::from_f64(millis)).into()
}

fn unit(locale: Locale, value: f64, unit: &'static str, digits: u32) -> String {
    let format = formatter(Kind::Unit(tag(locale), unit, digits), || {
        let chosen = options(&[
            ("style", JsValue::from_str("unit")),
            ("unit", JsValue::from_str(unit)),
            ("unitDisplay", JsValue::from_str("short")),
            ("maximumFractionDigits", JsValue::from_f64(f64::from(digits))),
        ]);
        Intl::NumberFormat::new(&locales(locale), &chosen).format()
    });
    apply(&format, &JsValue::from_f64(value))
}

fn whole(locale: Locale, value: i64, name: &'static str) -> String {
    #[expect(clippy::as_conversions, reason = "minutes, hours and days of a week are small")]
    let value = value as f64;
    unit(locale, value, name, 0)
}

/// Whether a count takes the form of one, by the rules of the language.
pub fn is_one(locale: Locale, count: f64) -> bool {
    Intl::PluralRules::new(&locales(locale), &Object::new()).select(count) == "one"
}

/// `at` as a list shows it: "4 min", "3 h", "2 d", "12 Nov".
pub fn short_ago(locale: Locale, at: Timestamp, now: i64) -> String {
    match ago(at.millis(), now) {
        Ago::Now => td_string!(locale, common.now).to_string(),
        Ago::Minutes(n) => whole(locale, n, "minute"),
        Ago::Hours(n) => whole(locale, n, "hour"),
        Ago::Days(n) => whole(locale, n, "day"),
        Ago::Date => when(locale, at, When::Day),
        Ago::DateOfYear => when(locale, at, When::DayOfYear),
    }
}

/// A file's size: "120 kB".
pub fn file_size(locale: Locale, octets: i64) -> String {
    let size = size::size(octets);
    unit(locale, size.value, size.unit, size.digits)
}

/// A count, grouped as the language does.
pub fn number(locale: Locale, value: i64) -> String {
    #[expect(clippy::as_conversions, reason = "counts are exact in an f64 up to 2^53")]
    let value = value as f64;
    decimal(locale, value, 0)
}

/// A number with at most so many digits behind the point.
pub fn decimal(locale: Locale, value: f64, digits: u32) -> String {
    let format = formatter(Kind::Unit(tag(locale), "", digits), || {
        let chosen = options(&[("maximumFractionDigits", JsValue::from_f64(f64::from(digits)))]);
        Intl::NumberFormat::new(&locales(locale), &chosen).format()
    });
    apply(&format, &JsValue::from_f64(value))
}

/// A length of time in its largest fitting unit: "2 h", "45 min", "30 s".
pub fn duration(locale: Locale, seconds: i64) -> String {
    match seconds {
        s if s % 86_400 == 0 && s > 0 => whole(locale, s / 86_400, "day"),
        s if s % 3_600 == 0 && s > 0 => whole(locale, s / 3_600, "hour"),
        s if s % 60 == 0 && s > 0 => whole(locale, s / 60, "minute"),
        s => whole(locale, s, "second"),
    }
}
