// Images inside a mail. In the mail they are `cid:` references to its attachments; on the screen they have an address
// of this server; between choosing a file and its upload they are shown from memory. This module keeps the three apart.

let counter = 0;

/**
 * The images of one editor.
 * `resolveCid(cid)` gives the address under which an image that came with the HTML can be seen, or null.
 * `folder` is the path on this server whose images the HTML names by their address; without it there are none.
 */
export class Pictures {
  #resolveCid;
  #folder;
  #shown = new Map(); // cid -> address
  #uploads = new Map(); // upload id -> { blob, result } (result: undefined while under way, null when it failed)

  constructor(resolveCid, folder) {
    this.#resolveCid = resolveCid ?? (() => null);
    this.#folder = folder ?? null;
  }

  /** The address under which the image `cid` can be seen, or null. */
  show(cid) {
    return this.#shown.get(cid) ?? this.#resolveCid(cid) ?? null;
  }

  /** Whether an address is that of an image in our folder. */
  isOwn(address) {
    const name = this.#folder && address.startsWith(this.#folder) ? address.slice(this.#folder.length) : '';
    return /^[\w-]+$/.test(name);
  }

  /** Remembers under which address an image can be seen. */
  remember(cid, address) {
    this.#shown.set(cid, address);
  }

  /** Attributes for the image of a file that is being uploaded. */
  begin(file) {
    const id = String(++counter);
    const blob = URL.createObjectURL(file);
    this.#uploads.set(id, { blob, result: undefined });
    return { id, attributes: { src: blob, alt: file.name, 'data-upload': id } };
  }

  /** Tells how an upload ended: `{src, cid}`, or null when it failed. */
  end(id, result) {
    const upload = this.#uploads.get(id);
    if (!upload) return;
    upload.result = result;
    if (result?.cid) this.remember(result.cid, result.src);
    URL.revokeObjectURL(upload.blob);
  }

  /**
   * Brings the images under `root` up to date. Needed after an upload, and after undo or redo, which may bring back
   * an image from the time of its upload.
   */
  settle(root) {
    for (const image of root.querySelectorAll('img[data-upload]')) {
      const upload = this.#uploads.get(image.getAttribute('data-upload'));
      if (upload && upload.result === undefined) continue;
      image.removeAttribute('data-upload');
      if (!upload?.result) {
        image.remove();
        continue;
      }
      image.setAttribute('src', upload.result.src);
      if (upload.result.cid) image.setAttribute('data-cid', upload.result.cid);
    }
  }

  /** The number of uploads under way. */
  get pending() {
    return [...this.#uploads.values()].filter((upload) => upload.result === undefined).length;
  }

  /** `html` as it belongs into the mail: our images by their `cid:`, unfinished ones left out. */
  toMail(html) {
    if (!/<img/i.test(html)) return html;
    const inert = new DOMParser().parseFromString(html, 'text/html');
    for (const image of inert.querySelectorAll('img')) {
      const cid = image.getAttribute('data-cid');
      if (image.hasAttribute('data-upload')) {
        image.remove();
      } else if (cid !== null) {
        image.setAttribute('src', `cid:${cid}`);
        image.removeAttribute('data-cid');
      }
    }
    return inert.body.innerHTML;
  }

  /** Frees the memory of uploads that never ended. */
  dispose() {
    for (const upload of this.#uploads.values()) URL.revokeObjectURL(upload.blob);
    this.#uploads.clear();
  }
}

/** The files of a clipboard or a drag, unless it is text that merely carries a picture of itself along. */
export function filesOf(transfer) {
  if (!transfer?.files.length) return [];
  const types = [...transfer.types];
  // Office programs and spreadsheets copy text, and beside it an image of that text.
  if (types.includes('text/plain') || types.includes('text/rtf')) return [];
  return [...transfer.files];
}

/** The bytes of a `data:` address as a file. No request is made: the page's policy forbids one. */
export function fileFromData(address) {
  const [, type, base64, data] = /^data:([^;,]*)[^,]*?(;base64)?,(.*)$/is.exec(address) ?? [];
  if (data === undefined) return null;
  try {
    const text = base64 ? atob(decodeURIComponent(data)) : decodeURIComponent(data);
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const ending = type.split('/')[1]?.replace('jpeg', 'jpg') ?? 'bin';
    return new File([bytes], `image.${ending}`, { type });
  } catch {
    return null;
  }
}
