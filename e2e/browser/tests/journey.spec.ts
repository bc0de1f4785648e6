// The main job, end to end, through the eyes of two agents and a customer: his mail reaches one of them, the answer
// reaches his mailbox, and what he answers comes back to the same agent.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from '@playwright/test';

import { pdf, png, text } from '../support/files';
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

test('a mail comes in, is answered with files and pictures, and the answer to it comes back', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ agents: 2, undo: 30 });
  const first = new Portal(await signIn(agents[0]!));
  const second = new Portal(await signIn(agents[1]!));
  const elena = await customer('Elena Ruiz');
  const subject = unique('Factura equivocada');
  const scan = pdf('factura 0412.pdf', 'Factura 0412');

  await elena.write({
    to: campaign.address,
    subject,
    text: 'Buenos días: la factura 0412 tiene un error.',
    html: '<p>Buenos días: la factura <b>0412</b> tiene un error.</p><p><img src="cid:logo" alt="logo"></p>',
    inline: [{ ...png('logo.png'), cid: 'logo' }],
    files: [scan, text('notas.txt', 'línea uno\nlínea dos')],
  });

  // It appears by itself, in one tray only.
  const [holder, other] = await Promise.race([
    expect(first.rows(subject)).toBeVisible({ timeout: 20_000 }).then(() => [first, second] as const),
    expect(second.rows(subject)).toBeVisible({ timeout: 20_000 }).then(() => [second, first] as const),
  ]);
  const row = holder.rows(subject);
  await expect(row).toContainText('Elena Ruiz');
  await expect(row).toContainText(campaign.name);
  await expect(row).toHaveAttribute('data-unread', 'true');
  await expect(other.rows(subject)).toHaveCount(0);

  // Reading.
  await holder.open(subject);
  await expect(row).toHaveAttribute('data-unread', 'false');
  const mail = holder.messages().first();
  await expect(holder.inside(mail).getByText('0412')).toBeVisible();
  const frame = mail.locator('iframe');
  await expect(frame).toHaveAttribute('sandbox', /^(?!.*allow-scripts)/);
  await expect
    .poll(() => holder.inside(mail).locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth), 'the inline picture')
    .toBe(120);
  await mail.getByRole('button', { name: /^Preview notas.txt/ }).click();
  const preview = holder.page.getByRole('dialog', { name: 'notas.txt' });
  await expect(preview.getByText('línea dos')).toBeVisible();
  await holder.page.keyboard.press('Escape');
  await expect(preview).toBeHidden();
  await mail.getByRole('button', { name: /^Preview factura/ }).click();
  await expect(holder.page.getByRole('dialog', { name: scan.name }).locator('iframe')).toHaveAttribute('src', /^blob:/);
  await holder.page.keyboard.press('Escape');
  const download = holder.page.waitForEvent('download');
  await mail.getByRole('link', { name: `Download ${scan.name}` }).click();
  const file = await (await download).createReadStream();
  const pieces: Buffer[] = [];
  for await (const piece of file) pieces.push(piece as Buffer);
  expect(Buffer.concat(pieces).equals(scan.content)).toBe(true);
  expect((await download).suggestedFilename()).toBe(scan.name);

  // Answering, with formats, a file and a picture in the text.
  await holder.reply();
  await holder.page.keyboard.type('Lo sentimos. ');
  await holder.page.keyboard.press('Control+b');
  await holder.page.keyboard.type('La hemos corregido.');
  await holder.page.keyboard.press('Control+b');
  await holder.page.keyboard.press('Enter');
  const corrected = pdf('factura 0412 bis.pdf', 'Factura 0412 bis');
  await holder.upload('Attach files', { name: corrected.name, mimeType: corrected.type, buffer: corrected.content });
  await expect(holder.composer.getByText(corrected.name)).toBeVisible();
  const picture = png('captura.png', 200, 80, [200, 60, 40]);
  await holder.upload('Insert picture', { name: picture.name, mimeType: picture.type, buffer: picture.content });
  await expect
    .poll(() => holder.editor.locator('img').evaluate((img) => (img as HTMLImageElement).naturalWidth), 'the picture in the text')
    .toBe(200);
  await holder.saved();

  // Sent, taken back, and all is as it was.
  await holder.send();
  await expect(holder.toast('The mail leaves shortly.')).toBeVisible();
  await holder.toast('The mail leaves shortly.').getByRole('button', { name: 'Undo' }).click();
  await expect(holder.editor).toContainText('La hemos corregido.');
  await expect(holder.composer.getByText(corrected.name)).toBeVisible();
  await expect(holder.messages()).toHaveCount(1);
  expect(await elena.mails()).toEqual([]);

  // No more undo time, and sent for good, by the keyboard.
  await withoutUndo(holder);
  await holder.editor.click();
  await holder.page.keyboard.press('Control+Enter');
  const got = await elena.received((one) => one.subject === `Re: ${subject}`, 'the answer in the customer’s mailbox');
  expect(got.from).toBe(campaign.address);
  expect(got.from_name).toBe(`${campaign.name} team`);
  expect(got.text).toContain('La hemos corregido.');
  expect(got.text).toContain('la factura 0412 tiene un error');
  expect(got.html).toMatch(/<(b|strong)>La hemos corregido\.<\/(b|strong)>/);
  const attached = got.parts.find((part) => part.name === corrected.name);
  expect(attached?.content_type).toBe('application/pdf');
  expect(Buffer.from(attached?.content ?? '', 'base64').equals(corrected.content)).toBe(true);
  const shown = got.parts.find((part) => part.content_type === 'image/png' && part.name === picture.name);
  expect(Buffer.from(shown?.content ?? '', 'base64').equals(picture.content)).toBe(true);
  expect(got.html).toContain(`cid:${shown?.content_id}`);
  expect(got.in_reply_to).toHaveLength(1);
  expect(got.references).toContain(got.in_reply_to[0]);
  await expect(holder.messages().last().locator('[data-delivery=sent]')).toBeVisible();

  // His answer joins the conversation that is open, without a reload.
  await elena.answer(got, 'Perfecto, muchas gracias.');
  await expect(holder.messages('Perfecto, muchas gracias.')).toBeVisible({ timeout: 20_000 });
  await expect(other.rows(subject)).toHaveCount(0);

  // Done.
  await holder.finish('Factura cambiada.');
  await expect(holder.toast('Finished.')).toBeVisible();
  await expect(holder.rows(subject)).toHaveCount(0);
  await holder.tab('History').click();
  await expect(holder.rows(subject)).toBeVisible();

  // Who writes again after that opens a new interaction in the same conversation.
  await elena.answer(got, 'Una cosa más: ¿cuándo llega?');
  const again = await Promise.race(
    [first, second].map(async (portal) => {
      await portal.tab('Active').click();
      await expect(portal.rows(subject)).toBeVisible({ timeout: 20_000 });
      return portal;
    }),
  );
  await again.open(subject);
  await expect(again.messages('Una cosa más')).toBeVisible();
  await expect(again.messages()).toHaveCount(4);
});

