// The source of designed mails, between what people write and what the designer reads and writes.

/** Elements of MJML whose inside is text or HTML, and stays as it is. */
const TEXTS = new Set([
  'mj-text', 'mj-button', 'mj-table', 'mj-raw', 'mj-style', 'mj-title', 'mj-preview', 'mj-navbar-link', 'mj-social-element',
  'mj-accordion-title', 'mj-accordion-text',
]);

const TAG = /<(\/?)(mjml|mj-[\w-]+)((?:"[^"]*"|'[^']*'|[^>"'])*?)(\/?)>/g;

/** MJML whose empty elements have an end: a parser of HTML takes `<mj-image />` for one that was never closed. */
export function closeEmpty(mjml) {
  return mjml.replace(TAG, (whole, end, name, attributes, empty) =>
    empty ? `<${name}${attributes.trimEnd()}></${name}>` : whole);
}

/** MJML with each element on a line of its own, as people read it. */
export function indentMjml(mjml) {
  const lines = [];
  let depth = 0;
  let at = 0;
  const put = (text) => {
    if (text.trim()) lines.push('  '.repeat(depth) + text.trim());
  };
  TAG.lastIndex = 0;
  for (let tag = TAG.exec(mjml); tag; tag = TAG.exec(mjml)) {
    const [whole, end, name, , empty] = tag;
    put(mjml.slice(at, tag.index));
    at = TAG.lastIndex;
    const close = `</${name}>`;
    if (end) {
      depth = Math.max(0, depth - 1);
      put(whole);
    } else if (empty) {
      put(whole);
    } else {
      const until = mjml.indexOf(close, at);
      const inside = until < 0 ? '' : mjml.slice(at, until);
      if (until >= 0 && (TEXTS.has(name) || !inside.trim())) {
        put(whole + inside.trim() + close);
        at = TAG.lastIndex = until + close.length;
      } else {
        put(whole);
        depth += 1;
      }
    }
  }
  put(mjml.slice(at));
  return lines.length ? `${lines.join('\n')}\n` : '';
}

/** An element's HTML with another inside. */
export function withInner(html, inner) {
  const open = /^<(?:"[^"]*"|'[^']*'|[^>"'])*>/.exec(html)?.[0] ?? '';
  const close = /<\/[^<>]*>$/.exec(html)?.[0] ?? '';
  return open && close ? open + inner + close : html;
}
