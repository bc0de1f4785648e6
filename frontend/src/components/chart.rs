//! Charts over time, drawn as plain SVG: bars behind, lines before. The text of the drawing is made by pure functions, and
//! holds nothing but numbers and times; whoever cannot see it reads the table that stands behind each chart.

use crate::format::clock;
use leptos::prelude::*;
use std::fmt::Write as _;

/// What a chart shows: a point for each label.
pub struct Chart<'a> {
    /// Times under the chart, `HH:MM`.
    pub labels: &'a [String],
    /// Bars, or none.
    pub bars: &'a [f64],
    /// Lines; a point that is absent leaves a gap.
    pub lines: &'a [Vec<Option<f64>>],
    /// What the values are.
    pub unit: Unit,
}

/// What the values of a chart are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Numbers of things.
    Count,
    /// Seconds, shown as a clock.
    Seconds,
}

// The drawing's own measure; the page scales it.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 200;
const LEFT: i64 = 52;
const RIGHT: i64 = 8;
const TOP: i64 = 8;
const BOTTOM: i64 = 22;
/// Labels of the axis of time, at most.
const TIMES: usize = 9;

/// A round number that is not below `value`: 1, 2, 5, 10, 20 …; of seconds such as a clock shows.
fn nice(value: i64, unit: Unit) -> i64 {
    const CLOCK: [i64; 11] = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
    if unit == Unit::Seconds {
        let hours = value.saturating_add(3_599).div_euclid(3_600).saturating_mul(3_600);
        return CLOCK.into_iter().find(|step| *step >= value).unwrap_or(hours);
    }
    let mut step = 1_i64;
    loop {
        for factor in [1, 2, 5] {
            let next = step.saturating_mul(factor);
            if next >= value || next == i64::MAX {
                return next;
            }
        }
        step = step.saturating_mul(10);
    }
}

fn whole(value: f64) -> i64 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "counts and seconds of a day")]
    let whole = value.round() as i64;
    whole
}

/// Tenths of the drawing's measure, as text: `123.4`. Printing floats would weigh more than all charts.
fn tenths(value: i64) -> String {
    format!("{}.{}", value.div_euclid(10), value.rem_euclid(10))
}

fn float(value: i64) -> f64 {
    #[expect(clippy::as_conversions, reason = "small whole numbers")]
    let value = value as f64;
    value
}

