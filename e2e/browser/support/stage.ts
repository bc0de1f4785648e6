// A stage: mail servers and a Posta of its own, run by `posta-lab stage --json`, which also does on request what no
// browser can: write and read real mail, end and start the servers.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { Api } from './api';
import type { RawMail } from './compose';

/** Where a mail server listens. */
export interface Endpoint {
  host: string;
  port: number;
  security: 'starttls' | 'implicit' | 'none';
}

/** Someone who can sign in. */
export interface Person {
  login: string;
  name: string;
  role: 'administrator' | 'supervisor' | 'agent';
  password: string;
}

/** What a stage says of itself. */
export interface StageFacts {
  address: string;
  /** Of an empty stage: the link that makes the first administrator. */
  setup_link: string | null;
  people: Person[];
  campaigns: { name: string; address: string }[];
  imap: Endpoint;
  smtp: Endpoint;
  /** Password of all mailboxes. */
  mail_password: string;
}

/** A mail as it lies in a real mailbox. */
export interface StoredMail {
  subject: string;
  from: string;
  from_name: string;
  to: string[];
  message_id: string | null;
  in_reply_to: string[];
  references: string[];
  text: string;
  html: string | null;
  /** Attachments and pictures; their content in Base64. */
  parts: { name: string; content_type: string; content_id: string | null; content: string }[];
  /** By name in lower case, unfolded. */
  headers: Record<string, string>;
}

type Answer = { id: number } & ({ done: unknown } | { failed: string });

/** How long a stage may take to come up, and to do one thing. */
const STARTING_MS = 90_000;
const ASKING_MS = 60_000;

export class Stage {
  private readonly waiting = new Map<number, { done(value: unknown): void; failed(error: Error): void }>();
  private asked = 0;
  private administrator: Promise<Api> | undefined;

  private constructor(
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly ended: Promise<void>,
    readonly facts: StageFacts,
  ) {}

  /** Starts a stage; `--empty` in `options` leaves it without users. */
  static async start(...options: string[]): Promise<Stage> {
    const child = spawn(program(), ['stage', '--json', ...options], { stdio: 'pipe' });
    let complaints = '';
    child.stderr.on('data', (data: Buffer) => (complaints = (complaints + data.toString()).slice(-4_000)));
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    const lines = createInterface({ input: child.stdout });
    const first = new Promise<string>((good, bad) => {
      lines.once('line', good);
      child.once('error', bad);
      const broken = (why: string) => bad(new Error(`the stage ${why}\n${complaints}`));
      const limit = setTimeout(() => broken('did not come up in time'), STARTING_MS);
      limit.unref();
      child.once('exit', (code) => broken(`ended with ${code}`));
    });
    let facts: StageFacts;
    try {
      facts = JSON.parse(await first) as StageFacts;
    } catch (error) {
      child.stdin.end();
      throw error;
    }
    const stage = new Stage(child, ended, facts);
    lines.on('line', (line) => stage.hear(JSON.parse(line) as Answer));
    child.once('exit', (code) => {
      for (const one of stage.waiting.values()) one.failed(new Error(`the stage ended with ${code}\n${complaints}`));
    });
    return stage;
  }

  /** Ends everything that the stage started. */
  async stop(): Promise<void> {
    this.process.stdin.end();
    await this.ended;
  }

  get address(): string {
    return this.facts.address;
  }

  person(login: string): Person {
    const found = this.facts.people.find((person) => person.login === login);
    if (!found) throw new Error(`nobody on the stage is called ${login}`);
    return found;
  }

  /** The API, as the administrator of a stage that is not empty. */
  admin(): Promise<Api> {
    this.administrator ??= Api.signIn(this.address, this.person('admin'));
    return this.administrator;
  }

  /** Makes a mailbox whose address begins with `name`; at `domain`, else at that of the campaigns. */
  async mailbox(name: string, domain?: string): Promise<string> {
    return (await this.ask<{ address: string }>({ do: 'mailbox', name, domain })).address;
  }

  /** Hands a mail to the mail server, as a customer's provider would. */
  async deliver(mail: RawMail): Promise<void> {
    await this.ask({ do: 'deliver', from: mail.from, to: mail.to, raw: mail.raw.toString('base64') });
  }

  /** All mail in someone's inbox. */
  mails(address: string): Promise<StoredMail[]> {
    return this.ask({ do: 'mails', address });
  }

  /** `stop` ends Posta in good order, `kill` as a power cut would; `start` begins again at the same address. */
  async posta(verb: 'stop' | 'kill' | 'start'): Promise<void> {
    await this.ask({ do: 'posta', verb });
  }

  /** Takes the outgoing mail server away, and brings it back. */
  async postfix(verb: 'stop' | 'start'): Promise<void> {
    await this.ask({ do: 'postfix', verb });
  }

  private ask<T>(request: object): Promise<T> {
    this.asked += 1;
    const id = this.asked;
    return new Promise<T>((good, bad) => {
      const limit = setTimeout(() => bad(new Error(`the stage did not answer ${JSON.stringify(request).slice(0, 80)}`)), ASKING_MS);
      const over = () => {
        clearTimeout(limit);
        this.waiting.delete(id);
      };
      this.waiting.set(id, {
        done: (value) => (over(), good(value as T)),
        failed: (error) => (over(), bad(error)),
      });
      this.process.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  private hear(answer: Answer): void {
    const one = this.waiting.get(answer.id);
    if ('failed' in answer) one?.failed(new Error(answer.failed));
    else one?.done(answer.done);
  }
}

/** The newest `posta-lab` that was built; POSTA_LAB_BIN names another. */
function program(): string {
  const named = process.env['POSTA_LAB_BIN'];
  if (named) return named;
  const targets = [
    process.env['CARGO_TARGET_DIR'],
    join(process.env['POSTA_CACHE'] ?? join(homedir(), '.cache/posta'), 'target'),
    resolve(import.meta.dirname, '../../../target'),
  ];
  const built = targets
    .filter((target) => target !== undefined)
    .flatMap((target) => ['debug', 'fast', 'release'].map((profile) => join(target, profile, 'posta-lab')))
    .filter((path) => existsSync(path))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  const newest = built[0];
  if (!newest) throw new Error('posta-lab is not built: run `cargo build --workspace` first.');
  return newest;
}
