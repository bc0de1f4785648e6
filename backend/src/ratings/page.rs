//! The public page: no scripts, no cookies, nothing loaded; works in any browser.

use super::{block::face, service::Shown};
use crate::mail::text::escape_html;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use shared::api::{
    access::Language,
    ratings::{BEST, MAX_COMMENT},
};

const STYLE: &str = "html{font:17px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#1b1f24;background:#f6f8fa}\
body{margin:0}main{max-width:34rem;margin:8vh auto;padding:1.5rem;background:#fff;border:1px solid #d0d7de;border-radius:12px}\
h1{font-size:1.3rem;margin:0 0 1rem}fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.5rem}\
legend{padding:0;margin-bottom:.5rem}label.f{flex:1 1 5.5rem;text-align:center;border:2px solid #d0d7de;border-radius:10px;padding:.6rem .3rem;cursor:pointer}\
label.f:has(:checked){border-color:#0b57d0;background:#eef4ff}label.f:has(:focus-visible){outline:3px solid #0b57d0;outline-offset:2px}\
.e{display:block;font-size:2rem;line-height:1.2}textarea{box-sizing:border-box;width:100%;min-height:6rem;font:inherit;padding:.5rem;border:1px solid #6e7781;border-radius:8px}\
.c{display:block;margin:1rem 0 .3rem}button{margin-top:1rem;font:inherit;padding:.7rem 1.4rem;border:0;border-radius:8px;background:#0b57d0;color:#fff;cursor:pointer}\
.t{margin-bottom:1.2rem;padding-bottom:1.2rem;border-bottom:1px solid #d0d7de}.n{color:#57606a;font-size:.9rem}\
@media(prefers-color-scheme:dark){html{background:#0d1117;color:#e6edf3}main{background:#161b22;border-color:#30363d}label.f{border-color:#30363d}\
label.f:has(:checked){background:#1f2d44;border-color:#4c8dff}textarea{background:#0d1117;color:inherit;border-color:#8b949e}.t{border-color:#30363d}.n{color:#9da7b1}}";

/// The page's policy: its own style by its digest, styles of the thanks in attributes, its own form.
pub fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src-elem 'sha256-{digest}'; style-src-attr 'unsafe-inline'; img-src data:; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

struct Words {
    lang: &'static str,
    title: &'static str,
    choose: &'static str,
    comment: &'static str,
    send: &'static str,
    change: &'static str,
    thanks: &'static str,
    said: &'static str,
    changeable: &'static str,
    gone_title: &'static str,
    gone: &'static str,
    many_title: &'static str,
    many: &'static str,
}

const ES: Words = Words {
    lang: "es",
    title: "Valoración",
    choose: "Elija una cara:",
    comment: "Comentario (si lo desea)",
    send: "Enviar",
    change: "Cambiar mi valoración",
    thanks: "Gracias por su valoración.",
    said: "Su valoración:",
    changeable: "Puede cambiarla durante 7 días.",
    gone_title: "El enlace no es válido",
    gone: "Este enlace no es válido o ha caducado.",
    many_title: "Demasiadas peticiones",
    many: "Espere un momento y vuelva a intentarlo.",
};

const EN: Words = Words {
    lang: "en",
    title: "Rating",
    choose: "Choose a face:",
    comment: "Comment (if you like)",
    send: "Send",
    change: "Change my rating",
    thanks: "Thank you for your rating.",
    said: "Your rating:",
    changeable: "You can change it for 7 days.",
    gone_title: "The link is not valid",
    gone: "This link is not valid, or has expired.",
    many_title: "Too many requests",
    many: "Wait a moment and try again.",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::Es => &ES,
        Language::En => &EN,
    }
}

