// The editor's tests; they run in a browser (see run.mjs).
import { create } from '../squire.js';
import { create as design } from '../designer.js';
import { htmlBlocks, icon, mjmlBlocks, parentOf, TOOLS, words } from '../lib/blocks.js';
import { fileFromData, filesOf } from '../lib/pictures.js';
import { cleanLink, cleanStyle } from '../lib/sanitise.js';
import { closeEmpty, indentMjml, withInner } from '../lib/source.js';

const tests = [];
const test = (name, run) => tests.push({ name, run });

const equal = (actual, expected, what = '') => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} got ${a}, expected ${b}`);
};
const ok = (value, what) => {
  if (!value) throw new Error(what);
};
/** Waits for a condition frame by frame, never for a time. */
const until = async (condition, what) => {
  for (let frame = 0; frame < 300; frame += 1) {
    if (condition()) return;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  throw new Error(`never came true: ${what}`);
};

/** An editor in the page; `surface` is the element that is typed into. */
const editor = (options) => {
  const element = document.createElement('div');
  document.body.append(element);
  const handle = create(element, options);
  return { element, handle, surface: element.querySelector('[role=textbox]') };
};
const select = (surface, text) => {
  const walker = document.createTreeWalker(surface, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(text);
    if (at >= 0) {
      surface.focus();
      getSelection().setBaseAndExtent(node, at, node, at + text.length);
      return;
    }
  }
  throw new Error(`no such text: ${text}`);
};
const png = () => new File([Uint8Array.from([137, 80, 78, 71])], 'logo.png', { type: 'image/png' });
const transfer = (...items) => {
  const data = new DataTransfer();
  for (const item of items) item instanceof File ? data.items.add(item) : data.setData(...item);
  return data;
};
const paste = (surface, data) =>
  surface.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));

test('what is set comes back', () => {
  const { handle } = editor({ html: '<div>Hola <b>Ana</b></div>' });
  equal(handle.getHTML(), '<div>Hola <b>Ana</b></div>');
  handle.setHTML('');
  equal(handle.getHTML(), '');
});

test('it is a named text box that Tab leaves', () => {
  const { surface, element, handle } = editor({ labels: { editor: 'Mensaje', placeholder: 'Escriba' } });
  equal([surface.getAttribute('role'), surface.getAttribute('aria-multiline')], ['textbox', 'true']);
  equal([surface.getAttribute('aria-label'), element.dataset.placeholder], ['Mensaje', 'Escriba']);
  handle.setHTML('<ul><li>uno</li></ul>');
  select(surface, 'uno');
  getSelection().collapseToStart();
  const tab = new KeyboardEvent('keydown', { key: 'Tab', bubbles: true, cancelable: true });
  surface.dispatchEvent(tab);
  equal(tab.defaultPrevented, false, 'Tab');
  handle.setLabels({ editor: 'Message' });
  equal(surface.getAttribute('aria-label'), 'Message');
});

for (const [command, tag] of [['bold', 'b'], ['italic', 'i'], ['underline', 'u'], ['strike', 's']]) {
  test(`${command} is switched on and off`, () => {
    const { handle, surface } = editor({ html: '<div>uno dos</div>' });
    select(surface, 'dos');
    handle.exec(command);
    equal(handle.getHTML(), `<div>uno <${tag}>dos</${tag}></div>`);
    equal(handle.state()[command], true);
    handle.exec(command);
    equal(handle.getHTML(), '<div>uno dos</div>');
  });
}

test('colour, highlight and size are applied, seen and taken away', () => {
  const { handle, surface } = editor({ html: '<div>uno dos</div>' });
  for (const [command, value, property] of [
    ['color', 'rgb(200, 0, 0)', 'color'],
    ['highlight', 'rgb(255, 255, 0)', 'backgroundColor'],
    ['fontSize', '20px', 'fontSize'],
  ]) {
    select(surface, 'dos');
    equal(handle.exec(command, value), true);
    equal(handle.state()[command], value, command);
    equal(getComputedStyle(surface.querySelector('span'))[property], value, `${command} on the screen`);
    select(surface, 'dos');
    handle.exec(command, '');
    equal(handle.getHTML(), '<div>uno dos</div>', command);
  }
});

test('values that are not CSS are refused', () => {
  const { handle, surface } = editor({ html: '<div>uno</div>' });
  select(surface, 'uno');
  equal(handle.exec('color', 'red; position: fixed'), false);
  equal(handle.exec('fontSize', '1px"><img src=x>'), false);
  equal(handle.getHTML(), '<div>uno</div>');
});

test('links are completed, refused and removed', () => {
  const { handle, surface } = editor({ html: '<div>uno dos</div>' });
  select(surface, 'dos');
  equal(handle.exec('link', 'javascript:alert(1)'), false);
  equal(handle.exec('link', 'www.posta.example/a'), true);
  equal(handle.state().link, 'https://www.posta.example/a');
  equal(handle.getHTML(), '<div>uno <a href="https://www.posta.example/a">dos</a></div>');
  select(surface, 'dos');
  handle.exec('unlink');
  equal(handle.getHTML(), '<div>uno dos</div>');
});

test('addresses are understood as people type them', () => {
  equal(cleanLink(' https://a.example/x?y=1 '), 'https://a.example/x?y=1');
  equal(cleanLink('ana@example.com'), 'mailto:ana@example.com');
  equal(cleanLink('a.example:8080/x'), 'https://a.example:8080/x');
  equal(cleanLink('${link}'), '${link}');
  for (const bad of ['', 'JavaScript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'palabra']) {
    equal(cleanLink(bad), null, bad);
  }
});

test('lists are made, nested and ended', () => {
  const { handle, surface } = editor({ html: '<div>uno</div><div>dos</div>' });
  select(surface, 'uno');
  handle.exec('orderedList');
  equal(handle.state().list, 'ordered');
  ok(surface.querySelector('ol > li'), 'a numbered list');
  handle.exec('unorderedList');
  equal(handle.state().list, 'unordered');
  handle.exec('unorderedList');
  equal([handle.state().list, surface.querySelector('ul, ol')], ['', null]);
});

test('indent quotes outside a list and nests inside one', () => {
  const { handle, surface } = editor({ html: '<div>uno</div>' });
  select(surface, 'uno');
  handle.exec('indent');
  handle.exec('quote');
  equal(handle.state().quote, 2);
  handle.exec('outdent');
  handle.exec('unquote');
  equal(handle.state().quote, 0);
  handle.setHTML('<ul><li>uno</li><li>dos</li></ul>');
  select(surface, 'dos');
  handle.exec('indent');
  ok(surface.querySelector('ul ul'), 'a nested list');
});

test('alignment', () => {
  const { handle, surface } = editor({ html: '<div>uno</div>' });
  select(surface, 'uno');
  equal(handle.exec('align', 'middle'), false);
  handle.exec('align', 'center');
  equal([handle.state().align, getComputedStyle(surface.firstElementChild).textAlign], ['center', 'center']);
  handle.exec('align', '');
  equal(handle.state().align, '');
});

test('formatting is cleared', () => {
  const { handle, surface } = editor({ html: '<div><b><i>uno</i></b></div>' });
  select(surface, 'uno');
  handle.exec('clear');
  equal(handle.getHTML(), '<div>uno</div>');
});

test('undo and redo', async () => {
  const { handle, surface } = editor({ html: '<div>uno</div>' });
  select(surface, 'uno');
  handle.exec('bold');
  await until(() => handle.state().canUndo, 'canUndo');
  handle.exec('undo');
  equal([handle.getHTML(), handle.state().canRedo], ['<div>uno</div>', true]);
  handle.exec('redo');
  equal(handle.getHTML(), '<div><b>uno</b></div>');
});

test('an unknown command is a mistake of the caller', () => {
  const { handle } = editor();
  for (const name of ['boldest', 'constructor', '__proto__']) {
    let thrown = null;
    try {
      handle.exec(name);
    } catch (error) {
      thrown = error;
    }
    ok(thrown instanceof TypeError, name);
  }
});

test('the page hears of input and of formats, and of nothing after destroy', async () => {
  let inputs = 0;
  const states = [];
  const { handle, surface, element } = editor({ html: '<div>uno</div>', onInput: () => (inputs += 1) });
  const end = handle.onState((state) => states.push(state));
  equal(states.length, 1, 'the state at once');
  select(surface, 'uno');
  handle.exec('bold');
  await until(() => inputs > 0 && states.at(-1).bold, 'input and bold');
  end();
  handle.destroy();
  equal([element.childElementCount, 'empty' in element.dataset], [0, false]);
});

test('emptiness shows the placeholder and sends nothing', () => {
  const { handle, element } = editor({ html: '' });
  equal([handle.isEmpty(), element.hasAttribute('data-empty'), handle.getHTML()], [true, true, '']);
  handle.insertHTML('<div>x</div>');
  equal([handle.isEmpty(), element.hasAttribute('data-empty')], [false, false]);
});

test('scripts, handlers, forms, frames and foreign styles do not get in', () => {
  globalThis.reached = false;
  const { handle, surface } = editor({
    html: `<div onclick="reached=true" class="modal color" id="boot" style="position:fixed;inset:0;color:red;z-index:9">
      <script>reached=true</script><style>*{display:none}</style><iframe src="/frame"></iframe><form action="/steal">
      <input name=x><button>b</button></form><svg onload="reached=true"><a href="/x">s</a></svg>
      <img src=x onerror="reached=true"><a href=" javascript:reached=true">uno</a><math><mi href="/y">m</mi></math>
      <span style="background:url(/beacon);margin-left:-999px;padding-left:3px">dos</span></div>`,
  });
  const html = handle.getHTML();
  for (const bad of ['script', 'onclick', 'onerror', 'iframe', 'form', 'input', 'button', 'svg', 'math', 'position',
    'z-index', 'inset', 'modal', 'boot', 'url(', '-999', 'javascript', 'display', 'src=']) {
    ok(!html.toLowerCase().includes(bad), `${bad} in ${html}`);
  }
  ok(html.includes('color: red') && html.includes('padding-left: 3px') && html.includes('uno'), html);
  ok(!surface.querySelector('[id]'), 'no ids');
  equal(globalThis.reached, false);
});

test('styles keep what a mail may say', () => {
  equal(cleanStyle('color: red; font-weight: bold; position: absolute'), 'color: red; font-weight: bold');
  equal(cleanStyle('background-image: url(/x); width: expression(1)'), '');
  equal(cleanStyle('margin: 0 0 0 -5px'), 'margin-top: 0px; margin-right: 0px; margin-bottom: 0px');
});

test('a pasted image is shown at once and becomes an attachment', async () => {
  let finish;
  const { handle, surface } = editor({
    html: '<div>uno</div>',
    onFile: () => new Promise((resolve) => (finish = resolve)),
  });
  handle.focus('end');
  const handled = !paste(surface, transfer(png()));
  ok(handled, 'the browser must not paste it itself');
  ok(surface.querySelector('img').src.startsWith('blob:'), 'shown from memory');
  equal([handle.pendingUploads(), handle.getHTML()], [1, '<div>uno</div>'], 'left out while it is uploaded');
  finish({ src: '/pixel/1', cid: 'logo@posta' });
  await until(() => surface.querySelector('img[data-cid]'), 'the upload');
  equal(new URL(surface.querySelector('img').src).pathname, '/pixel/1');
  equal(handle.getHTML(), '<div>uno<img src="cid:logo@posta" alt="logo.png"></div>');
  equal(handle.pendingUploads(), 0);
});

test('a failed upload leaves no image and says so', async () => {
  const errors = [];
  const { handle, surface } = editor({
    html: '<div>uno</div>',
    onFile: () => Promise.reject(new Error('507')),
    onError: (error) => errors.push(error.message),
  });
  handle.focus('end');
  paste(surface, transfer(png()));
  await until(() => errors.length, 'the error');
  await until(() => !surface.querySelector('img'), 'the image to go');
  equal([errors, handle.getHTML()], [['507'], '<div>uno</div>']);
});

test('undo and redo over an upload keep the uploaded image', async () => {
  const { handle, surface } = editor({ html: '<div>uno</div>', onFile: async () => ({ src: '/pixel/2', cid: 'a@b' }) });
  handle.focus('end');
  paste(surface, transfer(png()));
  await until(() => surface.querySelector('img[data-cid]'), 'the upload');
  const uploaded = '<div>uno<img src="cid:a@b" alt="logo.png"></div>';
  select(surface, 'uno');
  handle.exec('bold');
  await until(() => handle.state().canUndo, 'canUndo');
  // Back to before the image, then forward again: the way leads over the moment at which it was being uploaded.
  while (surface.querySelector('img')) handle.exec('undo');
  handle.exec('redo');
  equal(handle.getHTML(), uploaded);
  while (handle.state().canRedo) {
    handle.exec('redo');
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  equal(handle.getHTML(), uploaded.replace('uno', '<b>uno</b>'));
});

test('other files are handed over and nothing is inserted', async () => {
  const files = [];
  const { handle, surface } = editor({ html: '<div>uno</div>', onFile: async (file) => files.push(file.name) });
  const pdf = new File(['%PDF'], 'factura.pdf', { type: 'application/pdf' });
  const drop = new DragEvent('drop', { dataTransfer: transfer(pdf), bubbles: true, cancelable: true });
  surface.dispatchEvent(drop);
  await until(() => files.length, 'the file');
  equal([files, drop.defaultPrevented, handle.getHTML()], [['factura.pdf'], true, '<div>uno</div>']);
});

test('text that carries a picture of itself along is text', () => {
  equal(filesOf(transfer(png())).length, 1);
  equal(filesOf(transfer(['text/plain', 'x'], png())).length, 0);
});

test('pictures inside pasted HTML become attachments', async () => {
  const types = [];
  const { handle, surface } = editor({
    html: '<div>uno</div>',
    onFile: async (file) => {
      types.push(file.type);
      return { src: '/pixel/3', cid: 'in@html' };
    },
  });
  handle.focus('end');
  const data = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
  paste(surface, transfer(['text/html', `<b>dos</b><img src="${data}"><img src="file:///c:/x.png">`]));
  await until(() => surface.querySelector('img[data-cid]'), 'the upload');
  equal(types, ['image/gif']);
  ok(handle.getHTML().includes('<img src="cid:in@html">'), handle.getHTML());
  ok(!handle.getHTML().includes('file:'), 'files of a stranger');
});

test('images of a draft are shown through their address and sent by cid', () => {
  const { handle, surface } = editor({
    html: '<div><img src="cid:a@b" alt="x"><img src="cid:gone" alt="y"><img data-cid="a@b" src="https://evil.example/p"></div>',
    resolveCid: (cid) => (cid === 'a@b' ? '/pixel/4' : null),
  });
  const shown = [...surface.querySelectorAll('img')].map((image) => image.getAttribute('src'));
  equal(shown, ['/pixel/4', null, '/pixel/4']);
  const sent = new DOMParser().parseFromString(handle.getHTML(), 'text/html');
  equal([...sent.images].map((image) => image.getAttribute('src')), ['cid:a@b', 'cid:gone', 'cid:a@b']);
});

test('an image can be inserted by its address', () => {
  const { handle } = editor({ html: '<div>uno</div>' });
  handle.focus('end');
  equal(handle.exec('image', {}), false);
  handle.exec('image', { src: '/pixel/5', cid: 'logo', alt: 'Logo', width: 20 });
  equal(handle.getHTML(), '<div>uno<img src="cid:logo" alt="Logo" width="20"></div>');
});

test('data: addresses become files without a request', async () => {
  const file = fileFromData('data:image/jpeg;base64,AAEC');
  equal([file.name, file.type, file.size], ['image.jpg', 'image/jpeg', 3]);
  equal(fileFromData('data:image/png;base64,***'), null);
  equal(fileFromData('https://x.example'), null);
});

test('a read-only editor says so, and that is no input', async () => {
  let inputs = 0;
  const { handle, surface } = editor({ html: '<div>uno</div>', onInput: () => (inputs += 1) });
  handle.setReadOnly(true);
  handle.setLabels({ editor: 'Message' });
  await new Promise((resolve) => requestAnimationFrame(resolve));
  equal(inputs, 0);
  equal([surface.isContentEditable, surface.getAttribute('aria-readonly')], [false, 'true']);
  handle.setReadOnly(false);
  equal(surface.isContentEditable, true);
});

test('pictures of a folder of ours stay by their address, others of this server do not', () => {
  const { handle } = editor({ pictures: '/pixel/', html: '<p>a<img src="/pixel/7"><img src="/pixel/../x"><img src="/other">b</p>' });
  equal(handle.getHTML(), '<p>a<img src="/pixel/7">b</p>');
  equal(editor({ html: '<p>a<img src="/pixel/7"></p>' }).handle.getHTML(), '<p>a</p>');
});

test('a variable is put in where the cursor is', () => {
  const { handle, surface } = editor({ html: '<div>Hola,</div>' });
  select(surface, 'Hola,');
  getSelection().collapseToEnd();
  handle.insertHTML('${customer.name}');
  equal(surface.textContent, 'Hola,${customer.name}');
});

test('empty elements of MJML get an end, and nothing else changes', () => {
  equal(closeEmpty('<mj-image src="a" /><mj-text>1 <br/> 2</mj-text>'), '<mj-image src="a"></mj-image><mj-text>1 <br/> 2</mj-text>');
  equal(closeEmpty('<mj-button href="${a}?b=1/">x</mj-button>'), '<mj-button href="${a}?b=1/">x</mj-button>');
  equal(closeEmpty('<mj-image alt="a > b"/>'), '<mj-image alt="a > b"></mj-image>');
});

test('MJML is written one element a line, texts as they are', () => {
  const flat = '<mjml><mj-body><mj-section><mj-column><mj-text>Hola <b>Ana</b>\n ${x}</mj-text><mj-image src="a"></mj-image></mj-column></mj-section></mj-body></mjml>';
  const lines = [
    '<mjml>', '  <mj-body>', '    <mj-section>', '      <mj-column>', '        <mj-text>Hola <b>Ana</b>\n ${x}</mj-text>',
    '        <mj-image src="a"></mj-image>', '      </mj-column>', '    </mj-section>', '  </mj-body>', '</mjml>', '',
  ];
  equal(indentMjml(flat), lines.join('\n'));
  equal(indentMjml(indentMjml(flat)), lines.join('\n'));
  equal(indentMjml(''), '');
});

test('a text that is being written is written as it stands', () => {
  equal(withInner('<mj-text color="#111" title="a>b">old</mj-text>', 'new <b>x</b>'), '<mj-text color="#111" title="a>b">new <b>x</b></mj-text>');
  equal(withInner('plain', 'x'), 'plain');
});

test('every block has its words in every language, and asks no other server', () => {
  for (const language of ['en', 'es']) {
    for (const block of htmlBlocks(words(language))) {
      ok(block.label, `${language} ${block.id}`);
      ok(block.media.startsWith('<svg') && TOOLS.every(([, , path]) => icon(path).includes(path)), 'icons');
      ok(!/https?:\/\/\w/.test(JSON.stringify(block)), block.id);
    }
  }
});

test('every block of MJML has a place', () => {
  for (const block of mjmlBlocks) ok(['mj-body', 'mj-section', 'mj-column'].includes(parentOf(block)), block);
  equal([parentOf('mj-2-columns'), parentOf('mj-column'), parentOf('mj-text')], ['mj-body', 'mj-section', 'mj-column']);
});

test('a designer that cannot be loaded says so and keeps the source', async () => {
  const element = document.createElement('div');
  document.body.append(element);
  const errors = [];
  const handle = design(element, { html: '<mjml></mjml>', labels: { editor: 'Content' }, onError: (error) => errors.push(error) });
  await until(() => errors.length, 'the error');
  equal([handle.getHTML(), handle.isEmpty(), element.querySelector('iframe').title], ['<mjml></mjml>', false, 'Content']);
  handle.insertHTML('x');
  handle.destroy();
  equal(element.childElementCount, 0);
});

const results = [];
for (const { name, run } of tests) {
  try {
    await run();
    results.push({ name });
  } catch (error) {
    results.push({ name, error: error.message });
  }
  document.body.replaceChildren();
}
await fetch('/results', { method: 'POST', body: JSON.stringify(results) });
