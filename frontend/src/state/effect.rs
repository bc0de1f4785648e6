//! Effects behind one type, so that each costs a pointer and not a copy of the machinery that runs it.

use leptos::prelude::Effect;

/// Runs `work` soon, and again whenever a signal that it read changes, for as long as the owner lives.
pub fn effect(work: impl FnMut() + 'static) {
    let mut work: Box<dyn FnMut()> = Box::new(work);
    Effect::new(move |_: Option<()>| work());
}

/// Like [`effect`], with what the run before gave; nothing at the first run.
pub fn effect_with<T: 'static>(mut work: impl FnMut(Option<T>) -> T + 'static) {
    let mut before = None;
    effect(move || before = Some(work(before.take())));
}
