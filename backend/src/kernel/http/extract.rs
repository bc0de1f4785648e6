//! Bodies, query strings and paths, with errors that name the field and the rule.

use crate::kernel::{Core, Error, Result, error::ProblemCause};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use shared::{
    error::ErrorCode,
    validate::{FieldIssue, Rule, Validate},
};
use std::{future::Future, pin::Pin, str::FromStr};

/// A JSON body of the documented shape, judged by its own rules.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let kind = request.headers().get("Content-Type").and_then(|value| value.to_str().ok()).unwrap_or("");
            let bare = kind.split(';').next().unwrap_or("").trim();
            if !(bare.eq_ignore_ascii_case("application/json")
                || bare.eq_ignore_ascii_case("application/merge-patch+json"))
            {
                return Err(Error::detailed(ErrorCode::UnsupportedMediaType, "send application/json"));
            }
            let bytes = read(&request, &mut payload).await?;
            let value: T = parse(&bytes)?;
            value.check().map_err(Error::invalid)?;
            Ok(Self(value))
        })
    }
}

async fn read(request: &HttpRequest, payload: &mut Payload) -> Result<Vec<u8>> {
    let most =
        request.app_data::<web::Data<Core>>().map_or(64, |core| core.settings.limits.json_kb).saturating_mul(1_024);
    let too_large = || Error::detailed(ErrorCode::TooLarge, format!("a body may have at most {most} octets"));
    let told = request.headers().get("Content-Length").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::detailed(ErrorCode::MalformedBody, "the body broke off"))?;
        if bytes.len().saturating_add(chunk.len()) > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Reads JSON; an unknown field, a missing one or a wrong type is named by its pointer.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // serde reads a struct from an array, too; the document promises objects.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Error::detailed(ErrorCode::MalformedBody, "the body must be a JSON object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let mut pointer = error.path().to_string().replace(['[', ']'], ".").replace("..", ".").replace('.', "/");
        let cause = error.into_inner();
        let text = cause.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let named = message.split('`').nth(1).map(str::to_owned);
        let rule = if message.starts_with("unknown field") {
            Rule::UnknownField
        } else if message.starts_with("missing field") {
            Rule::Required
        } else if message.starts_with("unknown variant") {
            Rule::UnknownValue
        } else {
            Rule::WrongType
        };
        if cause.is_syntax() || cause.is_eof() {
            return Error::detailed(ErrorCode::MalformedBody, text);
        }
        // The path of an unknown field ends at the field, that of a missing one at the object without it.
        if let (Rule::Required, Some(name)) = (rule, named) {
            pointer = if pointer.is_empty() || pointer == "/" { name } else { format!("{pointer}/{name}") };
        }
        let pointer = format!("/{}", pointer.trim_matches('/'));
        Error::Problem(Box::new(ProblemCause {
            code: ErrorCode::MalformedBody,
            detail: None,
            fields: vec![FieldIssue { pointer, rule, min: None, max: None, message }],
            reasons: Vec::new(),
            retry_after: None,
        }))
    })?;
    reader.end().map_err(|error| Error::detailed(ErrorCode::MalformedBody, error.to_string()))?;
    Ok(value)
}

/// The query string.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Params<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string())
            .map(|query| Self(query.into_inner()))
            .map_err(|error| Error::detailed(ErrorCode::MalformedRequest, error.to_string()));
        std::future::ready(read)
    }
}

/// One path segment as an id; what is no number names nothing.
#[derive(Debug)]
pub struct Segment<T>(pub T);

impl<T: FromStr + 'static> FromRequest for Segment<T> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let value = request.match_info().iter().next().and_then(|(_, text)| text.parse().ok());
        std::future::ready(value.map(Self).ok_or_else(|| ErrorCode::NotFound.into()))
    }
}

/// Two path segments as ids.
#[derive(Debug)]
pub struct Segments<A, B>(pub A, pub B);

impl<A: FromStr + 'static, B: FromStr + 'static> FromRequest for Segments<A, B> {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.match_info().iter().map(|(_, text)| text);
        let both = values.next().zip(values.next()).and_then(|(a, b)| Some(Self(a.parse().ok()?, b.parse().ok()?)));
        std::future::ready(both.ok_or_else(|| ErrorCode::NotFound.into()))
    }
}

/// `If-Match` with a version, if given.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// Refuses when another version was named than the stored one.
    ///
    /// # Errors
    /// `version_mismatch`.
    pub fn check(self, stored: i64) -> Result<()> {
        match self.0 {
            Some(version) if version != stored => Err(ErrorCode::VersionMismatch.into()),
            _ => Ok(()),
        }
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = std::future::Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = match request.headers().get("If-Match").map(|value| value.to_str().unwrap_or("").trim()) {
            None | Some("*") => Ok(Self(None)),
            Some(tag) => {
                tag.trim_start_matches("W/").trim_matches('"').parse().map(|version| Self(Some(version))).map_err(
                    |_| Error::detailed(ErrorCode::MalformedRequest, "If-Match must be an ETag of this resource"),
                )
            }
        };
        std::future::ready(read)
    }
}
