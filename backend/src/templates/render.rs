//! From what an administrator wrote to what is stored: rendered, cleaned, and looked through.

use super::{facts, images};
use crate::{
    kernel::{Error, Result},
    mail::{
        design::{self, Design},
        merge::names,
    },
};
use shared::{
    api::templates::{TemplateFormat, TemplateKind, TemplateWarning, TemplateWarningCode as Code},
    validate::Rule,
};

/// Gmail shows no more of a mail, in octets.
const SHOWN: usize = 102_000;

/// Renders and cleans a source. Costs time; for a blocking thread.
///
/// # Errors
/// `invalid`: it cannot be rendered.
pub fn render(kind: TemplateKind, format: TemplateFormat, source: &str) -> Result<Design> {
    let rendered;
    let document = match format {
        TemplateFormat::Html => source,
        TemplateFormat::Mjml => {
            rendered = design::render_mjml(source)
                .map_err(|error| Error::field("source", Rule::NotRenderable, error.to_string()))?;
            &rendered
        }
    };
    let own = |address: &str| images::token_of_path(address).map(|token| format!("cid:{}", images::content_id(token)));
    let mut design = design::clean(document, &own);
    if !kind.is_whole_mail() {
        design.css.clear();
    }
    Ok(design)
}

/// What is worth a look. `there` are the tokens of the pictures that are there.
pub fn look(
    kind: TemplateKind,
    source: &str,
    subject: &str,
    design: &Design,
    text: Option<&str>,
    there: &[String],
) -> Vec<TemplateWarning> {
    let mut warnings = Vec::new();
    let mut warn = |code, detail: Option<String>| warnings.push(TemplateWarning { code, detail });
    if kind != TemplateKind::MassMail {
        let mut seen: Vec<String> = Vec::new();
        for name in [subject, &design.html, text.unwrap_or("")].into_iter().flat_map(names) {
            if !facts::is_known(kind, &name) && !seen.contains(&name) {
                warn(Code::UnknownVariable, Some(name.clone()));
                seen.push(name);
            }
        }
    }
    let size = design.css.len().saturating_add(design.html.len());
    if size > SHOWN {
        warn(Code::TooLarge, Some(size.to_string()));
    }
    let mute = design.mute_pictures();
    if mute > 0 {
        warn(Code::MissingAlt, Some(mute.to_string()));
    }
    for address in design.pictures() {
        match images::token_of_cid(&address) {
            Some(token) if !there.iter().any(|known| known == token) => {
                warn(Code::MissingImage, Some(token.to_owned()))
            }
            Some(_) => {}
            None if address.starts_with("http") => warn(Code::RemoteImage, Some(address)),
            None => {}
        }
    }
    if !design::affordable(source) {
        warn(Code::OnlyWords, None);
    }
    if !kind.is_whole_mail() && source.to_ascii_lowercase().contains("<style") {
        warn(Code::StyleSheetDropped, None);
    }
    if design.text().trim().is_empty() && design.pictures().is_empty() {
        warn(Code::Empty, None);
    }
    warnings
}
