//! The HTML pages: `frontend/*.html` with `{{name}}` replaced by the address of the asset of that name, and
//! `{{lazy}}` by one `<meta name="posta-asset">` for each asset that a screen loads when it needs it.
//! Also the files that are served as they are: the favicon and `frontend/public`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};

use crate::layout::Layout;
use crate::site::{Role, Site};

/// Adds pages and public files.
///
/// # Errors
/// When a page names an asset that does not exist, holds something a strict Content-Security-Policy would refuse, or a
/// file cannot be read.
pub fn add(layout: &Layout, site: &mut Site) -> Result<()> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(&layout.frontend)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "html") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            pages.push((name.clone(), fill(&text, site).with_context(|| name)?));
        }
    }
    if !pages.iter().any(|(name, _)| name == "index.html") {
        bail!("{} is missing", layout.frontend.join("index.html").display());
    }
    for (name, text) in pages {
        site.add_file(&name, text.into_bytes());
    }
    let favicon = layout.frontend.join("bundle/page/favicon.svg");
    site.add_file("favicon.svg", fs::read(&favicon).with_context(|| format!("cannot read {}", favicon.display()))?);
    let public = layout.frontend.join("public");
    if public.is_dir() {
        copy(&public, &public, site)?;
    }
    Ok(())
}

fn copy(folder: &Path, base: &Path, site: &mut Site) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            copy(&path, base, site)?;
        } else {
            let name = path.strip_prefix(base)?.to_str().ok_or_else(|| anyhow!("{} is not UTF-8", path.display()))?;
            site.add_file(name, fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(())
}

fn fill(template: &str, site: &Site) -> Result<String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").ok_or_else(|| anyhow!("a {{{{ is never closed"))?;
        out.push_str(before);
        match name.trim() {
            "lazy" => out.push_str(&lazy(site)),
            name => out.push_str(&site.url(name).ok_or_else(|| anyhow!("{{{{{name}}}}} names no asset"))?),
        }
        rest = after;
    }
    out.push_str(rest);
    refuse_inline(&out)?;
    Ok(out)
}

fn lazy(site: &Site) -> String {
    let tags: Vec<_> = site
        .assets()
        .filter(|(_, placed)| placed.role == Role::Lazy)
        .map(|(name, placed)| format!("<meta name=\"posta-asset\" data-name=\"{name}\" content=\"/{}\">", placed.path))
        .collect();
    tags.join("\n    ")
}

/// The server's Content-Security-Policy would silently drop these: better that the build fails.
fn refuse_inline(html: &str) -> Result<()> {
    let lower = html.to_ascii_lowercase();
    for tag in lower.split("<script").skip(1) {
        let attributes = tag.split('>').next().unwrap_or_default();
        if !attributes.contains(" src=") {
            bail!("a script without src would be refused by the Content-Security-Policy");
        }
    }
    if lower.contains("<style") || lower.contains(" style=") {
        bail!("an inline style would be refused by the Content-Security-Policy");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let mut site = Site::default();
        site.add_asset("app.js", b"1".to_vec(), Role::Page);
        site.add_asset("editor/a.js", b"2".to_vec(), Role::Lazy);
        site
    }

    #[test]
    fn names_become_addresses() {
        let site = site();
        let page = fill("<script src=\"{{ app.js }}\"></script>{{lazy}}!", &site).unwrap();
        let (app, lazy) = (site.url("app.js").unwrap(), site.url("editor/a.js").unwrap());
        let meta = format!("<meta name=\"posta-asset\" data-name=\"editor/a.js\" content=\"{lazy}\">");
        assert_eq!(page, format!("<script src=\"{app}\"></script>{meta}!"));
    }

    #[test]
    fn an_unknown_name_is_refused() {
        assert_eq!(fill("{{nope.js}}", &site()).unwrap_err().to_string(), "{{nope.js}} names no asset");
        assert_eq!(fill("{{app.js", &site()).unwrap_err().to_string(), "a {{ is never closed");
    }

    #[test]
    fn inline_code_and_style_are_refused() {
        for bad in ["<script>1</script>", "<SCRIPT type=module>1</SCRIPT>", "<style>a{}</style>", "<p style=\"x\">"] {
            assert!(fill(bad, &site()).is_err(), "{bad}");
        }
        assert!(fill("<script type=\"module\" src=\"/a.js\"></script><link rel=\"stylesheet\">", &site()).is_ok());
    }
}
