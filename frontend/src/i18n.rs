//! Languages: the generated keys, and how errors and broken rules are said.
//!
//! The keys come from `locales/` through `build.rs`; a text that one language lacks fails the build. A browser loads the
//! texts of the language that it speaks, and no other.

#[expect(non_camel_case_types, non_upper_case_globals, dead_code, reason = "generated")]
mod generated {
    use super::Text;
    include!(concat!(env!("OUT_DIR"), "/i18n.rs"));

    /// The texts of a language, by their numbers.
    pub(super) fn texts(locale: Locale) -> &'static [&'static str] {
        static SPLIT: [std::sync::OnceLock<Vec<&'static str>>; 2] = [const { std::sync::OnceLock::new() }; 2];
        let place = match locale {
            Locale::en => &SPLIT[0],
            Locale::es => &SPLIT[1],
        };
        place.get_or_init(|| all(locale).split('\u{1f}').collect())
    }

    /// In the browser a language's list is a file of its own, fetched before it is spoken.
    #[cfg(target_arch = "wasm32")]
    fn all(locale: Locale) -> &'static str {
        crate::dom::js::spoken(super::tag(locale)).leak()
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn all(locale: Locale) -> &'static str {
        match locale {
            Locale::en => TEXTS[0],
            Locale::es => TEXTS[1],
        }
    }
}

pub use generated::{Locale, keys};

/// A text, by its number.
#[derive(Clone, Copy)]
pub struct Text(usize);

impl Text {
    /// In a language.
    pub fn of(self, locale: Locale) -> &'static str {
        generated::texts(locale).get(self.0).copied().unwrap_or_default()
    }

    /// In a language, with its variables filled in.
    pub fn with(self, locale: Locale, values: &[(&str, String)]) -> String {
        let mut pieces = self.of(locale).split("{{ ");
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, rest) = piece.split_once(" }}").unwrap_or_default();
            out.extend(values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str()));
            out.push_str(rest);
        }
        out
    }
}

use crate::api::error::ApiError;
use leptos::prelude::*;
use shared::{
    api::access::Language,
    error::{ErrorCode, Problem},
    validate::{FieldIssue, Rule},
};

/// The reader's language. Cheap to copy.
#[derive(Clone, Copy)]
pub struct I18n {
    spoken: RwSignal<Locale>,
    /// The last one asked for: its texts may be on their way.
    wanted: StoredValue<Locale>,
}

impl I18n {
    /// Begins with a language, whose texts are there.
    pub fn new(locale: Locale) -> Self {
        Self { spoken: RwSignal::new(locale), wanted: StoredValue::new(locale) }
    }

    /// The language; reactive.
    pub fn get_locale(self) -> Locale {
        self.spoken.get()
    }

    /// The language, without following it.
    pub fn get_locale_untracked(self) -> Locale {
        self.spoken.get_untracked()
    }

    /// Says everything in another language, as soon as its texts are there; if they cannot be had, all stays as it is.
    pub fn set_locale(self, locale: Locale) {
        leptos::task::spawn_local(async move {
            self.speak(locale).await;
        });
    }

    /// The same; answers whether it is spoken now, or another one was asked for meanwhile.
    pub async fn speak(self, locale: Locale) -> bool {
        if self.wanted.try_get_value() == Some(locale) {
            return true;
        }
        let _ = self.wanted.try_set_value(locale);
        let there = crate::dom::js::learn(tag(locale)).await;
        if self.wanted.try_get_value() != Some(locale) {
            return true;
        }
        if there {
            let _ = self.spoken.try_set(locale);
        } else if let Some(spoken) = self.spoken.try_get_untracked() {
            let _ = self.wanted.try_set_value(spoken);
        }
        there
    }

    /// A text that follows the language.
    #[inline(never)]
    pub fn text(self, text: Text) -> Signal<String> {
        Signal::derive(move || text.of(self.get_locale()).to_string())
    }
}

/// The reader's language.
pub fn use_i18n() -> I18n {
    expect_context()
}

/// A text in a language: `td_string!(locale, inbox.reply)`, or with variables `td_string!(locale, a.b, who = name)`.
macro_rules! td_string {
    ($locale:expr, $first:ident $(. $key:ident)+) => {
        $crate::i18n::keys::$first$(::$key)+.of($locale)
    };
    ($locale:expr, $first:ident $(. $key:ident)+, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::keys::$first$(::$key)+.with($locale, &[$((stringify!($name), ($value).to_string())),+])
    };
}
pub(crate) use td_string;

