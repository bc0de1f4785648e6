//! Dispositions as people type them: a line each, what stands below another indented by two blanks or a tab.

use shared::{
    api::dispositions::{DispositionInput, DispositionView, paths},
    ids::DispositionId,
};

/// Blanks of one level.
const STEP: usize = 2;

/// The outline as text.
pub fn text_of(lines: &[DispositionView]) -> String {
    let mut text = String::new();
    for line in lines {
        for _ in 0..line.level {
            text.push_str("  ");
        }
        text.push_str(&line.name);
        text.push('\n');
    }
    text
}

/// What was typed, as an outline. A line keeps its identity as long as it has the name at the place that it had; where as
/// many lines of the same levels were typed in place of others, they are those by new names. Empty lines are none.
pub fn read(text: &str, known: &[DispositionView]) -> Vec<DispositionInput> {
    let mut items: Vec<DispositionInput> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let blanks: usize =
                line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { STEP } else { 1 }).sum();
            let level = u32::try_from(blanks / STEP).unwrap_or(u32::MAX);
            DispositionInput { id: None, level, name: line.trim().to_owned() }
        })
        .collect();
    let before = paths(known.iter().map(|line| (line.level, line.name.as_str())));
    let now = paths(items.iter().map(|item| (item.level, item.name.as_str())));
    let mut met: Vec<Option<usize>> = vec![None; items.len()];
    for (place, path) in now.iter().enumerate() {
        let found = before.iter().enumerate().find(|(there, old)| *old == path && !met.contains(&Some(*there)));
        if let Some(slot) = met.get_mut(place) {
            *slot = found.map(|(there, _)| there);
        }
    }
    rename(&mut met, &items, known);
    for (item, met) in items.iter_mut().zip(&met) {
        item.id = met.and_then(|place| known.get(place)).map(|line: &DispositionView| -> DispositionId { line.id });
    }
    items
}

/// Pairs the lines of each gap between lines that are known with those that stood there, if there are as many of the same
/// levels.
fn rename(met: &mut [Option<usize>], items: &[DispositionInput], known: &[DispositionView]) {
    let mut place = 0;
    while place < met.len() {
        if met.get(place).copied().flatten().is_some() {
            place += 1;
            continue;
        }
        let end = met.iter().skip(place).position(Option::is_some).map_or(met.len(), |far| place + far);
        let from = place.checked_sub(1).and_then(|before| met.get(before).copied().flatten()).map_or(0, |at| at + 1);
        let to = met.get(end).copied().flatten().unwrap_or(known.len());
        let taken = |there: &usize| met.contains(&Some(*there));
        let gap: Vec<usize> = (from..to).filter(|there| !taken(there)).collect();
        let levels = |one: Option<u32>, other: Option<u32>| one == other;
        let same = gap.len() == end - place
            && gap.iter().zip(place..end).all(|(there, here)| {
                levels(known.get(*there).map(|line| line.level), items.get(here).map(|item| item.level))
            });
        if same {
            for (there, here) in gap.into_iter().zip(place..end) {
                if let Some(slot) = met.get_mut(here) {
                    *slot = Some(there);
                }
            }
        }
        place = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<DispositionView> {
        [(0, "Factura"), (1, "Importe"), (1, "Plazo"), (0, "Envío")]
            .into_iter()
            .zip(1..)
            .map(|((level, name), id)| DispositionView { id: DispositionId(id), level, name: name.into() })
            .collect()
    }

    fn ids(text: &str) -> Vec<(i64, u32)> {
        read(text, &known()).into_iter().map(|item| (item.id.map_or(0, |id| id.0), item.level)).collect()
    }

    #[test]
    fn what_is_written_out_reads_as_the_same() {
        assert_eq!(text_of(&known()), "Factura\n  Importe\n  Plazo\nEnvío\n");
        assert_eq!(ids(&text_of(&known())), [(1, 0), (2, 1), (3, 1), (4, 0)]);
    }

    #[test]
    fn tabs_count_as_a_step_and_empty_lines_as_none() {
        assert_eq!(ids("Factura\n\tImporte\n\n   \n\tPlazo\nEnvío"), [(1, 0), (2, 1), (3, 1), (4, 0)]);
    }

    #[test]
    fn a_line_by_another_name_is_the_same_one() {
        assert_eq!(ids("Factura\n  Cantidad\n  Plazo\nEnvío"), [(1, 0), (2, 1), (3, 1), (4, 0)]);
        assert_eq!(ids("Factura\n  Importe\n  Plazo\nEntrega"), [(1, 0), (2, 1), (3, 1), (4, 0)]);
        // Those below a renamed one stand elsewhere by their names, and are told by their places.
        assert_eq!(ids("Cobro\n  Importe\n  Plazo\nEnvío"), [(1, 0), (2, 1), (3, 1), (4, 0)]);
    }

    #[test]
    fn what_comes_is_new_and_what_goes_takes_nothing_along() {
        assert_eq!(ids("Factura\n  Importe\n  Otro\n  Plazo\nEnvío"), [(1, 0), (2, 1), (0, 1), (3, 1), (4, 0)]);
        assert_eq!(ids("Factura\n  Plazo\nEnvío"), [(1, 0), (3, 1), (4, 0)]);
        assert_eq!(ids("Envío\nFactura\n  Importe"), [(4, 0), (1, 0), (2, 1)]);
        assert_eq!(ids(""), []);
    }
}
