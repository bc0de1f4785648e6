// What can be put into a designed mail.

/** Those of MJML's elements that need nothing from another server. */
export const mjmlBlocks = [
  'mj-1-column', 'mj-2-columns', 'mj-3-columns', 'mj-text', 'mj-button', 'mj-image', 'mj-divider', 'mj-spacer', 'mj-section',
  'mj-column', 'mj-wrapper', 'mj-raw',
];

/** The element of MJML inside which a block stands. */
export function parentOf(block) {
  if (['mj-1-column', 'mj-2-columns', 'mj-3-columns', 'mj-section', 'mj-wrapper'].includes(block)) return 'mj-body';
  return block === 'mj-column' ? 'mj-section' : 'mj-column';
}

const WORDS = {
  en: {
    wide: 'Wide', narrow: 'Narrow', variables: 'Variables', text: 'Text', heading: 'Heading', button: 'Button', image: 'Picture',
    columns: 'Two columns', table: 'Table', line: 'Line', sample: 'Write here', column: 'Column',
  },
  es: {
    wide: 'Ancha', narrow: 'Estrecha', variables: 'Variables', text: 'Texto', heading: 'Título', button: 'Botón', image: 'Imagen',
    columns: 'Dos columnas', table: 'Tabla', line: 'Línea', sample: 'Escriba aquí', column: 'Columna',
  },
};

/** The designer's own words in a language. */
export function words(language) {
  return WORDS[language] ?? WORDS.en;
}

/** Buttons of the designer's bars, with their icons: its own are a font of somebody else's. */
export const TOOLS = [
  ['options', 'sw-visibility', 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M11 4h2M11 20h2M4 11v2M20 11v2'],
  ['options', 'fullscreen', 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7'],
  ['views', 'open-sm', 'M12 3a9 9 0 1 0 0 18c2 0 2-2 1-3s0-3 2-3h3a3 3 0 0 0 3-3c0-5-4-9-9-9zM8 9h.01M12 7h.01M16 9h.01M7 13h.01'],
  ['views', 'open-tm', 'M4 7h10M18 7h2M4 17h2M10 17h10M14 5h4v4h-4zM6 15h4v4H6z'],
  ['views', 'open-layers', 'M12 4l9 5-9 5-9-5zM3 14l9 5 9-5'],
  ['views', 'open-blocks', 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM16.500 13v7M13 16.500h7'],
];

/** An icon of a path, in the colour of the text around it. */
export const icon = (path) => `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5"><path d="${path}"/></svg>`;

/** The elements of mail in plain HTML, with the styles that mail programs know. */
export function htmlBlocks(say) {
  const cell = `<td width="50%" valign="top" style="padding:8px"><div>${say.column}</div></td>`;
  const field = (tag) => `<${tag} style="border:1px solid #cccccc;padding:8px;text-align:left">${say.sample}</${tag}>`;
  const row = (tag) => `<tr>${field(tag)}${field(tag)}</tr>`;
  return [
    {
      id: 'text', label: say.text, media: icon('M5 6h14M12 6v13'),
      content: `<p style="margin:0 0 16px;font-family:Arial,sans-serif;font-size:15px;line-height:1.5">${say.sample}</p>`,
    },
    {
      id: 'heading', label: say.heading, media: icon('M6 5v14M18 5v14M6 12h12'),
      content: `<h1 style="margin:0 0 16px;font-family:Arial,sans-serif;font-size:24px;line-height:1.25">${say.sample}</h1>`,
    },
    { id: 'image', label: say.image, media: icon('M3 5h18v14H3zM3 16l5-5 5 5 3-3 5 5'), content: { type: 'image' }, activate: true },
    {
      id: 'button', label: say.button, media: icon('M3 8h18v8H3zM8 12h8'),
      content: `<a href="https://" style="display:inline-block;padding:12px 20px;border-radius:6px;background-color:#2459d3;`
        + `color:#ffffff;font-family:Arial,sans-serif;font-size:15px;text-decoration:none">${say.sample}</a>`,
    },
    {
      id: 'columns', label: say.columns, media: icon('M3 5h8v14H3zM13 5h8v14h-8z'),
      content: `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="width:100%"><tr>${cell}${cell}</tr></table>`,
    },
    {
      id: 'table', label: say.table, media: icon('M3 5h18v14H3zM3 10h18M3 14.500h18M12 5v14'),
      content: `<table style="width:100%;border-collapse:collapse;font-family:Arial,sans-serif;font-size:15px">${row('th')}${row('td')}</table>`,
    },
    {
      id: 'line', label: say.line, media: icon('M3 12h18'),
      content: '<hr style="margin:16px 0;border:0;border-top:1px solid #cccccc">',
    },
  ];
}