/// The language that a browser asks for, by `Accept-Language`; `other` where it asks for none of ours.
pub fn language(accepts: &str, other: Language) -> Language {
    let mut wanted: Vec<(f32, Language)> = Vec::new();
    for part in accepts.split(',').take(20) {
        let mut words = part.split(';').map(str::trim);
        let tag = words.next().unwrap_or_default().to_ascii_lowercase();
        let weight = words.find_map(|word| word.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match tag.split('-').next() {
            Some("es") => wanted.push((weight, Language::Es)),
            Some("en") => wanted.push((weight, Language::En)),
            _ => {}
        }
    }
    let mut best: Option<(f32, Language)> = None;
    for (weight, language) in wanted {
        if weight > 0.0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, language));
        }
    }
    best.map_or(other, |(_, language)| language)
}

/// The page of a good link. `chosen` is the face that was clicked in the mail.
pub fn of(shown: &Shown, token: &str, chosen: Option<i32>, language: Language) -> String {
    let own = words(language);
    let (rating, campaign) = (&shown.rating, &shown.words);
    let sender = if campaign.from_name.trim().is_empty() { &campaign.name } else { &campaign.from_name };
    let heading = if campaign.prompt.trim().is_empty() { own.title } else { &campaign.prompt };
    let mut main = String::new();
    if let Some(score) = rating.score {
        let (face, says) = face(score, language);
        let thanks = match campaign.thanks.trim() {
            "" => format!("<p>{}</p>", own.thanks),
            html => html.to_owned(),
        };
        main.push_str(&format!(
            "<div class=\"t\" role=\"status\">{thanks}<p>{} <span aria-hidden=\"true\">{face}</span> {says}</p></div>",
            own.said
        ));
    }
    main.push_str(&format!("<h1>{}</h1>", escape_html(heading)));
    if shown.open {
        let checked = chosen.or(rating.score);
        let faces: String = (1..=BEST).map(|score| radio(score, checked == Some(score), language)).collect();
        let button = if rating.score.is_some() { own.change } else { own.send };
        let note =
            if rating.score.is_some() { format!("<p class=\"n\">{}</p>", own.changeable) } else { String::new() };
        main.push_str(&format!(
            "<form method=\"post\" action=\"/rate/{}\"><fieldset><legend>{}</legend>{faces}</fieldset>\
             <label class=\"c\" for=\"comment\">{}</label>\
             <textarea id=\"comment\" name=\"comment\" maxlength=\"{MAX_COMMENT}\">{}</textarea>\
             <button type=\"submit\">{button}</button>{note}</form>",
            escape_html(token),
            own.choose,
            own.comment,
            escape_html(&rating.comment),
        ));
    }
    main.push_str(&format!("<p class=\"n\">{}</p>", escape_html(sender)));
    whole(own, own.title, &main)
}

fn radio(score: i32, checked: bool, language: Language) -> String {
    let (face, says) = face(score, language);
    let checked = if checked { " checked" } else { "" };
    format!(
        "<label class=\"f\"><span class=\"e\" aria-hidden=\"true\">{face}</span>\
         <input type=\"radio\" name=\"score\" value=\"{score}\" required{checked}> {says}</label>"
    )
}

/// The page of a link that is not good, or not any more; which of the two is not told.
pub fn gone(language: Language) -> String {
    let own = words(language);
    whole(own, own.gone_title, &format!("<h1>{}</h1><p>{}</p>", own.gone_title, own.gone))
}

/// The page for whoever asks too often.
pub fn too_many(language: Language) -> String {
    let own = words(language);
    whole(own, own.many_title, &format!("<h1>{}</h1><p>{}</p>", own.many_title, own.many))
}

fn whole(own: &Words, title: &str, main: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{main}</main></body></html>",
        own.lang
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_chooses_the_language() {
        for (accepts, language_wanted) in [
            ("es-MX,es;q=0.9,en;q=0.8", Language::Es),
            ("de, en;q=0.5, es;q=0.4", Language::En),
            ("en;q=0, es;q=0.1", Language::Es),
            ("fr", Language::Es),
            ("", Language::Es),
            ("en;q=nonsense", Language::Es),
        ] {
            assert_eq!(language(accepts, Language::Es), language_wanted, "{accepts}");
        }
    }
}
