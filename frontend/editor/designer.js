// The designer of whole mails, as the page sees it: the interface of the editor of rich text, around a framed page that
// has a policy of its own (see designer-frame.js).

/** Where the framed page is. */
const PAGE = '/designer.html';

/**
 * Makes a designer inside `element`, which should be empty.
 *
 * Options, all optional:
 * - `html`: the source that it holds at first.
 * - `format`: `html` or `mjml`.
 * - `variables`: their names, apart by blanks.
 * - `labels`: `{ editor }`, the name that screen readers say.
 * - `onInput()`: something was designed.
 * - `onFile(file)`: a picture was chosen; resolves to its address.
 * - `onError(error)`: something failed inside; the source is unharmed.
 *
 * @returns {Designer}
 */
export function create(element, options = {}) {
  return new Designer(element, options);
}

class Designer {
  #element;
  #frame = document.createElement('iframe');
  #options;
  #source;
  #inner = null;

  constructor(element, options) {
    this.#element = element;
    this.#options = options;
    this.#source = options.html ?? '';
    this.#frame.className = 'designer';
    this.setLabels(options.labels ?? {});
    this.#frame.addEventListener('load', () => this.#start());
    this.#frame.src = PAGE;
    element.append(this.#frame);
  }

  /** The source as it stands; what was loaded and not touched comes back as it was. */
  getHTML() {
    return this.#source;
  }

  /** Replaces what is designed. */
  setHTML(source) {
    this.#source = source;
    this.#inner?.load(source);
  }

  /** Puts text where the caret stands, or behind the chosen text. */
  insertHTML(text) {
    this.#inner?.insert(text);
  }

  /** Whether there is no source at all. */
  isEmpty() {
    return this.#source.trim() === '';
  }

  /** Says the name again, in another language. */
  setLabels({ editor }) {
    this.#frame.title = editor ?? '';
  }

  /** Puts the keyboard into the designer. */
  focus() {
    this.#frame.focus();
  }

  /** Frees everything; the designer must not be used afterwards. */
  destroy() {
    this.#inner?.destroy();
    this.#inner = null;
    this.#frame.remove();
  }

  #start() {
    const begin = this.#frame.contentWindow?.postaDesign;
    if (!begin) {
      this.#options.onError?.(new Error('The designer could not be loaded.'));
      return;
    }
    this.#inner = begin({
      source: this.#source,
      format: this.#options.format ?? 'html',
      variables: (this.#options.variables ?? '').split(' ').filter(Boolean),
      onChange: (source) => {
        this.#source = source;
        this.#options.onInput?.();
      },
      onFile: (file) => this.#options.onFile?.(file) ?? Promise.reject(null),
      onFull: (full) => this.#frame.classList.toggle('designer-full', full),
      // Focus inside a frame is no event of the page around it.
      onFocus: () => this.#element.dispatchEvent(new FocusEvent('focusin', { bubbles: true })),
      onError: (error) => this.#options.onError?.(error),
    });
  }
}
