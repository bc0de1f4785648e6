//! The single-page app, embedded: names that carry a hash may be kept for ever, `index.html` is asked for each time.
//! Compressed forms were made at build time; the best one that the browser takes is sent.

use actix_web::{HttpRequest, HttpResponse, http::header};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../frontend/dist"]
struct Assets;

/// Serves a file of the app; any other path is the app's own to route.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let name = if path.is_empty() || !is_file { "index.html" } else { path };
    // The compressed siblings are reached by negotiation, never by name.
    let found = if has_extension(name, "br") || has_extension(name, "gz") { None } else { Assets::get(name) };
    match found {
        Some(file) => answer(&request, name, file),
        None if is_file => HttpResponse::NotFound().content_type("text/plain").body("not found\n"),
        None => HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("This Posta was built without its page. Run `make spa` and start it again.\n"),
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

fn answer(request: &HttpRequest, name: &str, plain: EmbeddedFile) -> HttpResponse {
    let accepts = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let takes = |coding: &str| {
        accepts.split(',').any(|part| {
            let mut words = part.split(';').map(str::trim);
            words.next() == Some(coding) && !words.any(|word| word == "q=0" || word == "q=0.0")
        })
    };
    let (file, coding) = match (Assets::get(&format!("{name}.br")), Assets::get(&format!("{name}.gz"))) {
        (Some(file), _) if takes("br") => (file, Some("br")),
        (_, Some(file)) if takes("gzip") => (file, Some("gzip")),
        _ => (plain, None),
    };
    let tag = crate::kernel::secrets::hex(file.metadata.sha256_hash().first_chunk::<8>().unwrap_or(&[0; 8]));
    let etag = format!("\"{tag}\"");
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept-Encoding")).insert_header((header::ETAG, etag.clone()));
    let cache = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.insert_header((header::CACHE_CONTROL, cache));
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
    }
    if let Some(coding) = coding {
        response.insert_header((header::CONTENT_ENCODING, coding));
    }
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    response.content_type(kind).body(file.data.into_owned())
}

// `app-3f9c21ab.wasm`: the last part of the stem is at least eight hexadecimal digits.
fn is_hashed(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or("");
    stem.rsplit_once('-').is_some_and(|(_, hash)| hash.len() >= 8 && hash.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn only_hashed_names_are_kept() {
        assert!(is_hashed("app-3f9c21ab.wasm"));
        assert!(is_hashed("assets/squire-00112233445566aa.js"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("theme-boot.js"));
    }
}
