//! The table that people read, and the JSON that programs read.

use std::fmt;

use serde::Serialize;

/// A bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// No less than this.
    AtLeast(f64),
    /// No more than this.
    AtMost(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    /// Wider by the factor by which this machine is slower.
    #[must_use]
    pub fn widened(self, factor: f64) -> Self {
        match self {
            Self::AtLeast(bound) => Self::AtLeast(bound / factor),
            Self::AtMost(bound) => Self::AtMost(bound * factor),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {}", short(*bound)),
            Self::AtMost(bound) => write!(f, "≤ {}", short(*bound)),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// What is measured.
    pub name: String,
    /// Unit of `ours` and `anchor`.
    pub unit: &'static str,
    /// Our figure.
    pub ours: f64,
    /// The anchor's name.
    pub anchor_name: Option<String>,
    /// The anchor's figure.
    pub anchor: Option<f64>,
    /// The figure that is judged, where it is not `ours`: a ratio, or a difference.
    pub judged: Option<f64>,
    /// The bar.
    pub must: Option<Bound>,
    /// What we want to be known for.
    pub aim: Option<Bound>,
    /// What a reader has to know.
    pub note: String,
}

impl Row {
    /// A figure of ours alone.
    #[must_use]
    pub fn figure(name: &str, unit: &'static str, ours: f64) -> Self {
        Self {
            name: name.to_owned(),
            unit,
            ours,
            anchor_name: None,
            anchor: None,
            judged: None,
            must: None,
            aim: None,
            note: String::new(),
        }
    }

    /// Beside an anchor, judged by the ratio.
    #[must_use]
    pub fn over(mut self, name: &str, anchor: f64) -> Self {
        self.judged = Some(if anchor > 0.0 { self.ours / anchor } else { 0.0 });
        self.anchor(name, anchor)
    }

    /// Beside an anchor, judged by this figure.
    #[must_use]
    pub fn judged(mut self, name: &str, anchor: f64, judged: f64) -> Self {
        self.judged = Some(judged);
        self.anchor(name, anchor)
    }

    fn anchor(mut self, name: &str, anchor: f64) -> Self {
        self.anchor_name = Some(name.to_owned());
        self.anchor = Some(anchor);
        self
    }

    /// With its bar and its aim.
    #[must_use]
    pub fn bars(mut self, must: Bound, aim: Bound) -> Self {
        self.must = Some(must);
        self.aim = Some(aim);
        self
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The figure that is held against the bounds.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.judged.unwrap_or(self.ours)
    }

    /// `aim`, `must`, `MISSED`, or nothing where there is no bar.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match (self.must, self.aim) {
            (_, Some(aim)) if aim.holds(self.value()) => "aim",
            (Some(must), _) if must.holds(self.value()) => "must",
            (Some(_), _) => "MISSED",
            _ => "",
        }
    }
}

/// All lines of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// By how much this machine was slower than the reference; bounds without an anchor are widened by it.
    pub calibration: f64,
    /// The lines.
    pub rows: Vec<Row>,
}

impl Report {
    /// An empty one.
    #[must_use]
    pub fn new(calibration: f64) -> Self {
        Self { calibration, rows: Vec::new() }
    }

    /// Lines that miss their bar.
    pub fn missed(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.verdict() == "MISSED")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "ours", "anchor", "judged", "must", "aim", "met"].map(str::to_owned);
        let lines: Vec<[String; 7]> = std::iter::once(head).chain(self.rows.iter().map(cells)).collect();
        let mut widths = [0_usize; 7];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for line in &lines {
            for (place, (cell, width)) in line.iter().zip(widths).enumerate() {
                let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
                match place {
                    0 => write!(f, "{cell}{padding}")?,
                    _ => write!(f, " | {padding}{cell}")?,
                }
            }
            writeln!(f)?;
        }
        for row in self.rows.iter().filter(|row| !row.note.is_empty()) {
            writeln!(f, "{}: {}", row.name, row.note)?;
        }
        writeln!(f, "calibration: this machine took {:.2} times the reference's time", self.calibration)
    }
}

fn cells(row: &Row) -> [String; 7] {
    let bound = |bound: Option<Bound>| bound.map_or_else(String::new, |bound| bound.to_string());
    [
        row.name.clone(),
        format!("{} {}", short(row.ours), row.unit),
        match (&row.anchor_name, row.anchor) {
            (Some(name), Some(anchor)) => format!("{name} {}", short(anchor)),
            _ => String::new(),
        },
        row.judged.map(short).unwrap_or_default(),
        bound(row.must),
        bound(row.aim),
        row.verdict().to_owned(),
    ]
}

/// Three figures that count.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_held_against_its_bars() {
        let row =
            |ours: f64| Row::figure("x", "/s", ours).over("y", 100.0).bars(Bound::AtLeast(0.6), Bound::AtLeast(1.0));
        assert_eq!([row(120.0).verdict(), row(70.0).verdict(), row(50.0).verdict()], ["aim", "must", "MISSED"]);
        let bound =
            Row::figure("x", "ms", 15.0).bars(Bound::AtMost(10.0).widened(2.0), Bound::AtMost(5.0).widened(2.0));
        assert_eq!((bound.verdict(), bound.value()), ("must", 15.0));
        assert_eq!(Row::figure("x", "", 1.0).verdict(), "");
    }

    #[test]
    fn the_table_lines_up() {
        let mut report = Report::new(1.0);
        report.rows.push(Row::figure("año", "mails/s", 1_234.5).note("sí"));
        report.rows.push(Row::figure("b", "ms", 0.25).judged("probe", 1.0, -0.75));
        let text = report.to_string();
        let lines: Vec<&str> = text.lines().take(3).collect();
        let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair.first() == pair.last()), "{text}");
        assert!(text.contains("año: sí") && text.contains("-0.75"));
    }
}
