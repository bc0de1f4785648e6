//! x
use leptos::prelude::*;
/// x
#[component]
pub fn MembersPage() -> impl IntoView {}
