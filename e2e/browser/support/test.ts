// The test function of all specs: a stage for each worker, browsers for as many people as a test needs, and what must
// never happen watched in all of them.
import { randomBytes } from 'node:crypto';

import { test as base, expect, type BrowserContext, type BrowserContextOptions, type Page } from '@playwright/test';

import { Api } from './api';
import { compose, type Letter, type RawMail } from './compose';
import { Stage, type Person, type StoredMail } from './stage';
import { Watch } from './watch';

export { expect };
export type { Person, StoredMail };

/** A campaign of a test's own, with agents of its own: tests never share a queue. */
export interface Desk {
  campaign: { id: number; name: string; address: string };
  agents: Person[];
}

export interface DeskOptions {
  agents?: number;
  language?: 'en' | 'es';
  /** How many interactions an agent may hold. */
  most?: number;
  /** Who may get a waiting interaction; `nocall` unless told. */
  eligibility?: string;
  /** Seconds of rest after finishing. */
  rest?: number;
  /** Seconds in which a sent mail can be taken back. */
  undo?: number;
}

/** A customer with a real mailbox. */
export interface Customer {
  name: string;
  address: string;
  write(letter: Omit<Letter, 'from' | 'name'>): Promise<RawMail>;
  /** Answers a mail, as his mail program threads it. */
  answer(mail: StoredMail, text: string): Promise<RawMail>;
  mails(): Promise<StoredMail[]>;
  /** Waits until a mail that fits has come in. */
  received(fits: (mail: StoredMail) => boolean, what: string): Promise<StoredMail>;
}

interface WorkerFixtures {
  /** Mail servers and a Posta with its sample people. Lives as long as the worker. */
  stage: Stage;
}

interface TestFixtures {
  watch: Watch;
  /** A stage for this test alone; for what would disturb others. */
  ownStage(...options: string[]): Promise<Stage>;
  desk(options?: DeskOptions, on?: Stage): Promise<Desk>;
  customer(name?: string, on?: Stage): Promise<Customer>;
  /** A browser of its own, not signed in. */
  browse(options?: BrowserContextOptions, on?: Stage): Promise<BrowserContext>;
  /** A browser of its own with someone signed in, on the page `path`. */
  signIn(person: Person, path?: string, options?: BrowserContextOptions, on?: Stage): Promise<Page>;
}

/** A word that nothing else of the run contains. */
export function unique(word: string): string {
  return `${word}-${randomBytes(4).toString('hex')}`;
}

export const PASSWORD = 'a quiet desk by the window';

export const test = base.extend<TestFixtures, WorkerFixtures>({
  stage: [
    async ({}, use) => {
      const stage = await Stage.start();
      await use(stage);
      await stage.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  watch: [
    async ({}, use) => {
      const watch = new Watch();
      await use(watch);
      expect(watch.complaints, 'what must never happen').toEqual([]);
    },
    { auto: true },
  ],

  ownStage: async ({}, use) => {
    const stages: Stage[] = [];
    await use(async (...options) => {
      const stage = await Stage.start(...options);
      stages.push(stage);
      return stage;
    });
    await Promise.all(stages.map((stage) => stage.stop()));
  },

  browse: async ({ browser, stage, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}, on = stage) => {
      const context = await browser.newContext({ baseURL: on.address, ...options });
      contexts.push(context);
      await watch.follow(context, on.address);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  signIn: async ({ browse }, use) => {
    await use(async (person, path = '/inbox', options = {}, on) => {
      const context = await browse(options, on);
      const body = { login: person.login, password: person.password };
      const answer = await context.request.post('/api/v1/auth/sign-in', { data: body });
      expect(answer.ok(), `sign-in of ${person.login}: ${answer.status()}`).toBe(true);
      const page = await context.newPage();
      await page.goto(path);
      // Connected: from now on the server knows that he is there.
      await expect(page.getByTestId('state-switch')).toContainText(/Available|Disponible/);
      return page;
    });
  },

  desk: async ({ stage }, use) => {
    await use(async (options = {}, on = stage) => {
      const admin = await on.admin();
      const name = unique('Desk');
      const address = await on.mailbox(name.toLowerCase());
      const campaign = await admin.post<{ id: number }>('campaigns', {
        name,
        from_name: `${name} team`,
        max_interactions: options.most ?? 50,
        eligibility: options.eligibility ?? 'nocall',
        wrap_up_seconds: options.rest ?? 0,
        account: { address, password: on.facts.mail_password, smtp: on.facts.smtp, imap: on.facts.imap },
      });
      const agents: Person[] = [];
      for (let count = 0; count < (options.agents ?? 1); count += 1) {
        const login = unique('agent');
        const person: Person = { login, name: `Agent ${login.slice(-4)}`, role: 'agent', password: PASSWORD };
        const language = options.language ?? 'en';
        const user = await admin.post<{ id: number }>('users', { ...person, must_change_password: false, language });
        await admin.put(`campaigns/${campaign.id}/members/${user.id}`, {});
        agents.push(person);
      }
      if (options.undo !== undefined) {
        await Promise.all(agents.map((agent) => setUndo(on, agent, options.undo ?? 0)));
      }
      return { campaign: { id: campaign.id, name, address }, agents };
    });
  },

  customer: async ({ stage }, use) => {
    await use(async (name = 'Elena Ruiz', on = stage) => {
      const address = await on.mailbox(unique('cliente'), 'cliente.test');
      const customer: Customer = {
        name,
        address,
        async write(letter) {
          const mail = compose({ ...letter, from: address, name });
          await on.deliver(mail);
          return mail;
        },
        answer(mail, text) {
          const quoted = mail.text.split('\n').map((line) => `> ${line}`).join('\n');
          const thread = [...mail.references, mail.message_id ?? ''].filter((id, at, all) => id && all.indexOf(id) === at);
          const subject = /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`;
          return this.write({ to: mail.from, subject, text: `${text}\n\n${mail.from_name} wrote:\n${quoted}`, thread });
        },
        mails: () => on.mails(address),
        async received(fits, what) {
          let found: StoredMail | undefined;
          await expect
            .poll(async () => (found = (await on.mails(address)).find(fits)) !== undefined, { message: what, timeout: 30_000 })
            .toBe(true);
          return found as StoredMail;
        },
      };
      return customer;
    });
  },
});

async function setUndo(on: Stage, person: Person, seconds: number): Promise<void> {
  const api = await Api.signIn(on.address, person);
  await api.patch('auth/me', { undo_send_seconds: seconds });
  await api.post('auth/sign-out', undefined);
}
