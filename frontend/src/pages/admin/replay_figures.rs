//! What a replay came to: the figures of both days side by side, both over the day, and who got how much.

use super::{
    plain,
    strategy_fields::{order_name, rule_name},
};
use crate::{
    api::values::{list, number, text},
    components::{Chart, Tint, Unit, chart},
    format::{clock, intl},
    i18n::{I18n, Locale, Text, keys, txt, use_i18n, word},
};
use leptos::prelude::*;
use serde_json::Value;

/// How a figure is said, and which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    /// A number of interactions; neither way is better.
    Count,
    /// A number of interactions; fewer is better.
    Left,
    /// Seconds; fewer is better.
    Wait,
    /// Per cent; more is better.
    Percent,
    /// Jain's index, 0–1; more is better.
    Index,
}

const FIGURES: [(&str, Measure, Text); 9] = [
    ("arrived", Measure::Count, keys::replay::arrived),
    ("attended", Measure::Count, keys::replay::attended),
    ("still_waiting", Measure::Left, keys::replay::still_waiting),
    ("mean_wait_seconds", Measure::Wait, keys::replay::mean_wait),
    ("p50_wait_seconds", Measure::Wait, keys::replay::p50_wait),
    ("p90_wait_seconds", Measure::Wait, keys::replay::p90_wait),
    ("max_wait_seconds", Measure::Wait, keys::replay::max_wait),
    ("service_level_percent", Measure::Percent, keys::replay::service_level),
    ("fairness", Measure::Index, keys::replay::fairness),
];

/// Whole, towards the nearest.
fn rounded(value: f64) -> i64 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "seconds of a day")]
    let whole = value.round() as i64;
    whole
}

fn said(locale: Locale, measure: Measure, value: f64) -> String {
    match measure {
        Measure::Count | Measure::Left => intl::number(locale, rounded(value)),
        Measure::Wait => clock(rounded(value)),
        Measure::Percent => format!("{} %", intl::decimal(locale, value, 1)),
        Measure::Index => intl::decimal(locale, value, 2),
    }
}

/// What a difference below is no difference on the screen.
fn grain(measure: Measure) -> f64 {
    match measure {
        Measure::Count | Measure::Left | Measure::Wait => 0.5,
        Measure::Percent => 0.05,
        Measure::Index => 0.005,
    }
}

/// Better, worse, or neither.
fn judged(measure: Measure, difference: f64) -> Option<bool> {
    if difference.abs() < grain(measure) {
        return None;
    }
    match measure {
        Measure::Count => None,
        Measure::Left | Measure::Wait => Some(difference < 0.0),
        Measure::Percent | Measure::Index => Some(difference > 0.0),
    }
}

fn difference(locale: Locale, measure: Measure, was: Option<f64>, would: Option<f64>) -> (String, Option<bool>) {
    let (Some(was), Some(would)) = (was, would) else { return (String::new(), None) };
    let difference = would - was;
    if difference.abs() < grain(measure) {
        return ("=".into(), None);
    }
    let sign = if difference > 0.0 { '+' } else { '\u{2212}' };
    (format!("{sign}{}", said(locale, measure, difference.abs())), judged(measure, difference))
}

fn value(figures: &Value, name: &str) -> Option<f64> {
    figures.get(name).and_then(Value::as_f64)
}

/// The answer in a sentence.
pub fn summary(i18n: I18n, view: &Value) -> String {
    let locale = i18n.get_locale();
    let [was, would] = sides(view).map(|side| {
        let wait = value(&side, "mean_wait_seconds");
        (number(&side, "attended"), wait.map_or_else(|| "–".into(), |wait| said(locale, Measure::Wait, wait)))
    });
    word!(i18n, replay.done, attended = would.0, wait = would.1, was = was.1)
}

