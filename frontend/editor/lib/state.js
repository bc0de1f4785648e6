// Which formats hold at the cursor, for the toolbar.

const nearest = (squire, selector) => {
  const { startContainer: node } = squire.getSelection();
  const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
  const found = element?.closest(selector) ?? null;
  return found && found !== squire.getRoot() && squire.getRoot().contains(found) ? found : null;
};

/** The address of the link that holds the whole selection. The link may be inside the selection's ends, or around. */
const linkAddress = (squire) => {
  if (!squire.hasFormat('A')) return '';
  const range = squire.getSelection();
  const links = [...squire.getRoot().querySelectorAll('a[href]')];
  return links.find((link) => range.intersectsNode(link))?.getAttribute('href') ?? '';
};

const quoteDepth = (squire) => {
  let depth = 0;
  for (let node = nearest(squire, 'blockquote'); node && squire.getRoot().contains(node); depth += 1) {
    node = node.parentElement.closest('blockquote');
  }
  return depth;
};

/** Whether there is neither text nor a picture. */
export function isEmpty(root) {
  return !root.querySelector('img, hr, table') && root.textContent.replace(/[\u200b\s]/g, '') === '';
}

/**
 * A plain object: `bold, italic, underline, strike` (booleans), `color, highlight, fontSize, fontFamily, align, link`
 * (strings, '' when unset), `list` ('ordered', 'unordered' or ''), `quote` (depth), `empty`.
 */
export function readState(squire) {
  const font = squire.getFontInfo();
  const items = nearest(squire, 'ul, ol');
  return {
    bold: squire.hasFormat('B'),
    italic: squire.hasFormat('I'),
    underline: squire.hasFormat('U'),
    strike: squire.hasFormat('S'),
    color: font.color ?? '',
    highlight: font.backgroundColor ?? '',
    fontSize: font.fontSize ?? '',
    fontFamily: font.fontFamily ?? '',
    align: nearest(squire, '[style*="text-align"]')?.style.textAlign ?? '',
    link: linkAddress(squire),
    list: items ? (items.nodeName === 'OL' ? 'ordered' : 'unordered') : '',
    quote: quoteDepth(squire),
    empty: isEmpty(squire.getRoot()),
  };
}