/// A text that follows the language and the signals in its arguments: `txt!(i18n, inbox.reply)`.
macro_rules! txt {
    ($i18n:expr, $first:ident $(. $key:ident)+) => {
        $i18n.text($crate::i18n::keys::$first$(::$key)+)
    };
    ($i18n:expr, $first:ident $(. $key:ident)+, $($arguments:tt)+) => {
        leptos::prelude::Signal::derive(move || {
            $crate::i18n::td_string!($i18n.get_locale(), $first $(. $key)+, $($arguments)+)
        })
    };
}
pub(crate) use txt;

/// The same as plain text, for use inside what follows the language already.
macro_rules! word {
    ($i18n:expr, $($key:tt)*) => { $crate::i18n::td_string!($i18n.get_locale(), $($key)*).to_string() };
}
pub(crate) use word;

/// A text with a count, in the form that the language wants: `plural!(locale, inbox.mails, count)`.
macro_rules! plural {
    ($locale:expr, $first:ident $(. $key:ident)+, $count:expr) => {{
        use $crate::i18n::keys::$first$(::$key)+ as forms;
        let (locale, count) = ($locale, $count);
        let form = if $crate::format::intl::is_one(locale, f64::from(count)) { forms::one } else { forms::other };
        form.with(locale, &[("count", count.to_string())])
    }};
}
pub(crate) use plural;

/// The locale of a language.
pub fn locale_of(language: Language) -> Locale {
    match language {
        Language::Es => Locale::es,
        Language::En => Locale::en,
    }
}

/// The language of a locale.
pub fn language_of(locale: Locale) -> Language {
    match locale {
        Locale::es => Language::Es,
        Locale::en => Language::En,
    }
}

/// BCP 47 tag for `Intl` and `lang`.
pub fn tag(locale: Locale) -> &'static str {
    match locale {
        Locale::es => "es",
        Locale::en => "en",
    }
}

/// What an error means, in the reader's language. The server's own words are apart: see [`detail`].
pub fn error_text(locale: Locale, error: &ApiError) -> String {
    match error {
        ApiError::Network => td_string!(locale, errors.network).to_string(),
        ApiError::Unreadable { status } => td_string!(locale, errors.malformed_answer, status = *status).to_string(),
        ApiError::Problem { problem, retry_after } => {
            let text = code_text(locale, problem.code);
            match retry_after {
                Some(seconds) => format!("{text} {}", wait_text(locale, *seconds)),
                None => text,
            }
        }
    }
}

/// What the mail server or another foreign program said, where the problem carries it.
pub fn detail(error: &ApiError) -> Option<String> {
    match error {
        ApiError::Problem { problem, .. } => foreign_words(problem),
        _ => None,
    }
}

fn foreign_words(problem: &Problem) -> Option<String> {
    matches!(problem.code, ErrorCode::MailLoginRefused | ErrorCode::MailServerUnreachable)
        .then(|| problem.detail.clone())
        .flatten()
}

fn wait_text(locale: Locale, seconds: u32) -> String {
    if seconds < 90 {
        plural!(locale, errors.wait_seconds, seconds)
    } else {
        plural!(locale, errors.wait_minutes, seconds.div_ceil(60))
    }
}