/// The whole answer.
pub fn outcome(view: &Value) -> AnyView {
    let i18n = use_i18n();
    let staffing = match text(view, "staffing").as_str() {
        "given" => Some((Tint::Info, txt!(i18n, replay.staffing_given))),
        "inferred" => Some((Tint::Warn, txt!(i18n, replay.staffing_inferred))),
        _ => Some((Tint::Info, txt!(i18n, replay.staffing_recorded))),
    };
    let staffing = staffing.map(|(tint, words)| plain::banner(tint, words, String::new(), None));
    if view.get("recorded").is_none_or(|was| number(was, "arrived") == 0) {
        return plain::empty(
            icondata::LuInbox,
            txt!(i18n, replay.nothing),
            Some(txt!(i18n, replay.nothing_next)),
            None,
        );
    }
    let aside = view.get("voice_left_aside").and_then(Value::as_bool) == Some(true);
    let aside = aside.then(|| plain::banner(Tint::Warn, txt!(i18n, replay.voice_aside), String::new(), None));
    let parts = [
        Some(asked(i18n, view)),
        Some(figures(i18n, view)),
        aside,
        staffing,
        Some(series(i18n, view)),
        Some(agents(i18n, view)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().into_any()
}

/// Which day and which strategy this is: the form may say another one by now.
fn asked(i18n: I18n, view: &Value) -> AnyView {
    let rule = text(view, "eligibility").parse().ok();
    let order = text(view, "delivery_order").parse().ok();
    let date = text(view, "date");
    let words = plain::text(move || {
        let rule = rule.map(|rule| rule_name(i18n, rule)).unwrap_or_default();
        let order = order.map(|order| order_name(i18n, order)).unwrap_or_default();
        word!(i18n, replay.asked, date = date, rule = rule, order = order)
    });
    view! { <h2 class="replay-asked">{words}</h2> }.into_any()
}

fn sides(view: &Value) -> [Value; 2] {
    ["recorded", "replayed"].map(|side| view.get(side).cloned().unwrap_or_default())
}

fn heads(words: &[Signal<String>]) -> AnyView {
    let cells: Vec<_> = words.iter().map(|word| view! { <th scope="col">{*word}</th> }.into_any()).collect();
    view! { <thead><tr>{cells}</tr></thead> }.into_any()
}

/// `Waiting: As it was`.
fn both(i18n: I18n, what: Text, side: Text) -> Signal<String> {
    plain::text(move || {
        let locale = i18n.get_locale();
        format!("{}: {}", what.of(locale), side.of(locale))
    })
}

fn figures(i18n: I18n, view: &Value) -> AnyView {
    let [was, would] = sides(view);
    let rows = plain::again(move || {
        let locale = i18n.get_locale();
        let row = |(name, measure, label): &(&str, Measure, Text)| {
            let (was, would) = (value(&was, name), value(&would, name));
            let said = |value: Option<f64>| value.map_or_else(|| "–".into(), |value| said(locale, *measure, value));
            let (by, better) = difference(locale, *measure, was, would);
            let class = match better {
                Some(true) => "better",
                Some(false) => "worse",
                None => "",
            };
            // Not by colour alone: said to the ear, and shown by the sign.
            let verdict = match better {
                Some(true) => word!(i18n, replay.better),
                Some(false) => word!(i18n, replay.worse),
                None => String::new(),
            };
            view! {
                <tr>
                    <th scope="row">{label.of(locale)}</th>
                    <td>{said(was)}</td>
                    <td>{said(would)}</td>
                    <td class=class>{by} " " <span class="replay-verdict">{verdict}</span></td>
                </tr>
            }
            .into_any()
        };
        FIGURES.iter().map(row).collect::<Vec<_>>().into_any()
    });
    let head = heads(&[
        txt!(i18n, replay.figure),
        txt!(i18n, replay.recorded),
        txt!(i18n, replay.replayed),
        txt!(i18n, replay.difference),
    ]);
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=txt!(i18n, replay.outcome)>
            <table class="table replay-figures" data-testid="replay-figures">
                {head}
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Both days over time, drawn and as a table.
fn series(i18n: I18n, view: &Value) -> AnyView {
    let points = list(view, "series").to_vec();
    let labels: Vec<String> = points.iter().map(|point| text(point, "time")).collect();
    let column = |name: &str| points.iter().map(|point| value(point, name)).collect::<Vec<_>>();
    let arrived: Vec<f64> = column("arrived").into_iter().map(Option::unwrap_or_default).collect();
    let waiting = ["recorded_waiting", "replayed_waiting"].map(column);
    let waits = ["recorded_mean_wait_seconds", "replayed_mean_wait_seconds"].map(column);
    let waiting_chart = chart(
        txt!(i18n, replay.chart_waiting),
        &Chart { labels: &labels, bars: &arrived, lines: &waiting, unit: Unit::Count },
    );
    let waits_chart = chart(
        txt!(i18n, replay.chart_waits),
        &Chart { labels: &labels, bars: &[], lines: &waits, unit: Unit::Seconds },
    );
    let body: Vec<AnyView> = (0..labels.len())
        .map(|place| {
            let count = |column: &[Option<f64>]| {
                column.get(place).copied().flatten().map(|value| rounded(value).to_string()).unwrap_or_default()
            };
            let wait = |column: &[Option<f64>]| {
                column.get(place).copied().flatten().map_or_else(|| "–".into(), |value| clock(rounded(value)))
            };
            let [was, would] = &waiting;
            let [was_wait, would_wait] = &waits;
            let came = arrived.get(place).map(|value| rounded(*value).to_string()).unwrap_or_default();
            let cells = [came, count(was), count(would), wait(was_wait), wait(would_wait)];
            let cells: Vec<_> = cells.into_iter().map(|cell| view! { <td>{cell}</td> }.into_any()).collect();
            view! { <tr><th scope="row">{labels.get(place).cloned()}</th>{cells}</tr> }.into_any()
        })
        .collect();
    let head = heads(&[
        txt!(i18n, replay.time),
        txt!(i18n, replay.arrived),
        both(i18n, keys::replay::waiting, keys::replay::recorded),
        both(i18n, keys::replay::waiting, keys::replay::replayed),
        both(i18n, keys::replay::mean_wait, keys::replay::recorded),
        both(i18n, keys::replay::mean_wait, keys::replay::replayed),
    ]);
    let legend = move || {
        view! {
            <span class="chart-key chart-key-0">{txt!(i18n, replay.recorded)}</span>
            <span class="chart-key chart-key-1">{txt!(i18n, replay.replayed)}</span>
        }
        .into_any()
    };
    view! {
        <section class="replay-part">
            <h2>{txt!(i18n, replay.chart_waiting)}</h2>
            <p class="chart-legend">
                <span class="chart-key chart-key-bar">{txt!(i18n, replay.arrived)}</span>
                {legend()}
            </p>
            {waiting_chart}
            <h2>{txt!(i18n, replay.chart_waits)}</h2>
            <p class="chart-legend">{legend()}</p>
            {waits_chart}
            <details class="replay-data">
                <summary>{txt!(i18n, replay.data)}</summary>
                <div class="table-scroll" tabindex="0" role="region" aria-label=txt!(i18n, replay.data)>
                    <table class="table">{head} <tbody>{body}</tbody></table>
                </div>
            </details>
        </section>
    }
    .into_any()
}

/// Who got how much: all who were there, or would have been.
fn agents(i18n: I18n, view: &Value) -> AnyView {
    let [was, would] = sides(view);
    let key = |agent: &Value| (number(agent, "user_id"), text(agent, "name"));
    let mut who: Vec<_> = list(&was, "agents").iter().map(key).collect();
    who.extend(list(&would, "agents").iter().map(key).filter(|agent| !who.contains(agent)).collect::<Vec<_>>());
    let rows: Vec<AnyView> = who
        .into_iter()
        .map(|agent| {
            let cells = [&was, &would].map(|side| {
                let found = list(side, "agents").iter().find(|other| key(other) == agent);
                let got = found.map_or_else(|| "–".into(), |found| number(found, "attended").to_string());
                let there = found.map(there).unwrap_or_default();
                view! {
                    <td>{got}</td>
                    <td class="replay-there">{there}</td>
                }
                .into_any()
            });
            let name = if agent.0 == 0 { None } else { Some(agent.1.clone()) };
            let number = agent.1;
            let name = plain::text(move || match &name {
                Some(name) => name.clone(),
                None => word!(i18n, replay.one_more_number, number = number.trim_start_matches('+')),
            });
            view! { <tr><th scope="row">{name}</th>{Vec::from(cells)}</tr> }.into_any()
        })
        .collect();
    let head = heads(&[
        txt!(i18n, campaigns.member),
        txt!(i18n, replay.recorded),
        both(i18n, keys::replay::there, keys::replay::recorded),
        txt!(i18n, replay.replayed),
        both(i18n, keys::replay::there, keys::replay::replayed),
    ]);
    view! {
        <section class="replay-part">
            <h2>{txt!(i18n, replay.agents)}</h2>
            <div class="table-scroll" tabindex="0" role="region" aria-label=txt!(i18n, replay.agents)>
                <table class="table" data-testid="replay-agents">{head} <tbody>{rows}</tbody></table>
            </div>
        </section>
    }
    .into_any()
}

/// `08:55–17:02`, from the first coming to the last going, or nothing.
fn there(agent: &Value) -> String {
    let shifts = list(agent, "shifts");
    let (Some(first), Some(last)) = (shifts.first(), shifts.last()) else { return String::new() };
    format!("{}–{}", text(first, "from"), text(last, "to"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorter_waits_are_better_and_a_higher_level_is() {
        use Measure as M;
        for (measure, difference, verdict) in [
            (M::Wait, -30.0, Some(true)),
            (M::Wait, 30.0, Some(false)),
            (M::Wait, 0.4, None),
            (M::Left, 1.0, Some(false)),
            (M::Count, 5.0, None),
            (M::Percent, 0.1, Some(true)),
            (M::Percent, 0.04, None),
            (M::Index, -0.01, Some(false)),
        ] {
            assert_eq!(judged(measure, difference), verdict, "{measure:?} {difference}");
        }
    }
}
