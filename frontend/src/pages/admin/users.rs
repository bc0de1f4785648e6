//! x
use leptos::prelude::*;
/// x
#[component]
pub fn UsersPage() -> impl IntoView {}
