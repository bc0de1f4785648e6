// The page's entry: starts the WebAssembly module that the head names, and offers it the lazily loaded parts.
// It is bundled together with the glue that wasm-bindgen writes ("posta-app").
import init from 'posta-app';

/**
 * The address of a part of the page that is not needed at first, such as 'admin.wasm'. It carries a hash, so it is
 * looked up in the head, where the build has written it.
 */
globalThis.postaAddress = (name) => {
  const entry = document.querySelector(`meta[name="posta-asset"][data-name="${CSS.escape(name)}"]`);
  if (!entry) throw new Error(`The page has no part named ${name}.`);
  return entry.content;
};

/** Loads a script that is not needed at first, such as 'editor/squire.js', and resolves to its exports. */
globalThis.postaImport = async (name) => import(globalThis.postaAddress(name));

/** The texts of the languages that were asked for, each a list as the build has written it. */
const spoken = new Map();

/** Fetches a language's texts, once. */
globalThis.postaLearn = async (language) => {
  if (spoken.has(language)) return;
  const answer = await fetch(globalThis.postaAddress(`texts/${language}.txt`));
  if (!answer.ok) throw new Error(`The texts in ${language} cannot be had: ${answer.status}.`);
  spoken.set(language, await answer.text());
};

/** A language's texts; empty before they were learnt. */
globalThis.postaSpoken = (language) => spoken.get(language) ?? '';

// What panics in the application stops it where it stands, without a word: the page says so. Its strings are not in
// the module, to keep it small; the console has where it happened.
const broke = (error) => {
  if (error instanceof WebAssembly.RuntimeError) document.getElementById('broken')?.removeAttribute('hidden');
};
document.getElementById('broken')?.addEventListener('click', (event) => {
  // What follows links inside the page may be what broke.
  event.stopPropagation();
  if (event.target.closest('a')) {
    event.preventDefault();
    location.reload();
  }
});
addEventListener('error', (event) => broke(event.error));
addEventListener('unhandledrejection', (event) => broke(event.reason));

const wait = document.getElementById('boot');
try {
  await globalThis.postaLearn(document.documentElement.lang);
  await init({ module_or_path: document.getElementById('posta-wasm').href });
  wait?.remove();
} catch (error) {
  // Nothing of the application runs, so this must speak for itself, in every language the page has.
  console.error(error);
  wait?.remove();
  document.getElementById('boot-failed')?.removeAttribute('hidden');
}
