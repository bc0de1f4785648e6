// What may stand in a mail that an agent writes. Everything that is set, pasted or dropped passes through here: other
// people's pages and mails are pasted into a signed-in agent's page, and later sent in the company's name.
import DOMPurify from 'dompurify';

const TAGS = [
  'a', 'abbr', 'address', 'b', 'bdi', 'bdo', 'blockquote', 'br', 'caption', 'center', 'cite', 'code', 'col', 'colgroup',
  'dd', 'del', 'dfn', 'div', 'dl', 'dt', 'em', 'font', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'img', 'ins',
  'kbd', 'li', 'mark', 'ol', 'p', 'pre', 'q', 's', 'samp', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'table',
  'tbody', 'td', 'tfoot', 'th', 'thead', 'time', 'tr', 'tt', 'u', 'ul', 'var', 'wbr',
];

const ATTRIBUTES = [
  'align', 'alt', 'bgcolor', 'border', 'cellpadding', 'cellspacing', 'class', 'color', 'colspan', 'data-cid', 'dir',
  'face', 'height', 'href', 'lang', 'rowspan', 'size', 'src', 'start', 'style', 'title', 'type', 'valign', 'width',
];

// Properties that mail clients understand and that cannot leave the text's own place.
const STYLES = new Set([
  'background-color', 'border-collapse', 'border-spacing', 'color', 'direction', 'font-family', 'font-size',
  'font-style', 'font-variant', 'font-weight', 'height', 'letter-spacing', 'line-height', 'list-style-type',
  'max-width', 'text-align', 'text-decoration', 'text-decoration-line', 'text-indent', 'text-transform',
  'vertical-align', 'white-space', 'width', 'word-break', 'overflow-wrap',
]);
const BOX_STYLE = /^(?:margin|padding|border)-(?:top|right|bottom|left)(?:-(?:color|style|width))?$/;

// The only classes that mean something here; any other could borrow the look of the application's own parts.
const CLASS = /^(?:color|font|size|highlight|align-(?:left|center|right|justify))$/;

const LINK = /^(?:https?:|mailto:|tel:|ftp:|\$\{)/i;
const PICTURE = /^(?:https?:|data:image\/(?:png|jpe?g|gif|webp|avif);)/i;

/** The declarations of `text` that a mail may hold, as text again. */
export function cleanStyle(text) {
  // Through the object model, so that the browser's own parser decides what is meant; it is never attached.
  const probe = document.createElement('i');
  probe.style.cssText = text;
  const kept = [];
  for (const name of probe.style) {
    const value = probe.style.getPropertyValue(name);
    const known = STYLES.has(name) || BOX_STYLE.test(name);
    // Negative lengths move text over its neighbours; url() and the like would load something.
    if (known && !/(?:^|[\s(,])-\d|url\(|image|var\(|attr\(/i.test(value)) kept.push(`${name}: ${value}`);
  }
  return kept.join('; ');
}

/** The address a link may have: completes what people type (`www.x.es`, `a@b.es`); null when it is not one. */
export function cleanLink(address) {
  const text = address.trim();
  if (!text || /[\u0000-\u0020]/.test(text)) return null;
  if (LINK.test(text)) return text;
  if (/^[^:/?#]+@[^@/]+\.[^@/]+$/.test(text)) return `mailto:${text}`;
  // A scheme we do not know, javascript: above all. `host:8080` is not a scheme.
  if (/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text)) return null;
  return /^[^/?#]+\.[^/?#]+/.test(text) ? `https://${text}` : null;
}

/**
 * A sanitiser of its own, so that its rules concern no other use of DOMPurify in the page.
 * `pictures` decides about images: `pictures.show(cid)` gives the address under which one of ours can be seen,
 * `pictures.isOwn(src)` says whether an address is one of ours already.
 * Returns a function from HTML to a DocumentFragment of this document.
 */
export function sanitiser(pictures) {
  const purify = DOMPurify(window);

  purify.addHook('uponSanitizeAttribute', (_node, data) => {
    if (data.attrName === 'style') {
      data.attrValue = cleanStyle(data.attrValue);
      data.keepAttr = data.attrValue !== '';
    } else if (data.attrName === 'class') {
      data.attrValue = data.attrValue.split(/\s+/).filter((name) => CLASS.test(name)).join(' ');
      data.keepAttr = data.attrValue !== '';
    } else if (data.attrName === 'href') {
      data.keepAttr = LINK.test(data.attrValue.trim());
    }
  });

  purify.addHook('afterSanitizeAttributes', (node) => {
    if (node.nodeName !== 'IMG') {
      node.removeAttribute('src');
      node.removeAttribute('data-cid');
      return;
    }
    const src = (node.getAttribute('src') ?? '').trim();
    const cid = node.getAttribute('data-cid') ?? (/^cid:/i.test(src) ? src.slice(4) : null);
    if (cid !== null) {
      // Whatever address came along is not believed: it is looked up anew.
      const shown = pictures.show(cid);
      node.setAttribute('data-cid', cid);
      if (shown) node.setAttribute('src', shown);
      else node.removeAttribute('src');
    } else if (!PICTURE.test(src) && !pictures.isOwn(src)) {
      node.remove();
    }
  });

  return (html) => {
    const clean = purify.sanitize(html, {
      ALLOWED_TAGS: TAGS,
      ALLOWED_ATTR: ATTRIBUTES,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      RETURN_DOM_FRAGMENT: true,
      // The text inside these is no text of the mail.
      FORBID_CONTENTS: ['script', 'style', 'title', 'template', 'noscript', 'iframe', 'svg', 'math', 'textarea', 'select'],
    });
    return document.importNode(clean, true);
  };
}
