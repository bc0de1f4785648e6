//! The `style` attribute, declaration by declaration.
//!
//! Values may hold words, numbers, colours and a few pure functions. Anything that CSS could turn into a request or
//! into an overlay (`url()`, `image-set()`, `position`, `transform`, escapes, comments) is left out whole.

const PROPERTIES: [&str; 48] = [
    "background",
    "background-color",
    "border",
    "border-collapse",
    "border-radius",
    "border-spacing",
    "caption-side",
    "clear",
    "color",
    "direction",
    "display",
    "empty-cells",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-position",
    "list-style-type",
    "margin",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "overflow-wrap",
    "padding",
    "page-break-after",
    "page-break-before",
    "page-break-inside",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-decoration-color",
    "text-decoration-line",
    "text-decoration-style",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
    "word-wrap",
];
const FAMILIES: [&str; 3] = ["margin-", "padding-", "border-"];
const FUNCTIONS: [&str; 5] = ["rgb", "rgba", "hsl", "hsla", "calc"];
const DISPLAYS: [&str; 10] = [
    "none",
    "block",
    "inline",
    "inline-block",
    "list-item",
    "table",
    "table-row",
    "table-cell",
    "table-row-group",
    "inline-table",
];

/// The declarations of a style attribute that are harmless, in their order; empty when none is.
pub fn filter(style: &str) -> String {
    let mut kept = String::new();
    for declaration in declarations(style).take(200) {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (property, value) = (property.trim().to_ascii_lowercase(), value.trim());
        if !known(&property) || !harmless(&property, value) {
            continue;
        }
        if !kept.is_empty() {
            kept.push(';');
        }
        kept.push_str(&property);
        kept.push(':');
        kept.push_str(value);
    }
    kept
}

fn known(property: &str) -> bool {
    PROPERTIES.contains(&property)
        || FAMILIES.iter().any(|family| {
            property.strip_prefix(family).is_some_and(|rest| {
                rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && !rest.contains("image")
            })
        })
}

/// Splits at semicolons outside quotes and parentheses.
fn declarations(style: &str) -> impl Iterator<Item = &str> {
    let mut quote: Option<char> = None;
    let mut depth = 0_usize;
    style.split(move |c| match (quote, c) {
        (Some(open), c) => {
            if c == open {
                quote = None;
            }
            false
        }
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (None, '(') => {
            depth += 1;
            false
        }
        (None, ')') => {
            depth = depth.saturating_sub(1);
            false
        }
        (None, ';') => depth == 0,
        _ => false,
    })
}

fn harmless(property: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let allowed = |c: char| c.is_alphanumeric() || " #%.,()'\"!-+*/_".contains(c);
    if value.is_empty() || value.len() > 500 || !value.chars().all(allowed) || lower.contains("/*") {
        return false;
    }
    if !quotes_are_closed(value) || !functions_are_known(&lower) {
        return false;
    }
    property != "display" || DISPLAYS.contains(&lower.trim_end_matches("!important").trim())
}

fn quotes_are_closed(value: &str) -> bool {
    let mut open: Option<char> = None;
    for c in value.chars().filter(|c| matches!(c, '"' | '\'')) {
        match open {
            None => open = Some(c),
            Some(quote) if quote == c => open = None,
            Some(_) => {}
        }
    }
    open.is_none()
}

/// Every parenthesis belongs to a known function (or to arithmetic inside one).
fn functions_are_known(value: &str) -> bool {
    let mut depth = 0_usize;
    let mut word = String::new();
    for c in value.chars() {
        match c {
            '(' => {
                let arithmetic = depth > 0 && word.is_empty();
                if !arithmetic && !FUNCTIONS.contains(&word.as_str()) {
                    return false;
                }
                depth += 1;
                word.clear();
            }
            ')' => {
                let Some(outer) = depth.checked_sub(1) else { return false };
                depth = outer;
                word.clear();
            }
            c if c.is_alphanumeric() || matches!(c, '-' | '_') => word.push(c),
            _ => word.clear(),
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::filter;

    #[test]
    fn looks_stay() {
        assert_eq!(
            filter("COLOR: #ff0000; font-family: 'Segoe UI', Arial"),
            "color:#ff0000;font-family:'Segoe UI', Arial"
        );
        assert_eq!(filter("border:none;border-top:solid #E1E1E1 1.0pt"), "border:none;border-top:solid #E1E1E1 1.0pt");
        assert_eq!(filter("background: rgb(1, 2, 3) !important"), "background:rgb(1, 2, 3) !important");
        assert_eq!(filter("width:calc((100% - 2px) * 3)"), "width:calc((100% - 2px) * 3)");
        assert_eq!(filter("display:none;mso-hide:all"), "display:none");
    }

    #[test]
    fn whatever_loads_or_covers_goes() {
        for style in [
            "background:url(http://x.example/a.png)",
            "background:URL ( 'http://x.example')",
            "background-image:url(x)",
            "background:\\75rl(http://x)",
            "background:u/**/rl(http://x)",
            "background:image-set('http://x' 1x)",
            "background:-webkit-image-set(url(x) 1x)",
            "background:expression(alert(1))",
            "border-image:url(x)",
            "border-image-source:x",
            "list-style:url(x)",
            "list-style-image:url(x)",
            "cursor:url(x),auto",
            "content:url(x)",
            "position:fixed",
            "position:absolute;top:0",
            "transform:scale(9)",
            "z-index:9",
            "behavior:url(x)",
            "-moz-binding:url(x)",
            "@import 'x'",
            "color:var(--x)",
            "--x:url(x)",
            "color:red}body{background:url(x)",
            "font-family:'x",
            "color:rgb(1,2,3",
            "color:)",
            "display:grid",
            "src:url(x)",
            "filter:url(x)",
            "mask:url(x)",
        ] {
            assert_eq!(filter(style), "", "{style}");
        }
        assert_eq!(filter("color:red;background:url(a;b);margin:0"), "color:red;margin:0");
    }
}
