// A contact centre on an ordinary morning, for pictures of every page: the sample campaigns, an agent with a full tray,
// a conversation that has been going on for a while.
import { randomUUID } from 'node:crypto';

import type { BrowserContext } from '@playwright/test';

import { Api } from './api';
import { compose, type Letter } from './compose';
import { pdf, png } from './files';
import { Stage } from './stage';

export interface Scene {
  stage: Stage;
  /** Waits for its first administrator. */
  empty: Stage;
  /** The interaction whose conversation is worth a look. */
  shown: number;
  /** A user who must change his password. */
  newcomer: { login: string; password: string };
  /** An agent without campaigns. */
  idle: { login: string; password: string };
}

interface Row {
  id: number;
  conversation_id: number;
  subject: string;
}

interface Conversation {
  messages: { id: number; direction: 'in' | 'out'; internet_message_id: string; delivery: string | null }[];
}

const SUPPORT = 'soporte@lab.test';
const SALES = 'ventas@lab.test';

/** Puts everything in place; `context` is a browser in which the agent is signed in meanwhile. */
export async function setTheScene(context: (stage: Stage) => Promise<BrowserContext>): Promise<Scene> {
  const [stage, empty] = await Promise.all([Stage.start(), Stage.start('--empty')]);
  const admin = await stage.admin();
  const newcomer = { login: 'nuria', password: 'given by somebody' };
  await admin.post('users', { ...newcomer, name: 'Nuria Campos', role: 'agent', language: 'en' });
  const idle = { login: 'pablo', password: 'a quiet desk by the window' };
  await admin.post('users', { ...idle, name: 'Pablo Rey', role: 'agent', language: 'en', must_change_password: false });

  const person = stage.person('marta');
  const marta = await Api.signIn(stage.address, person);
  const browser = await context(stage);
  const answer = await browser.request.post('/api/v1/auth/sign-in', { data: { login: person.login, password: person.password } });
  if (!answer.ok()) throw new Error(`sign-in of ${person.login}: ${answer.status()}`);
  const page = await browser.newPage();
  await page.goto('/inbox');
  await page.getByTestId('state-switch').getByText('Available').waitFor();

  const write = async (letter: Letter) => {
    await stage.deliver(compose(letter));
  };
  await stage.mailbox('laura.benitez', 'cliente.test');
  for (const letter of LETTERS.slice(0, -1)) await write(letter);
  const main = LETTERS.at(-1) as Letter;
  await write(main);

  const rows = async () => (await marta.get<{ items: Row[] }>('interactions?state=assigned&mine=true&limit=50')).items;
  const find = (subject: string) => until(`the mail “${subject}”`, async () => (await rows()).find((row) => row.subject === subject));
  const read = (row: Row) => marta.get<Conversation>(`conversations/${row.conversation_id}`);

  const done = await find('Change of address');
  await marta.post(`interactions/${done.id}/finish`, { note: 'Address changed in the customer file.' });

  const shown = await find(main.subject);
  const first = (await read(shown)).messages[0];
  const draft = await marta.post<{ id: number; version: number }>('drafts', { kind: 'reply', reply_to_message_id: first?.id });
  await marta.patch(`drafts/${draft.id}`, { html: ANSWER });
  await marta.post(`drafts/${draft.id}/send`, { undo_seconds: 0 }, { 'Idempotency-Key': randomUUID() });
  const sent = await until('the answer', async () => (await stage.mails(main.from)).find((mail) => mail.subject.startsWith('Re:')));
  await write({
    from: main.from,
    name: main.name,
    to: SUPPORT,
    subject: `Re: ${main.subject}`,
    html: `<p>Thank you, that was quick! One more thing: could the corrected invoice show our new VAT number,
      <b>ESB-4471802</b>? Accounting asks for it.</p><p>Kind regards<br>Laura</p>
      <blockquote type="cite">${ANSWER}</blockquote>`,
    text: `Thank you, that was quick! One more thing: could the corrected invoice show our new VAT number, ESB-4471802?`,
    thread: [first?.internet_message_id ?? '', sent.message_id ?? ''],
    files: [pdf('VAT certificate.pdf', 'VAT certificate ESB-4471802')],
  });
  await until('the answer to the answer', async () => (await read(shown)).messages.length >= 3 || undefined);
  // More than she can hold: the rest waits.
  for (const [index, subject] of WAITING.entries()) {
    await write({ from: `cliente${index}@cliente.test`, name: NAMES[index % NAMES.length] ?? '', to: SUPPORT, subject, text: 'Hola, ¿me pueden ayudar?' });
  }
  await until('mail that waits', async () => {
    const waiting = await admin.get<{ items: Row[] }>('interactions?state=waiting&limit=50');
    return waiting.items.length >= 3 || undefined;
  });
  await browser.close();
  return { stage, empty, shown: shown.id, newcomer, idle };
}

