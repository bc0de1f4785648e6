// The framed page in which whole mails are designed: GrapesJS, for MJML with its own components. It runs in a page of
// its own because it writes style sheets, which the page around it may not. Nothing here asks any server for anything:
// pictures are handed to the page around it, and its policy forbids the rest.
import { giveBack } from './lib/function.js';

import grapesjs from 'grapesjs';
import mjml from 'grapesjs-mjml';
import spanish from 'grapesjs/locale/es.mjs';
import spanishMjml from 'grapesjs-mjml/locale/es.js';

import { htmlBlocks, icon, mjmlBlocks, parentOf, TOOLS, words } from './lib/blocks.js';
import { closeEmpty, indentMjml, withInner } from './lib/source.js';

import 'grapesjs/dist/css/grapes.min.css';
import './lib/designer.css';

giveBack();

/** A default export, however its module was made. */
const of = (module) => module.default ?? module;

const LANGUAGE = document.documentElement.lang === 'es' ? 'es' : 'en';

/** Begins to design in this page; see designer.js for who calls it. */
window.postaDesign = (options) => new Design(options);

class Design {
  #options;
  #editor;
  /** What was last loaded or told, as the editor writes it. */
  #known = '';
  #frame = 0;

  constructor(options) {
    this.#options = options;
    const isMjml = options.format === 'mjml';
    const say = words(LANGUAGE);
    this.#editor = grapesjs.init({
      container: '#designer',
      height: '100%',
      width: 'auto',
      storageManager: false,
      telemetry: false,
      cssIcons: '',
      noticeOnUnload: false,
      // Mail programs know styles of elements best.
      avoidInlineStyle: false,
      forceClass: false,
      showOffsetsSelected: false,
      i18n: {
        locale: LANGUAGE,
        localeFallback: 'en',
        detectLocale: false,
        messagesAdd: { es: of(spanish) },
      },
      blockManager: { appendOnClick: (block) => this.#append(block) },
      assetManager: {
        // Not an address: what is chosen goes to the page around this one.
        upload: true,
        embedAsBase64: false,
        uploadFile: (event) => this.#upload(event),
      },
      deviceManager: {
        devices: [
          { id: 'desktop', name: say.wide, width: '' },
          { id: 'mobilePortrait', name: say.narrow, width: '375px', widthMedia: '480px' },
        ],
      },
      plugins: [
        (editor) => {
          if (isMjml) {
            of(mjml)(editor, {
              blocks: mjmlBlocks, fonts: {}, useCustomTheme: false, resetDevices: false, i18n: { es: of(spanishMjml) },
              imagePlaceholderSrc: '',
            });
          } else {
            for (const block of htmlBlocks(say)) editor.BlockManager.add(block.id, block);
          }
        },
      ],
    });
    this.#tools(say);
    this.load(options.source);
    const editor = this.#editor;
    editor.on('update component:input', () => this.#soon());
    editor.on('load', () => {
      // What the editor makes of it while it loads is no change.
      this.#known = this.#source();
      editor.Panels.getButton('views', 'open-blocks')?.set('active', true);
      for (const at of [window, editor.Canvas.getWindow()]) {
        at.addEventListener('focus', () => this.#options.onFocus());
        at.addEventListener('blur', () => this.#tell());
      }
      document.body.dataset.ready = 'true';
    });
  }

  /** Replaces what is designed. */
  load(source) {
    this.#editor.setComponents(this.#options.format === 'mjml' ? closeEmpty(source) : source);
    this.#known = this.#source();
    this.#editor.UndoManager.clear();
  }

  /** Puts text at the caret; where nothing is being written, behind the chosen text, or the first. */
  insert(text) {
    const editor = this.#editor;
    if (editor.getEditing()) {
      editor.Canvas.getWindow().focus();
      editor.Canvas.getDocument().execCommand('insertText', false, text);
    } else {
      const isText = (component) => component?.isInstanceOf('text') || component?.is('mj-text') || component?.is('mj-button');
      const chosen = editor.getSelected();
      const place = isText(chosen) ? chosen : editor.getWrapper().find('mj-text, p, div').find(isText);
      place?.append({ type: 'textnode', content: text });
    }
    this.#tell();
  }

  /** Puts a block where it may stand, near what is chosen: for those who do not drag. */
  #append(block) {
    const editor = this.#editor;
    const body = editor.getWrapper();
    const near = (type) => editor.getSelected()?.closestType(type) ?? body.findType(type).at(-1);
    const inside = this.#options.format === 'mjml' ? near(parentOf(block.getId())) : body;
    const [put] = [inside?.append(block.getContent())].flat();
    if (put) editor.select(put);
  }

  /** Frees everything. */
  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#options.onFull(false);
    this.#editor.destroy();
  }

  #tools(say) {
    const { Commands, Panels, RichTextEditor } = this.#editor;
    // Neither opens a window with source: the page around has a place for it.
    for (const id of ['export-template', 'mjml-import', 'preview']) Panels.removeButton('options', id);
    for (const [panel, id, path] of TOOLS) Panels.getButton(panel, id)?.set({ className: '', label: icon(path) });
    const full = { run: () => this.#options.onFull(true), stop: () => this.#options.onFull(false) };
    for (const id of ['fullscreen', 'core:fullscreen']) Commands.add(id, full);
    const names = this.#options.variables;
    if (!names.length) return;
    const choices = names.map((name) => `<option value="\${${name}}">\${${name}}</option>`).join('');
    RichTextEditor.add('variable', {
      icon: `<select class="gjs-field variables" aria-label="${say.variables}"><option value="">${say.variables}</option>${choices}</select>`,
      event: 'change',
      attributes: { title: say.variables },
      result: (rte, action) => {
        const list = action.btn.firstChild;
        rte.insertHTML(list.value);
        list.value = '';
      },
    });
  }

  async #upload(event) {
    const files = [...(event.dataTransfer ?? event.target).files].filter((file) => file.type.startsWith('image/'));
    for (const file of files) {
      try {
        this.#editor.AssetManager.add({ src: await this.#options.onFile(file), name: file.name });
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  /** The source as the editor writes it, with the words of a text that is being written. */
  #source() {
    const editor = this.#editor;
    const editing = editor.getEditing();
    const write = editing?.toHTML;
    if (editing?.view) {
      const inner = editing.view.getChildrenContainer().innerHTML;
      editing.toHTML = (...how) => withInner(write.apply(editing, how), inner);
    }
    try {
      if (this.#options.format === 'mjml') return indentMjml(editor.getHtml());
      const css = editor.getCss({ avoidProtected: true, onlyMatched: true });
      const html = editor.getHtml().replace(/^<body[^>]*>|<\/body>$/g, '');
      return css ? `<style>${css}</style>\n${html}` : html;
    } finally {
      if (editing) delete editing.toHTML;
    }
  }

  #soon() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#tell();
    });
  }

  #tell() {
    const source = this.#source();
    if (source === this.#known) return;
    this.#known = source;
    this.#options.onChange(source);
  }
}