test('remote pictures are held back until the agent wants them, and then come by way of the server', async ({ ownStage, desk, signIn, customer }) => {
  const asked: string[] = [];
  const picture = png('remote.png', 64, 64);
  const elsewhere = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['user-agent']}`);
    response.setHeader('Content-Type', 'image/png').end(picture.content);
  });
  await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
  try {
    const stage = await ownStage('--env', 'POSTA__MAIL__IMAGE_HOSTS=127.0.0.0/8');
    const { campaign, agents } = await desk({}, stage);
    const portal = new Portal(await signIn(agents[0]!, '/inbox', {}, stage));
    const elena = await customer('Elena Ruiz', stage);
    const subject = unique('Boletín');
    const port = (elsewhere.address() as AddressInfo).port;
    await elena.write({
      to: campaign.address,
      subject,
      html: `<p>Mire esto</p><img id="far" src="http://127.0.0.1:${port}/far.png?who=elena" width="64" height="64">`,
    });
    await portal.open(subject);
    const mail = portal.messages().first();
    await expect(portal.inside(mail).getByText('Mire esto')).toBeVisible();
    await expect(mail.getByText('1 remote image held back.')).toBeVisible();
    expect(asked).toEqual([]);

    await mail.getByRole('button', { name: 'Show' }).click();
    // The frame is fetched anew: what is asked of the old one is asked again.
    await expect(portal.inside(mail).locator('img'), 'the picture').toHaveJSProperty('naturalWidth', 64);
    await expect(mail.getByText('held back')).toBeHidden();
    // The sender sees the server, not the agent's browser.
    expect(asked).toEqual(['/far.png?who=elena Posta']);
  } finally {
    elsewhere.close();
  }
});

test('replying with history quotes the whole exchange', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Pedido');
  await elena.write({ to: campaign.address, subject, text: 'Primera pregunta: ¿dónde está mi pedido?' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Primera respuesta: sale mañana.');
  await portal.send();
  const answer = await elena.received((mail) => mail.text.includes('Primera respuesta'), 'the first answer');
  await elena.answer(answer, 'Segunda pregunta: ¿a qué hora?');
  await expect(portal.messages('Segunda pregunta')).toBeVisible({ timeout: 20_000 });

  await portal.reply('Reply with history');
  await portal.page.keyboard.type('Segunda respuesta: a las diez.');
  await portal.composer.getByText('The quoted mail goes below').click();
  const quote = portal.composer.frameLocator('iframe');
  await expect(quote.getByText('Primera pregunta')).toBeVisible();
  await portal.send();
  const whole = await elena.received((mail) => mail.text.includes('Segunda respuesta'), 'the answer with history');
  for (const part of ['Segunda pregunta', 'Primera respuesta', 'Primera pregunta']) {
    expect(whole.text).toContain(part);
    expect(whole.html).toContain(part);
  }
});

test('an agent starts an interaction, and the answer comes to him', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ agents: 2, undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const other = new Portal(await signIn(agents[1]!));
  const elena = await customer();
  const subject = unique('Su revisión anual');
  await portal.page.getByRole('button', { name: 'Start a mail' }).first().click();
  await expect(portal.page).toHaveURL(/\/inbox\/new\/\d+/);
  await expect(portal.page.getByLabel('From')).toContainText(campaign.name);
  await portal.page.getByRole('combobox', { name: 'To' }).fill('not an address');
  await portal.page.keyboard.press('Tab');
  await portal.page.getByLabel('Subject').fill(subject);
  await portal.editor.click();
  await portal.page.keyboard.type('Le proponemos una cita.');
  await portal.send();
  await expect(portal.page.getByText('Not a valid e-mail address.')).toBeVisible();
  await portal.button('Remove not an address').click();
  await portal.page.getByRole('combobox', { name: 'To' }).fill(elena.address);
  await portal.page.keyboard.press('Enter');
  await portal.send();

  const got = await elena.received((mail) => mail.subject === subject, 'the started mail');
  expect(got.text).toContain('Le proponemos una cita.');
  await expect(portal.rows(subject)).toBeVisible();
  await expect(portal.page).toHaveURL(/\/inbox\/\d+/);
  await elena.answer(got, 'El martes me va bien.');
  await expect(portal.messages('El martes me va bien.')).toBeVisible({ timeout: 20_000 });
  await expect(other.rows(subject)).toHaveCount(0);
});

test('a recipient who is still being typed goes along when the mail is sent by keyboard', async ({ desk, signIn, customer }) => {
  const { agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  const [elena, hugo] = [await customer(), await customer('Hugo Marín')];
  const subject = unique('Aviso');
  await page.keyboard.press('n');
  const to = page.getByRole('combobox', { name: 'To' });
  await expect(to).toBeFocused();
  await page.keyboard.type(`${elena.address},`);
  await page.getByLabel('Subject').fill(subject);
  // Its row in the tray follows.
  await expect(page.getByTestId('draft-row').filter({ hasText: subject })).toBeVisible();
  await portal.editor.click();
  await page.keyboard.type('Cerramos el lunes.');
  await to.focus();
  await page.keyboard.type(hugo.address);
  await page.keyboard.press('Control+Enter');
  await hugo.received((mail) => mail.subject === subject, 'the mail to the one who was still being typed');
  await elena.received((mail) => mail.subject === subject, 'the mail to the other');
  await expect(portal.messages().last().locator('[data-delivery=sent]')).toBeVisible();
  await expect(page.getByTestId('draft-row')).toHaveCount(0);
});

// A mail that left while its conversation was on its way to the page once stayed "queued" there.
test('a mail that leaves while its conversation is being fetched is shown as sent', async ({ desk, signIn, customer }) => {
  const { agents } = await desk({ undo: 1 });
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Revisión');
  const told = await deliveries(portal.page);
  const held = await hold(portal.page, /\/conversations\/\d+$/);
  await portal.page.keyboard.press('n');
  await portal.page.getByRole('combobox', { name: 'To' }).fill(elena.address);
  await portal.page.keyboard.press('Enter');
  await portal.page.getByLabel('Subject').fill(subject);
  await portal.editor.click();
  await portal.page.keyboard.type('Le toca el jueves.');
  await portal.send();
  await held.caught;
  await told('sent');
  held.release();
  await expect(portal.messages().last().locator('[data-delivery=sent]')).toBeVisible();
});

// So did one that left between the answer of the server and the mail's place in the page.
test('an answer that leaves while it is being fetched is shown as sent', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 1 });
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Horario');
  await elena.write({ to: campaign.address, subject, text: '¿Abren el lunes?' });
  const told = await deliveries(portal.page);
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Sí, a las nueve.');
  const held = await hold(portal.page, /\/messages\/\d+$/);
  await portal.send();
  await held.caught;
  await told('sent');
  held.release();
  await expect(portal.messages().last().locator('[data-delivery=sent]')).toBeVisible();
});

test('a mail is sent and its interaction finished in one step', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subjects = [unique('Primera'), unique('Segunda')];
  for (const subject of subjects) await elena.write({ to: campaign.address, subject, text: 'Hola' });
  for (const subject of subjects) await expect(portal.rows(subject)).toBeVisible({ timeout: 20_000 });
  await portal.open(subjects[0]!);
  await portal.reply();
  await portal.page.keyboard.type('Hecho, y gracias.');
  await portal.button('More ways to send').click();
  await portal.page.getByRole('menuitem', { name: 'Send and finish' }).click();
  // What stands next in the tray opens, while the answer is still on its way.
  await expect(portal.rows(subjects[0])).toHaveCount(0);
  await expect(portal.page.getByRole('heading', { level: 1 })).toHaveText(subjects[1]!);
  await elena.received((mail) => mail.text.includes('Hecho, y gracias.'), 'the answer');
  await expect(portal.page).toHaveTitle('Inbox · Posta');

  // Whoever goes elsewhere at once disturbs nothing either; with the keyboard the dialog finishes.
  await portal.button('Finish').click();
  const dialog = portal.page.getByRole('dialog', { name: 'Finish this interaction?' });
  await dialog.getByLabel('Note for those who come after').fill('Nada más.');
  await portal.page.keyboard.press('Control+Enter');
  await expect(portal.rows(subjects[1])).toHaveCount(0);
});

test('on a break nothing new comes in', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  await portal.page.getByTestId('state-switch').click();
  await portal.page.getByRole('menuitemradio', { name: 'Lunch' }).or(portal.page.getByRole('menuitem', { name: 'Lunch' })).click();
  await expect(portal.page.getByTestId('state-switch')).toContainText('Lunch');
  const elena = await customer();
  const subject = unique('Durante la comida');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.tab('Waiting').click();
  await expect(portal.rows(subject)).toBeVisible({ timeout: 20_000 });
  await portal.tab('Active').click();
  await expect(portal.rows(subject)).toHaveCount(0);

  await portal.page.getByTestId('state-switch').click();
  await portal.page.getByRole('menuitemradio', { name: 'Available' }).or(portal.page.getByRole('menuitem', { name: 'Available' })).click();
  await expect(portal.rows(subject)).toBeVisible();
});

test('the customer writes while the agent does: the agent is asked before it goes out', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Cambio de planes');
  const asked = await elena.write({ to: campaign.address, subject, text: 'Quiero dos entradas.' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Reservadas dos entradas.');
  await portal.saved();
  const id = /^Message-ID: <(.*)>/m.exec(asked.raw.toString())?.[1] ?? '';
  await elena.write({ to: campaign.address, subject: `Re: ${subject}`, text: 'Mejor tres.', thread: [id] });
  await expect(portal.messages('Mejor tres.')).toBeVisible({ timeout: 20_000 });
  await portal.send();
  const dialog = portal.page.getByRole('dialog', { name: 'The customer has written again' });
  await dialog.getByRole('button', { name: 'Read it first' }).click();
  expect(await elena.mails()).toEqual([]);
  await portal.send();
  await dialog.getByRole('button', { name: 'Send anyway' }).click();
  await elena.received((mail) => mail.text.includes('Reservadas dos entradas'), 'the answer');
});

test('what looks like a slip is asked about before it goes out', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Manual');
  await elena.write({ to: campaign.address, subject, text: '¿Me envía el manual?' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Le envío el manual adjunto.');
  await portal.send();
  const dialog = portal.page.getByRole('dialog', { name: 'Send it like this?' });
  await expect(dialog).toContainText('You mention a file, but none is attached.');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  expect(await elena.mails()).toEqual([]);
  await portal.send();
  await dialog.getByRole('button', { name: 'Send it' }).click();
  await elena.received((mail) => mail.text.includes('el manual adjunto'), 'the answer');
});

/** Keeps the server's answers to requests that fit away from the page until they are released. */
async function hold(page: Page, path: RegExp): Promise<{ caught: Promise<void>; release: () => void }> {
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  let catched = () => {};
  const caught = new Promise<void>((done) => (catched = done));
  await page.route((url) => path.test(url.pathname), async (route) => {
    const response = await route.fetch();
    catched();
    await released;
    return route.fulfill({ response });
  });
  return { caught, release };
}

/** Waits until the page, which is loaded anew for it, has been told that a mail came as far as this. */
async function deliveries(page: Page): Promise<(delivery: string) => Promise<void>> {
  const seen = new Set<string>();
  const waiting = new Map<string, () => void>();
  const hear = (frame: { payload: string | Buffer }) => {
    const told = JSON.parse(frame.payload.toString()) as { event?: { kind: string; delivery?: string } };
    if (told.event?.kind !== 'delivery_changed' || !told.event.delivery) return;
    seen.add(told.event.delivery);
    waiting.get(told.event.delivery)?.();
  };
  page.on('websocket', (socket) => socket.on('framereceived', hear));
  await page.reload();
  await expect(page.getByTestId('state-switch')).toContainText('Available');
  return (delivery) => (seen.has(delivery) ? Promise.resolve() : new Promise((done) => waiting.set(delivery, done)));
}

/** Sets the undo time to nothing where the agent would, and comes back to the conversation. */
async function withoutUndo(portal: Portal): Promise<void> {
  const here = portal.page.url();
  await portal.page.getByRole('button', { name: /^Account: / }).click();
  await portal.page.getByRole('menuitem', { name: 'My settings' }).click();
  await portal.page.getByLabel('Time to take a sent mail back').fill('0');
  await portal.page.getByRole('region', { name: 'Mail', exact: true }).getByRole('button', { name: 'Save' }).click();
  await expect(portal.toast('Settings saved.')).toBeVisible();
  await portal.page.goto(here);
  await expect(portal.editor).toContainText('La hemos corregido.');
}