/// The inside of the SVG.
fn drawing(chart: &Chart<'_>) -> String {
    let count = chart.labels.len();
    let values = chart.lines.iter().flatten().flatten().copied().chain(chart.bars.iter().copied());
    let most = values.fold(1.0_f64, f64::max);
    // Four lines across, at whole values.
    let step = nice(whole(most.ceil()).saturating_add(3).div_euclid(4).max(1), chart.unit);
    let top = step.saturating_mul(whole((most / float(step)).ceil())).max(step);
    let (plot_width, plot_height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let columns = i64::try_from(count).unwrap_or(i64::MAX).max(1);
    // In tenths.
    let x = |place: usize, half: i64| {
        let place = i64::try_from(place).unwrap_or_default();
        LEFT * 10 + plot_width * (place * 20 + half * 10) / (columns * 2)
    };
    let y = |value: f64| (TOP + plot_height) * 10 - whole(value / float(top) * float(plot_height) * 10.0);
    let mut out = String::new();
    let mut value = 0;
    while value <= top {
        let at = tenths(y(float(value)));
        let _ = write!(
            out,
            "<line class=\"chart-grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{at}\" y2=\"{at}\"/>\
             <text class=\"chart-text\" x=\"{}\" y=\"{at}\" dy=\"4\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8,
            match chart.unit {
                Unit::Count => value.to_string(),
                Unit::Seconds => clock(value),
            }
        );
        value += step;
    }
    let least = count.div_ceil(TIMES).max(1);
    // Of half or quarter hours: whole hours.
    let every = [1, 2, 4, 6, 8, 12, 16, 24].into_iter().find(|every| *every >= least).unwrap_or(least);
    for (place, label) in chart.labels.iter().enumerate().step_by(every) {
        let (at, below) = (tenths(x(place, 0)), HEIGHT - 5);
        // It becomes markup: whatever was sent, only a time gets in.
        let time: String = label.chars().filter(|c| c.is_ascii_digit() || *c == ':').collect();
        let _ = write!(out, "<text class=\"chart-text\" x=\"{at}\" y=\"{below}\" text-anchor=\"middle\">{time}</text>");
    }
    for (place, bar) in chart.bars.iter().enumerate().filter(|(_, bar)| **bar > 0.0) {
        let (from, to, high) = (x(place, 0) + 10, x(place, 2) - 10, y(*bar));
        let (width, height) = ((to - from).max(5), (TOP + plot_height) * 10 - high);
        let [from, high, width, height] = [from, high, width, height].map(tenths);
        let _ =
            write!(out, "<rect class=\"chart-bar\" x=\"{from}\" y=\"{high}\" width=\"{width}\" height=\"{height}\"/>");
    }
    for (number, line) in chart.lines.iter().enumerate() {
        let mut path = String::new();
        let mut is_drawing = false;
        for (place, value) in line.iter().enumerate() {
            let Some(value) = value else {
                is_drawing = false;
                continue;
            };
            let verb = if is_drawing { 'L' } else { 'M' };
            let (across, up) = (tenths(x(place, 1)), tenths(y(*value)));
            // A point between two gaps is a dot.
            let _ = write!(path, "{verb}{across} {up}{}", if is_drawing { "" } else { "h0" });
            is_drawing = true;
        }
        let _ = write!(out, "<path class=\"chart-line chart-line-{number}\" d=\"{path}\"/>");
    }
    out
}

/// A chart; `label` says what it shows.
#[inline(never)]
pub fn chart(label: Signal<String>, chart: &Chart<'_>) -> AnyView {
    let inside = drawing(chart);
    view! {
        <div class="chart" tabindex="0" role="group">
            <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=label inner_html=inside></svg>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(bars: &[f64], lines: &[Vec<Option<f64>>]) -> String {
        let labels: Vec<String> = (0..4).map(|hour| format!("{hour:02}:00")).collect();
        drawing(&Chart { labels: &labels, bars, lines, unit: Unit::Count })
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        for (value, next) in [(1, 1), (3, 5), (6, 10), (11, 20), (21, 50), (99, 100), (101, 200)] {
            assert_eq!(nice(value, Unit::Count), next, "{value}");
        }
        for (value, next) in [(3, 5), (61, 120), (500, 600), (3_601, 7_200)] {
            assert_eq!(nice(value, Unit::Seconds), next, "{value} s");
        }
        assert!(drawn(&[7.0, 0.0, 0.0, 0.0], &[]).contains(">8</text>"), "seven lies below eight, two a line");
        assert!(drawn(&[], &[]).contains(">1</text>"), "an empty chart has an axis");
    }

    #[test]
    fn a_gap_interrupts_the_line() {
        let path = drawn(&[], &[vec![Some(0.0), Some(1.0), None, Some(1.0)]]);
        let d = path.split("d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert_eq!((d.matches('M').count(), d.matches('L').count()), (2, 1), "{d}");
        assert!(d.starts_with("M134.5 178.0h0L299.5 8.0"), "{d}");
    }

    #[test]
    fn everything_stays_within_the_drawing() {
        let all = drawn(&[1.0, 250.0, 3.0, 0.0], &[vec![Some(250.0); 4], vec![Some(0.4); 4]]);
        for number in all.split(['"', ' ', 'M', 'L', 'h', '>', '<']).filter_map(|part| part.parse::<f64>().ok()) {
            assert!((0.0..=720.0).contains(&number), "{number} in {all}");
        }
        assert_eq!(all.matches("<rect").count(), 3, "no bar for nothing");
    }
}
