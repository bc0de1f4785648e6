// Runs before the first paint, so that the chosen theme and language hold from the start.
// Contract with the application: localStorage 'posta.theme' is 'light' or 'dark' (absent: as the system does),
// 'posta.locale' one of the page's languages. The result is <html data-theme lang> and <meta name="color-scheme">.
const LOCALES = ['en', 'es'];
const root = document.documentElement;

const stored = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Storage may be forbidden; the defaults do.
  }
};

const theme = stored('posta.theme');
if (theme === 'light' || theme === 'dark') {
  root.dataset.theme = theme;
  document.querySelector('meta[name="color-scheme"]')?.setAttribute('content', theme);
}

const wanted = [stored('posta.locale'), ...navigator.languages].map((tag) => (tag ?? '').toLowerCase().split('-')[0]);
root.lang = wanted.find((language) => LOCALES.includes(language)) ?? 'en';

// The texts of that language are wanted at once, and only this knows which.
const texts = document.querySelector(`meta[name="posta-asset"][data-name="texts/${root.lang}.txt"]`);
if (texts) {
  const early = document.createElement('link');
  early.rel = 'preload';
  early.as = 'fetch';
  early.crossOrigin = 'anonymous';
  early.href = texts.content;
  document.head.append(early);
}
