// The editor in which agents write mails: Squire, wrapped into the small interface that the page uses.
import Squire from 'squire-rte';

import { COMMANDS } from './lib/commands.js';
import { fileFromData, filesOf, Pictures } from './lib/pictures.js';
import { sanitiser } from './lib/sanitise.js';
import { isEmpty, readState } from './lib/state.js';

/**
 * Makes an editor inside `element`, which should be empty.
 *
 * Options, all optional:
 * - `html`: what it holds at first.
 * - `labels`: `{ editor, placeholder }`, the name that screen readers say, and the hint in an empty editor
 *   (shown by the page's style: `element` carries `data-empty` and `data-placeholder`).
 * - `onInput()`: the content changed, by whatever way.
 * - `onState(state)`: the formats at the cursor changed (see `state()`), at most once per frame.
 * - `onFile(file)`: a file was pasted, dropped or inserted. For an image it resolves to its address, or to
 *   `{ src, cid }`; the image is shown meanwhile, and disappears if the promise fails. For other files the result is
 *   not used: they are attachments, and the page's business.
 * - `onError(error)`: something failed inside; the content is unharmed.
 * - `resolveCid(cid)`: the address under which an image of the HTML (`src="cid:…"`) can be seen, or null.
 * - `pictures`: the path under which images may lie on this server, and be named so in the HTML.
 *
 * @returns {Editor}
 */
export function create(element, options = {}) {
  return new Editor(element, options);
}

class Editor {
  #element;
  #surface;
  #squire;
  #options;
  #pictures;
  #listeners = new AbortController();
  #stateListeners = new Set();
  #lastState = '';
  #frame = 0;
  #undo = { canUndo: false, canRedo: false };

  constructor(element, options) {
    this.#element = element;
    this.#options = options;
    this.#pictures = new Pictures(options.resolveCid, options.pictures);
    if (options.onState) this.#stateListeners.add(options.onState);

    this.#surface = document.createElement('div');
    this.#surface.className = 'editor-surface';
    this.#surface.setAttribute('role', 'textbox');
    this.#surface.setAttribute('aria-multiline', 'true');
    this.#surface.tabIndex = 0;
    this.#surface.spellcheck = true;
    element.append(this.#surface);
    this.setLabels(options.labels ?? {});

    this.#squire = new Squire(this.#surface, {
      sanitizeToDOMFragment: sanitiser(this.#pictures),
      didError: (error) => this.#fail(error),
      undo: { documentSizeThreshold: 1_000_000, undoLimit: 100 },
    });
    // Tab belongs to the page: an editor that keeps it is a trap for everyone who has only a keyboard.
    this.#squire.setKeyHandler('Tab', null);
    this.#squire.setKeyHandler('Shift-Tab', null);
    this.#listen();
    this.setHTML(options.html ?? '');
  }

  /** The content as it belongs into the mail; images of ours as `cid:`. */
  getHTML() {
    return this.isEmpty() ? '' : this.#pictures.toMail(this.#squire.getHTML());
  }

  /** Replaces the content; undo does not reach behind it. */
  setHTML(html) {
    this.#squire.setHTML(html);
    // What is set is no input, but what follows at once may be: Squire would otherwise take both for one.
    this.#quietly(() => {});
    this.#changed();
  }

  /** Inserts HTML at the cursor (a template, a signature, a variable). */
  insertHTML(html) {
    this.#squire.insertHTML(html);
    this.#changed();
  }

  /** Whether there is nothing to send. */
  isEmpty() {
    return isEmpty(this.#surface);
  }

  /** The number of images whose upload is under way: `getHTML()` leaves these out. */
  pendingUploads() {
    return this.#pictures.pending;
  }

  /** Puts the keyboard into the editor; `'start'` and `'end'` also move the cursor. */
  focus(where) {
    this.#squire.focus();
    if (where === 'start') this.#squire.moveCursorToStart();
    if (where === 'end') this.#squire.moveCursorToEnd();
  }

  /**
   * Does what a button of the toolbar says. Returns false when the value was refused (an address that is none).
   *
   * Without a value: bold, italic, underline, strike, unlink, orderedList, unorderedList (these four and the lists
   * toggle), quote, unquote, indent, outdent, clear, undo, redo. With a value: color, highlight, fontSize, fontFamily
   * (CSS; empty removes), align (left, center, right, justify; empty removes), link (an address), image
   * (`{ src, cid, alt, width, height }`, or a File, which goes to `onFile`).
   */
  exec(name, value) {
    if (name === 'image') return this.#image(value);
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : null;
    if (!command) throw new TypeError(`The editor knows no command ${name}.`);
    if (command(this.#squire, value) === false) return false;
    if (name === 'undo' || name === 'redo') this.#settle();
    this.#squire.focus();
    this.#changed();
    return true;
  }

  /** The formats at the cursor (see lib/state.js), with `canUndo` and `canRedo`. */
  state() {
    return { ...readState(this.#squire), ...this.#undo };
  }

  /** Calls back whenever `state()` changes; returns a function that ends it. */
  onState(callback) {
    this.#stateListeners.add(callback);
    callback(this.state());
    return () => this.#stateListeners.delete(callback);
  }

  /** Says the labels again, in another language. */
  setLabels({ editor, placeholder }) {
    this.#quietly(() => {
      this.#surface.setAttribute('aria-label', editor ?? '');
      this.#surface.setAttribute('aria-placeholder', placeholder ?? '');
    });
    this.#element.dataset.placeholder = placeholder ?? '';
  }

  /** Lets the content be read but not changed, or changed again. */
  setReadOnly(readOnly) {
    this.#quietly(() => {
      this.#surface.setAttribute('contenteditable', readOnly ? 'false' : 'true');
      this.#surface.setAttribute('aria-readonly', String(readOnly));
    });
  }

  /** Frees everything; the editor must not be used afterwards. */
  destroy() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    this.#stateListeners.clear();
    this.#squire.destroy();
    this.#pictures.dispose();
    this.#surface.remove();
    delete this.#element.dataset.empty;
    delete this.#element.dataset.placeholder;
  }

