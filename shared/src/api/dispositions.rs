//! How interactions end (S106): a tree of dispositions, told as an outline. Each campaign has its own, and those of all
//! campaigns besides. Only what has nothing below it is chosen.

use crate::{
    case::lower,
    ids::DispositionId,
    validate::{Issues, Rule, Validate},
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Deepest level of the outline; the first is 0.
pub const MAX_LEVEL: u32 = 3;
/// Most dispositions of one campaign, and of all.
pub const MAX_DISPOSITIONS: usize = 500;
/// Longest name, in characters.
pub const MAX_NAME: usize = 80;

/// A line of the outline. What stands below it follows it, one level deeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DispositionView {
    /// Disposition.
    pub id: DispositionId,
    /// 0–3.
    pub level: u32,
    /// Name.
    pub name: String,
}

/// A line of an outline that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DispositionInput {
    /// The one that it was until now, by another name or at another place; absent: a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<DispositionId>,
    /// 0–3; at most one more than the line before.
    pub level: u32,
    /// 1–80 characters; differs from its neighbours below the same line.
    pub name: String,
}

/// The dispositions of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DispositionsView {
    /// Nothing is finished without one, as long as there is any.
    pub required: bool,
    /// Its own.
    pub items: Vec<DispositionView>,
    /// Those of all campaigns.
    pub global: Vec<DispositionView>,
}

/// Replaces the dispositions of a campaign. What is left out can no longer be chosen, and names what was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetDispositions {
    /// Nothing is finished without one, as long as there is any.
    #[serde(default)]
    pub required: bool,
    /// At most 500.
    pub items: Vec<DispositionInput>,
}

/// Replaces the dispositions of all campaigns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetGlobalDispositions {
    /// At most 500.
    pub items: Vec<DispositionInput>,
}

impl Validate for SetDispositions {
    fn validate(&self, issues: &mut Issues) {
        judge(issues, &self.items);
    }
}

impl Validate for SetGlobalDispositions {
    fn validate(&self, issues: &mut Issues) {
        judge(issues, &self.items);
    }
}

fn judge(issues: &mut Issues, items: &[DispositionInput]) {
    issues.items("items", items.len(), MAX_DISPOSITIONS);
    let mut known = HashSet::new();
    let mut paths = HashSet::new();
    let mut above: Vec<String> = Vec::new();
    for (index, item) in items.iter().enumerate().take(MAX_DISPOSITIONS) {
        let field = |name: &str| format!("items/{index}/{name}");
        let level = usize::try_from(item.level).unwrap_or(usize::MAX);
        if item.level > MAX_LEVEL {
            issues.range(&field("level"), item.level.into(), 0, MAX_LEVEL.into());
            continue;
        }
        if level > above.len() {
            issues.add(&field("level"), Rule::Inconsistent, "is more than one level below the line before");
            continue;
        }
        issues.single_line(&field("name"), &item.name, 1, MAX_NAME);
        if item.name.trim() != item.name {
            issues.add(&field("name"), Rule::OuterBlanks, "may not begin or end with a blank");
        }
        above.truncate(level);
        above.push(lower(&item.name));
        if !paths.insert(above.clone()) {
            issues.add(&field("name"), Rule::NotUnique, "stands below the same line twice");
        }
        if item.id.is_some_and(|id| !known.insert(id)) {
            issues.add(&field("id"), Rule::NotUnique, "stands in the outline twice");
        }
    }
}

/// Whether each line of an outline has nothing below it, by its level and those that follow.
#[must_use]
pub fn leaves(levels: &[u32]) -> Vec<bool> {
    levels.iter().enumerate().map(|(place, level)| levels.get(place + 1).is_none_or(|next| next <= level)).collect()
}

/// Each line's name after those above it.
#[must_use]
pub fn paths<'a>(lines: impl Iterator<Item = (u32, &'a str)>) -> Vec<String> {
    let mut above: Vec<&str> = Vec::new();
    lines
        .map(|(level, name)| {
            above.truncate(usize::try_from(level).unwrap_or(usize::MAX));
            above.push(name);
            above.join(" › ")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(level: u32, name: &str) -> DispositionInput {
        DispositionInput { id: None, level, name: name.into() }
    }

    fn faults(items: Vec<DispositionInput>) -> Vec<(String, Rule)> {
        let form = SetDispositions { required: true, items };
        form.check().err().unwrap_or_default().into_iter().map(|issue| (issue.pointer, issue.rule)).collect()
    }

    #[test]
    fn an_outline_goes_down_step_by_step_and_names_differ_below_one_line() {
        let good = vec![line(0, "Factura"), line(1, "Importe"), line(1, "Plazo"), line(0, "Envío"), line(1, "Plazo")];
        assert_eq!(faults(good.clone()), []);
        let levels: Vec<u32> = good.iter().map(|line| line.level).collect();
        assert_eq!(leaves(&levels), [false, true, true, false, true]);
        let paths = paths(good.iter().map(|line| (line.level, line.name.as_str())));
        assert_eq!(paths[1..], ["Factura › Importe", "Factura › Plazo", "Envío", "Envío › Plazo"]);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_said_of_that_line() {
        for (items, pointer, rule) in [
            (vec![line(1, "A")], "/items/0/level", Rule::Inconsistent),
            (vec![line(0, "A"), line(2, "B")], "/items/1/level", Rule::Inconsistent),
            (vec![line(4, "A")], "/items/0/level", Rule::OutOfRange),
            (vec![line(0, "A"), line(0, "a")], "/items/1/name", Rule::NotUnique),
            (vec![line(0, "")], "/items/0/name", Rule::Required),
            (vec![line(0, " A")], "/items/0/name", Rule::OuterBlanks),
            (vec![line(0, &"x".repeat(81))], "/items/0/name", Rule::TooLong),
        ] {
            assert_eq!(faults(items), [(pointer.to_owned(), rule)]);
        }
        let twice = |name| DispositionInput { id: Some(DispositionId(3)), ..line(0, name) };
        assert_eq!(faults(vec![twice("A"), twice("B")]), [("/items/1/id".to_owned(), Rule::NotUnique)]);
        assert_eq!(faults((0..501).map(|n| line(0, &n.to_string())).collect())[0].1, Rule::TooLong);
    }
}
