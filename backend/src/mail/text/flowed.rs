//! `format=flowed` text (RFC 3676).

/// Joins the soft line breaks of flowed text and removes its space-stuffing. Lines of another quote depth and the
/// signature mark are never joined.
#[must_use]
pub fn unflow(text: &str, delete_space: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if open == Some(depth) && !signature {
            if delete_space && result.ends_with(' ') {
                result.pop();
            }
        } else {
            if !result.is_empty() {
                result.push('\n');
            }
            result.extend(std::iter::repeat_n('>', depth));
            if depth > 0 {
                result.push(' ');
            }
        }
        result.push_str(content);
        open = (content.ends_with(' ') && !signature).then_some(depth);
        if result.is_empty() {
            // A leading empty line would otherwise vanish.
            result.push('\n');
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_breaks_join_and_hard_ones_stay() {
        assert_eq!(unflow("one \ntwo\nthree\n", false), "one two\nthree");
        assert_eq!(unflow("> a \n> b\n>> c \nd", false), "> a b\n>> c \nd");
        assert_eq!(unflow("日本 \n語", true), "日本語");
        assert_eq!(unflow(" > not a quote\n From x", false), "> not a quote\nFrom x");
        assert_eq!(unflow("Bye\n-- \nAna", false), "Bye\n-- \nAna");
    }
}
