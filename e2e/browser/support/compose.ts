// Mails as customers' programs write them (RFC 5322, MIME), plain enough to be read here.
import { randomBytes } from 'node:crypto';

/** A mail ready for the mail server. */
export interface RawMail {
  from: string;
  to: string;
  /** Its Message-ID, without angle brackets. */
  id: string;
  raw: Buffer;
}

export interface FilePart {
  name: string;
  type: string;
  content: Buffer;
}

export interface Letter {
  from: string;
  name?: string;
  to: string;
  cc?: string[];
  subject: string;
  text?: string;
  html?: string;
  files?: FilePart[];
  /** Pictures inside the HTML, by their Content-ID. */
  inline?: (FilePart & { cid: string })[];
  /** Message-IDs without angle brackets, oldest first: the last one is answered. */
  thread?: string[];
  headers?: Record<string, string>;
}

export function compose(letter: Letter): RawMail {
  const domain = letter.from.split('@')[1] ?? 'cliente.test';
  const heads: Record<string, string> = {
    From: letter.name === undefined ? letter.from : `${word(letter.name)} <${letter.from}>`,
    To: letter.to,
    Subject: word(letter.subject),
    Date: new Date().toUTCString().replace('GMT', '+0000'),
    'Message-ID': `<${randomBytes(12).toString('hex')}@${domain}>`,
    'MIME-Version': '1.0',
  };
  if (letter.cc?.length) heads['Cc'] = letter.cc.join(', ');
  if (letter.thread?.length) {
    heads['In-Reply-To'] = `<${letter.thread.at(-1)}>`;
    heads['References'] = letter.thread.map((id) => `<${id}>`).join('\r\n ');
  }
  Object.assign(heads, letter.headers);
  const head = Object.entries(heads).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const id = (heads['Message-ID'] ?? '').replace(/^<|>$/g, '');
  return { from: letter.from, to: letter.to, id, raw: Buffer.from(head + body(letter)) };
}

function body(letter: Letter): string {
  let whole = letter.html === undefined || letter.text !== undefined ? leaf('text/plain; charset=utf-8', Buffer.from(letter.text ?? '')) : '';
  if (letter.html !== undefined) {
    let html = leaf('text/html; charset=utf-8', Buffer.from(letter.html));
    const pictures = (letter.inline ?? []).map((one) => file(one, 'inline', `Content-ID: <${one.cid}>\r\n`));
    if (pictures.length) html = branch('related', [html, ...pictures]);
    whole = whole === '' ? html : branch('alternative', [whole, html]);
  }
  const files = (letter.files ?? []).map((one) => file(one, 'attachment'));
  return files.length ? branch('mixed', [whole, ...files]) : whole;
}

function file(one: FilePart, disposition: string, more = ''): string {
  const name = encodeURIComponent(one.name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return leaf(one.type, one.content, `Content-Disposition: ${disposition};\r\n filename*=utf-8''${name}\r\n${more}`);
}

function leaf(type: string, content: Buffer, more = ''): string {
  const lines = content.toString('base64').match(/.{1,76}/g)?.join('\r\n') ?? '';
  return `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n${more}\r\n${lines}\r\n`;
}

function branch(kind: string, parts: string[]): string {
  const line = `=_${randomBytes(9).toString('hex')}`;
  const inner = parts.map((part) => `--${line}\r\n${part}`).join('');
  return `Content-Type: multipart/${kind}; boundary="${line}"\r\n\r\n${inner}--${line}--\r\n`;
}

/** A header's value, encoded where it must be (RFC 2047). */
function word(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const chunks: string[] = [];
  let chunk = '';
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > 42) {
      chunks.push(chunk);
      chunk = '';
    }
    chunk += character;
  }
  return [...chunks, chunk].map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`).join('\r\n ');
}
