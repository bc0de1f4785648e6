//! How good a new password is, while it is typed.

use crate::i18n::{plural, txt, use_i18n, word};
use leptos::prelude::*;
use shared::{
    api::access::{PASSWORD_MIN, new_password},
    validate::Issues,
};

/// A rough judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// So many characters are missing.
    Short(u32),
    /// The server would refuse it.
    Weak,
    /// It passes.
    Fair,
    /// It is long or varied.
    Good,
}

/// Judges by the server's rule first, then by length and variety.
pub fn strength(password: &str, login: &str) -> Strength {
    let count = password.chars().count();
    if count < PASSWORD_MIN {
        return Strength::Short(u32::try_from(PASSWORD_MIN - count).unwrap_or(u32::MAX));
    }
    let mut issues = Issues::default();
    new_password(&mut issues, "password", password, login);
    if issues.into_result().is_err() {
        return Strength::Weak;
    }
    let kinds = [char::is_lowercase, char::is_uppercase, char::is_numeric, |c: char| !c.is_alphanumeric()]
        .iter()
        .filter(|kind| password.chars().any(**kind))
        .count();
    if count >= 16 || (count >= 13 && kinds >= 3) { Strength::Good } else { Strength::Fair }
}

/// A bar and a word.
#[component]
pub fn StrengthMeter(
    /// The password.
    #[prop(into)]
    password: Signal<String>,
    /// The sign-in name, which it must not be.
    #[prop(into)]
    login: Signal<String>,
) -> impl IntoView {
    let i18n = use_i18n();
    let judged = Memo::new(move |_| password.with(|password| login.with(|login| strength(password, login))));
    let word = move || match judged.get() {
        Strength::Short(count) => plural!(i18n.get_locale(), access.strength_short, count),
        Strength::Weak => word!(i18n, access.strength_weak),
        Strength::Fair => word!(i18n, access.strength_fair),
        Strength::Good => word!(i18n, access.strength_good),
    };
    let level = move || match judged.get() {
        Strength::Short(_) => "short",
        Strength::Weak => "weak",
        Strength::Fair => "fair",
        Strength::Good => "good",
    };
    view! {
        <div class="strength" data-level=level hidden=move || password.with(String::is_empty)>
            <span class="strength-bar" aria-hidden="true"><i></i><i></i><i></i></span>
            <span role="status">
                <span class="visually-hidden">{txt!(i18n, access.strength)} ": "</span>
                {word}
            </span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_servers_rule() {
        assert_eq!(strength("abc", ""), Strength::Short(7));
        assert_eq!(strength("aaaaaaaaaaaa", ""), Strength::Weak);
        assert_eq!(strength("marta.garcia", "marta.garcia"), Strength::Weak);
        assert_eq!(strength("caballo gris", ""), Strength::Fair);
        assert_eq!(strength("caballo gris bajo la lluvia", ""), Strength::Good);
    }
}
