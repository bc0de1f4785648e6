//! Pictures of templates: named by an unguessable token in the editor's source, by `cid:` in what is stored and sent.

use super::{queries, rows::ImageRow};
use crate::{
    kernel::{Core, Result, db::Connection},
    mail::{compose::Part, design::Design},
};
use diesel::QueryResult;

/// Where the editor and recipients' programs get a picture.
pub const PATH: &str = "/api/v1/template-images/";
/// What makes a Content-ID one of a template's picture.
const DOMAIN: &str = "@template.posta";
/// Characters of a token.
const TOKEN: usize = 32;

/// The Content-ID of a picture.
#[must_use]
pub fn content_id(token: &str) -> String {
    format!("{token}{DOMAIN}")
}

/// Whether a Content-ID is that of a template's picture.
#[must_use]
pub fn is_ours(content_id: &str) -> bool {
    content_id.strip_suffix(DOMAIN).is_some_and(is_token)
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'))
}

/// The token in the address of a picture of ours, as a source names it.
#[must_use]
pub fn token_of_path(address: &str) -> Option<&str> {
    let (_, token) = address.trim().rsplit_once(PATH)?;
    is_token(token).then_some(token)
}

/// The token in the `cid:` of a picture of ours.
#[must_use]
pub fn token_of_cid(address: &str) -> Option<&str> {
    address.strip_prefix("cid:")?.strip_suffix(DOMAIN).filter(|token| is_token(token))
}

/// Tokens of the pictures that clean HTML names by `cid:`.
#[must_use]
pub fn tokens(html: &str) -> Vec<String> {
    let design = Design { css: String::new(), html: html.to_owned() };
    design.pictures().iter().filter_map(|address| token_of_cid(address)).map(str::to_owned).collect()
}

/// Clean HTML as the page may show it: pictures of ours by their own addresses.
#[must_use]
pub fn shown(html: &str) -> String {
    let design = Design { css: String::new(), html: html.to_owned() };
    design.with_images(&|address| token_of_cid(address).map(|token| format!("{PATH}{token}"))).html
}

/// A picture that goes along.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Content-ID.
    pub content_id: String,
    /// File name.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Octets.
    pub size: i64,
    /// SHA-256 of the content.
    pub sha256: String,
}

impl From<ImageRow> for Picture {
    fn from(row: ImageRow) -> Self {
        Self {
            content_id: content_id(&row.token),
            name: row.name,
            content_type: row.content_type,
            size: row.size,
            sha256: row.sha256,
        }
    }
}

/// Pictures that clean HTML names by `cid:`; those that are gone are left out.
///
/// # Errors
/// The database's.
pub fn of(conn: &mut Connection, html: &str) -> QueryResult<Vec<Picture>> {
    let tokens = tokens(html);
    if tokens.is_empty() {
        return Ok(Vec::new());
    }
    Ok(queries::images(conn, &tokens)?.into_iter().map(Picture::from).collect())
}

/// Pictures as parts of a mail.
///
/// # Errors
/// The storage's.
pub async fn parts(core: &Core, pictures: &[Picture]) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(pictures.len());
    for picture in pictures {
        parts.push(Part {
            name: picture.name.clone(),
            content_type: picture.content_type.clone(),
            cid: picture.content_id.clone(),
            bytes: core.blobs.get(&picture.sha256).await?,
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_addresses_are_ours() {
        let token = "0123456789abcdef0123456789abcdef";
        assert_eq!(token_of_path(&format!("{PATH}{token}")), Some(token));
        assert_eq!(token_of_path(&format!("https://posta.example{PATH}{token}")), Some(token));
        for other in ["", PATH, "/api/v1/files/x", "/api/v1/template-images/../users", "https://a.example/x.png"] {
            assert_eq!(token_of_path(other), None, "{other}");
        }
        assert_eq!(token_of_cid(&format!("cid:{}", content_id(token))), Some(token));
        assert!(is_ours(&content_id(token)) && !is_ours("x@template.posta") && !is_ours(token));
        let html = format!("<p><img src=\"cid:{}\" alt=\"a\"><img src=\"https://a.example/\"></p>", content_id(token));
        assert_eq!(tokens(&html), [token]);
    }
}