/** Asks until there is an answer. */
async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const begun = Date.now();
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() - begun > 40_000) throw new Error(`${what} did not come`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const NAMES = ['Joaquín Peña', 'Silvia Duarte', 'Hugo Marín', 'Noelia Cano', 'Bruno Vega', 'Irene Lobo', 'Tomás Gallego', 'Rosa Beltrán'];
const WAITING = [
  'Pedido incompleto', 'Devolución del pedido 7731', 'No puedo entrar en mi cuenta', 'Factura de octubre', 'Consulta sobre la garantía',
  'Cambio de talla', 'Retraso en la entrega', 'Baja del servicio',
];

const ANSWER = `<div>Dear Laura,</div><div><br></div><div>You are right: the second line was charged twice. We have <b>corrected invoice
  2026-0412</b> and the difference of <b>48.20 €</b> goes back to your card within three days.</div><div><br></div>
  <ul><li>Corrected total: 192.80 €</li><li>Refund: 48.20 €</li></ul><div><br></div><div>Best regards,<br>Marta</div>`;

const LETTERS: Letter[] = [
  {
    from: 'peter.hall@cliente.test', name: 'Peter Hall', to: SUPPORT, subject: 'Change of address',
    text: 'Hello,\n\nwe have moved. Our new address is 14 Harbour Street.\n\nPeter Hall',
  },
  {
    from: 'anna.lindqvist@cliente.test', name: 'Anna Lindqvist', to: SALES, subject: 'Offer for 40 office chairs',
    text: 'Good morning,\n\ncould you send us an offer for 40 chairs of the model Fjord, delivered in January?\n\nAnna Lindqvist\nBright & Co.',
  },
  {
    from: 'miguel.santos@cliente.test', name: 'Miguel Santos', to: SUPPORT, subject: '¿Cuándo llega mi pedido 8120?',
    text: 'Hola:\n\nel seguimiento dice «en reparto» desde el martes.\n\nGracias\nMiguel',
  },
  {
    from: 'office@harbour-dental.example', name: 'Harbour Dental', to: SALES, subject: 'Re: Maintenance contract 2027',
    text: 'We would like to go on with the contract as it is.\n\nDo we need to sign anything?',
  },
  {
    from: 'clara.nunez@cliente.test', name: 'Clara Núñez', to: SUPPORT, subject: 'La silla llegó rota',
    text: 'Buenas tardes:\n\nadjunto una foto de la pata rota. ¿Qué hago?\n\nClara Núñez', files: [png('pata rota.png', 320, 200, [150, 96, 52])],
  },
  {
    from: 'laura.benitez@cliente.test', name: 'Laura Benítez', to: SUPPORT, subject: 'Invoice 2026-0412 is wrong',
    html: `<p>Hello,</p><p>in invoice <b>2026-0412</b> one line was charged twice:</p>
      <table border="1" cellpadding="6" style="border-collapse:collapse"><tr><th>Item</th><th>Quantity</th><th>Amount</th></tr>
      <tr><td>Desk lamp Sol</td><td>4</td><td>48.20 €</td></tr><tr><td>Desk lamp Sol</td><td>4</td><td>48.20 €</td></tr>
      <tr><td>Chair Fjord</td><td>2</td><td>144.60 €</td></tr></table>
      <p>Could you please have a look? The invoice is attached.</p><p>Kind regards<br>Laura Benítez</p>
      <p><img src="cid:signature" width="160" height="40" alt="Benítez Interiores"></p><img src="http://news.example/open.gif" width="1" height="1">`,
    text: 'Hello, in invoice 2026-0412 one line was charged twice. Could you please have a look?',
    inline: [{ ...png('signature.png', 160, 40, [60, 110, 90]), cid: 'signature' }],
    files: [pdf('invoice 2026-0412.pdf', 'Invoice 2026-0412'), png('scan.png', 400, 300, [210, 205, 190])],
  },
];
