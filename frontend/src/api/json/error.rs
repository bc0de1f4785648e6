//! Why an answer could not be read. Says what was wanted and, unlike `serde`'s own, not what stood there: putting any value
//! into words takes the printing of floating-point numbers along, 5 kB that nothing else in the page needs.

use serde::de::{self, Expected, Unexpected};
use std::fmt::{self, Display};

/// Why an answer could not be read; for the console.
#[derive(Debug)]
#[expect(clippy::box_collection, reason = "one word: results of a hundred types carry it")]
pub struct Error(Box<String>);

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

#[cold]
#[inline(never)]
fn of(words: String) -> Error {
    Error(Box::new(words))
}

impl From<serde_json::Error> for Error {
    #[cold]
    fn from(error: serde_json::Error) -> Self {
        of(format!("no JSON from line {} column {}", error.line(), error.column()))
    }
}

#[cold]
#[inline(never)]
fn wanted(what: &dyn Display) -> Error {
    of(format!("expected {what}"))
}

#[cold]
#[inline(never)]
fn member(what: &str, name: &str) -> Error {
    of(format!("{what} {name}"))
}

impl de::Error for Error {
    #[cold]
    fn custom<T: Display>(message: T) -> Self {
        of(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        wanted(&expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        wanted(&expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        wanted(&expected)
    }

    fn unknown_variant(variant: &str, _: &'static [&'static str]) -> Self {
        member("unknown variant", variant)
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        member("unknown member", field)
    }

    fn missing_field(field: &'static str) -> Self {
        member("missing member", field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        member("repeated member", field)
    }
}