fn code_text(locale: Locale, code: ErrorCode) -> String {
    use ErrorCode as E;
    match code {
        E::MalformedBody => td_string!(locale, errors.code.malformed_body),
        E::MalformedRequest => td_string!(locale, errors.code.malformed_request),
        E::BadCursor => td_string!(locale, errors.code.bad_cursor),
        E::Unauthenticated => td_string!(locale, errors.code.unauthenticated),
        E::WrongCredentials => td_string!(locale, errors.code.wrong_credentials),
        E::SessionEnded => td_string!(locale, errors.code.session_ended),
        E::LinkExpired => td_string!(locale, errors.code.link_expired),
        E::Forbidden => td_string!(locale, errors.code.forbidden),
        E::PasswordChangeRequired => td_string!(locale, errors.code.password_change_required),
        E::ForeignOrigin => td_string!(locale, errors.code.foreign_origin),
        E::NotFound => td_string!(locale, errors.code.not_found),
        E::MethodNotAllowed => td_string!(locale, errors.code.method_not_allowed),
        E::Conflict => td_string!(locale, errors.code.conflict),
        E::AlreadyTaken => td_string!(locale, errors.code.already_taken),
        E::NotEligible => td_string!(locale, errors.code.not_eligible),
        E::NotInTurn => td_string!(locale, errors.code.not_in_turn),
        E::InUse => td_string!(locale, errors.code.in_use),
        E::InProgress => td_string!(locale, errors.code.in_progress),
        E::OpenWork => td_string!(locale, errors.code.open_work),
        E::ConversationMoved => td_string!(locale, errors.code.conversation_moved),
        E::AlreadySent => td_string!(locale, errors.code.already_sent),
        E::AlreadySetUp => td_string!(locale, errors.code.already_set_up),
        E::VersionMismatch => td_string!(locale, errors.code.version_mismatch),
        E::TooLarge => td_string!(locale, errors.code.too_large),
        E::UnsupportedMediaType => td_string!(locale, errors.code.unsupported_media_type),
        E::Invalid => td_string!(locale, errors.code.invalid),
        E::IdempotencyKeyReused => td_string!(locale, errors.code.idempotency_key_reused),
        E::MailLoginRefused => td_string!(locale, errors.code.mail_login_refused),
        E::MailServerUnreachable => td_string!(locale, errors.code.mail_server_unreachable),
        E::TooManyRequests => td_string!(locale, errors.code.too_many_requests),
        E::Internal => td_string!(locale, errors.code.internal),
        E::Unavailable => td_string!(locale, errors.code.unavailable),
        E::StorageFull => td_string!(locale, errors.code.storage_full),
    }
    .to_string()
}

/// What is wrong with a field.
pub fn issue_text(locale: Locale, issue: &FieldIssue) -> String {
    let min = issue.min.unwrap_or_default();
    let max = issue.max.unwrap_or_default();
    match issue.rule {
        Rule::Required => td_string!(locale, errors.rule.required).to_string(),
        Rule::TooShort => td_string!(locale, errors.rule.too_short, min = min).to_string(),
        Rule::TooLong => td_string!(locale, errors.rule.too_long, max = max).to_string(),
        Rule::OutOfRange if issue.min.is_none() && issue.max.is_none() => {
            td_string!(locale, errors.rule.beyond).to_string()
        }
        Rule::OutOfRange => td_string!(locale, errors.rule.out_of_range, min = min, max = max).to_string(),
        Rule::ForbiddenCharacter => td_string!(locale, errors.rule.forbidden_character).to_string(),
        Rule::OuterBlanks => td_string!(locale, errors.rule.outer_blanks).to_string(),
        Rule::NotAnAddress => td_string!(locale, errors.rule.not_an_address).to_string(),
        Rule::NotAHost => td_string!(locale, errors.rule.not_a_host).to_string(),
        Rule::NotATime => td_string!(locale, errors.rule.not_a_time).to_string(),
        Rule::NotACalendar => td_string!(locale, errors.rule.not_a_calendar).to_string(),
        Rule::NotADate => td_string!(locale, errors.rule.not_a_date).to_string(),
        Rule::NotUnique => td_string!(locale, errors.rule.not_unique).to_string(),
        Rule::UnknownValue => td_string!(locale, errors.rule.unknown_value).to_string(),
        Rule::UnknownField => td_string!(locale, errors.rule.unknown_field).to_string(),
        Rule::WrongType => td_string!(locale, errors.rule.wrong_type).to_string(),
        Rule::Inconsistent => td_string!(locale, errors.rule.inconsistent).to_string(),
        Rule::WeakPassword => td_string!(locale, errors.rule.weak_password).to_string(),
        Rule::Refused => td_string!(locale, errors.rule.refused).to_string(),
        Rule::NotRenderable => td_string!(locale, errors.rule.not_renderable).to_string(),
        Rule::Unreachable => td_string!(locale, errors.rule.unreachable).to_string(),
    }
}

/// `error`, said in the reader's language, and following it.
pub fn error_signal(i18n: I18n, error: ApiError) -> Signal<String> {
    Signal::derive(move || error_text(i18n.get_locale(), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_filled_in_once() {
        assert_eq!(td_string!(Locale::en, common.close), "Close");
        assert_eq!(td_string!(Locale::es, users.link_title, who = "Ana {{ who }}"), "Enlace para Ana {{ who }}");
        assert_eq!(td_string!(Locale::en, errors.rule.out_of_range, min = 1, max = 9).matches(['1', '9']).count(), 2);
    }
}