  #listen() {
    const squire = this.#squire;
    squire.addEventListener('input', () => {
      this.#changed();
      this.#options.onInput?.();
    });
    squire.addEventListener('undoStateChange', ({ detail }) => {
      this.#undo = { canUndo: detail.canUndo, canRedo: detail.canRedo };
      this.#stateChanged();
    });
    for (const event of ['pathChange', 'select', 'cursor']) squire.addEventListener(event, () => this.#stateChanged());
    squire.addEventListener('willPaste', ({ detail }) => {
      if (detail.fragment) this.#adoptEmbedded(detail.fragment);
    });

    // On the way down, before Squire: it would let a dropped file replace the page.
    const before = { capture: true, signal: this.#listeners.signal };
    this.#element.addEventListener('paste', (event) => this.#take(event, event.clipboardData), before);
    this.#element.addEventListener('drop', (event) => this.#take(event, event.dataTransfer), before);
    this.#element.addEventListener('dragover', (event) => {
      if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
    }, before);
  }

  #take(event, transfer) {
    const files = filesOf(transfer);
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === 'drop') this.#moveTo(event.clientX, event.clientY);
    for (const file of files) this.#file(file);
  }

  #moveTo(x, y) {
    const spot = document.caretPositionFromPoint?.(x, y);
    if (spot && this.#surface.contains(spot.offsetNode)) {
      const range = document.createRange();
      range.setStart(spot.offsetNode, spot.offset);
      this.#squire.setSelection(range);
    }
  }

  #image(value) {
    if (value instanceof File) return this.#file(value);
    if (!value?.src) return false;
    const { src, cid, alt = '', width, height } = value;
    if (cid) this.#pictures.remember(cid, src);
    this.#squire.insertImage(src, { alt, width, height, 'data-cid': cid || undefined });
    this.#changed();
    return true;
  }

  #file(file) {
    const upload = this.#options.onFile;
    if (!upload) return false;
    if (!file.type.startsWith('image/')) {
      Promise.resolve(upload(file)).catch((error) => this.#fail(error));
      return true;
    }
    const { id, attributes } = this.#pictures.begin(file);
    this.#squire.insertImage(attributes.src, attributes);
    this.#upload(id, file);
    return true;
  }

  async #upload(id, file) {
    let result = null;
    try {
      const answer = await this.#options.onFile(file);
      result = typeof answer === 'string' ? { src: answer } : answer;
    } catch (error) {
      this.#fail(error);
    }
    this.#pictures.end(id, result?.src ? result : null);
    // The agent may have gone to another conversation while it was uploaded.
    if (!this.#listeners.signal.aborted) {
      this.#settle();
      this.#changed();
      this.#options.onInput?.();
    }
  }

  /** Pasted HTML may hold whole pictures as data: addresses; mails carry them as attachments instead. */
  #adoptEmbedded(fragment) {
    if (!this.#options.onFile) return;
    for (const image of fragment.querySelectorAll('img[src^="data:"]')) {
      const file = fileFromData(image.getAttribute('src'));
      if (!file) {
        image.remove();
        continue;
      }
      const { id, attributes } = this.#pictures.begin(file);
      image.setAttribute('src', attributes.src);
      image.setAttribute('data-upload', id);
      this.#upload(id, file);
    }
  }

  #settle() {
    this.#quietly(() => this.#pictures.settle(this.#surface));
  }

  /** Changes the document without that counting as input, which would also end a chain of redos. */
  #quietly(change) {
    if (this.#squire) this.#squire.modifyDocument(change);
    else change();
  }

  #changed() {
    this.#element.toggleAttribute('data-empty', this.isEmpty());
    this.#stateChanged();
  }

  #stateChanged() {
    if (this.#frame || !this.#stateListeners.size) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const state = this.state();
      const text = JSON.stringify(state);
      if (text === this.#lastState) return;
      this.#lastState = text;
      for (const listener of this.#stateListeners) listener(state);
    });
  }

  #fail(error) {
    if (this.#options.onError) this.#options.onError(error);
    else console.error(error);
  }
}
