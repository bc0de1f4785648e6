//! x
use leptos::prelude::*;
/// x
#[component]
pub fn CampaignsPage() -> impl IntoView {}
