//! HTML of mail as a page of its own, for `<iframe sandbox>` (H3, DESIGN §4): nothing in it runs, and nothing loads but
//! our own pictures. What is put into it was cleaned before; this is the second wall.

use actix_web::HttpResponse;

/// Look of a mail inside its frame. The page behind it may be dark; a mail is written for white paper.
pub const MAIL_STYLE: &str = "html{background:#fff;color:#1b1f24;color-scheme:light}\
body{margin:0;padding:12px 14px;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;overflow-wrap:anywhere;max-width:72em}\
img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}\
blockquote{margin:.6em 0 .6em 0;padding-left:.8em;border-left:3px solid #d0d7de;color:#57606a}a{color:#0b57d0}";

/// Look of a designed mail: its own, on white paper.
pub const DESIGN_STYLE: &str = "html{background:#fff;color:#000;color-scheme:light}body{margin:0;padding:0}";

const POLICY: &str = "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
    img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'self'; frame-ancestors 'self'";

/// The page: clean HTML under clean styles.
#[must_use]
pub fn page(styles: &str, html: &str) -> String {
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"referrer\" content=\"no-referrer\"><base target=\"_blank\"><title>Mail</title>\
         <style>{styles}</style></head><body>{html}</body></html>"
    )
}

/// A page as an answer.
#[must_use]
pub fn answer(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("Content-Security-Policy", POLICY))
        .insert_header(("X-Frame-Options", "SAMEORIGIN"))
        .insert_header(("Cache-Control", "private, max-age=600"))
        .body(page)
}
