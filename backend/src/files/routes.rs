//! `GET /files/{token}`: by signed link, since a browser sends no bearer token for a picture or a download (A8, H4).

use super::{Link, links::may_preview, remote::show_remote_image};
use crate::kernel::{Core, Result, http::routes::Routes};
use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    web,
};

/// Routes of this room.
pub fn routes(config: &mut Routes<'_, '_>) {
    config.service(download_file).service(show_remote_image);
}

/// Downloads a file by the signed URL that a message, a draft or a quarantine entry gave.
#[utoipa::path(
    tag = "files",
    params(("token" = String, Path, description = "Signed token")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream", body = Vec<u8>)),
    security(())
)]
#[get("/files/{token}")]
pub async fn download_file(
    request: HttpRequest,
    token: web::Path<String>,
    core: web::Data<Core>,
) -> Result<HttpResponse> {
    let link = Link::read(&core, &token)?;
    let etag = format!("\"{}\"", link.tag());
    let known = request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let mut response = HttpResponse::Ok();
    // The token is the right to read it; what it opens never changes.
    response
        .insert_header((header::CACHE_CONTROL, "private, max-age=3600, immutable"))
        .insert_header((header::ETAG, etag))
        .insert_header((
            "Content-Security-Policy",
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
        ))
        .insert_header(("X-Frame-Options", "SAMEORIGIN"));
    if known {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    let shown = link.inline && may_preview(&link.content_type);
    let kind = match link.content_type.as_str() {
        // Any character set is guessed by the browser; a text file must not be taken for anything else.
        "text/plain" => "text/plain; charset=utf-8",
        other => other,
    };
    let kind = if kind.parse::<mime_guess::Mime>().is_ok() && (shown || !kind.starts_with("text/html")) {
        kind.to_owned()
    } else {
        "application/octet-stream".to_owned()
    };
    response.insert_header(disposition(&link.name, shown)).content_type(kind);
    Ok(response.body(link.content(&core).await?))
}

fn disposition(name: &str, inline: bool) -> ContentDisposition {
    let ascii: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !"\"\\;%".contains(c) || c == ' ' { c } else { '_' }).collect();
    let extended =
        ExtendedValue { charset: Charset::Ext("UTF-8".into()), language_tag: None, value: name.as_bytes().to_vec() };
    ContentDisposition {
        disposition: if inline { DispositionType::Inline } else { DispositionType::Attachment },
        parameters: vec![DispositionParam::Filename(ascii), DispositionParam::FilenameExt(extended)],
    }
}
