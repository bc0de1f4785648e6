// Templates: each kind made, seen, tried, brought back, used. S19–S25, S35–S38, S109.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';

import { type FrameLocator, type Locator, type Page } from '@playwright/test';

import { png } from '../support/files';
import { Portal } from '../support/portal';
import type { Stage } from '../support/stage';
import { expect, test, unique } from '../support/test';

/** The page of templates, as a person sees it. English. */
class Templates {
  constructor(readonly page: Page) {}

  row(name: string): Locator {
    return this.page.getByTestId('template-row').filter({ hasText: name });
  }

  get editor(): Locator {
    return this.page.getByTestId('editor').locator('[contenteditable=true]');
  }

  get source(): Locator {
    return this.page.getByRole('textbox', { name: 'Source', exact: true });
  }

  /** What the preview shows. */
  get shown(): FrameLocator {
    return this.page.locator('.template-frame').frameLocator('iframe');
  }

  get designer(): FrameLocator {
    return this.page.frameLocator('iframe.designer');
  }

  async begin(kind: 'Signature' | 'Confirmation' | 'Canned answer' | 'Mass mail', name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New', exact: true }).click();
    await expect(this.page.getByRole('heading', { name: 'New template', level: 1 })).toBeVisible();
    await this.page.getByLabel('Kind', { exact: true }).selectOption(kind);
    await this.page.getByLabel('Name', { exact: true }).fill(name);
  }

  async tab(name: 'Design' | 'Source' | 'Preview'): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  /** Writes the source as it is. */
  async write(source: string): Promise<void> {
    await this.tab('Source');
    await this.source.fill(source);
  }

  async variable(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Variables' }).click();
    await this.page.getByRole('menuitem', { name: `\${${name}}` }).click();
  }

  async save(): Promise<void> {
    const saved = this.page.waitForResponse(
      (answer) => ['POST', 'PUT'].includes(answer.request().method()) && /\/templates(\/\d+)?$/.test(new URL(answer.url()).pathname),
    );
    await this.page.getByRole('button', { name: /^(Save|Create template)$/ }).click();
    expect((await saved).ok(), 'the template is taken').toBe(true);
    await expect(this.page.getByTestId('toast').last()).toContainText('Template saved.');
    await expect(this.page).toHaveURL(/\/admin\/templates\/\d+$/);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }
}

const MJML = (text: string) =>
  `<mjml><mj-body><mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section></mj-body></mjml>`;

/** A stage with a public address, which must be known before it starts: that of a door in front of it. */
async function reachable(start: (...options: string[]) => Promise<Stage>): Promise<Stage> {
  const door = createServer();
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  door.unref();
  const address = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  const stage = await start('--env', `POSTA__SERVER__PUBLIC_URL=${address}`);
  const behind = new URL(stage.address);
  door.on('connection', (outside) => {
    const inside = connect(Number(behind.port), behind.hostname);
    const end = () => [outside, inside].forEach((socket) => socket.destroy());
    for (const socket of [outside, inside]) socket.on('error', end).on('close', end);
    outside.pipe(inside).pipe(outside);
  });
  stage.facts.address = address;
  return stage;
}

interface Template {
  id: number;
  version: number;
}

/** A template, made without the page. */
async function make(stage: Stage, kind: string, name: string, more: object = {}): Promise<Template> {
  const admin = await stage.admin();
  const subject = kind === 'signature' ? '' : 'A subject';
  return admin.post('templates', { kind, name, format: 'html', source: '<p>Hola</p>', subject, ...more });
}

test('a signature is written with formats, a variable, a table and a picture', async ({ stage, signIn }) => {
  const templates = new Templates(await signIn(stage.person('admin'), '/admin/templates'));
  const { page } = templates;
  const name = unique('Firma');
  await templates.begin('Signature', name);
  await expect(page.getByLabel('Subject', { exact: true })).toHaveCount(0);
  // Judged as a whole, with the keyboard on what is wrong.
  await templates.button('Create template').click();
  await expect(page.locator('.template-content .field-error')).not.toBeEmpty();
  await templates.editor.click();
  await page.keyboard.type('Regards, ');
  await templates.variable('agent.name');
  await expect(templates.editor).toContainText('Regards, ${agent.name}');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+b');
  await page.keyboard.type('Nordica');
  await page.keyboard.press('Control+b');
  const chooser = page.waitForEvent('filechooser');
  await templates.button('Insert picture').click();
  const picture = png('logo.png');
  const stored = page.waitForResponse((answer) => answer.url().endsWith('/template-images'));
  await (await chooser).setFiles({ name: picture.name, mimeType: picture.type, buffer: picture.content });
  expect((await stored).status()).toBe(201);
  await expect(templates.editor.locator('img[src^="/api/v1/template-images/"]')).toBeVisible();
  await templates.button('Table').click();
  await expect(templates.editor.locator('table')).toBeVisible();
  await templates.save();
  await expect(templates.row(name)).toContainText('All campaigns');
  await expect(templates.row(name)).toContainText('Signature');

  // A deep link leads to it, and what was written comes back.
  await page.reload();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(templates.editor.locator('b')).toHaveText('Nordica');
  await expect(templates.editor.locator('img')).toBeVisible();
  await templates.tab('Preview');
  await expect(templates.shown.getByText('Regards, Ana Pérez')).toBeVisible();
  await expect(templates.shown.locator('img')).toHaveJSProperty('naturalWidth', 120);
});

test('a canned answer has a shortcut of its own, and belongs to a campaign', async ({ stage, signIn, desk }) => {
  const { campaign } = await desk();
  const templates = new Templates(await signIn(stage.person('admin'), '/admin/templates/new'));
  const { page } = templates;
  const [name, word] = [unique('Thanks'), unique('thanks')];
  await page.getByLabel('Kind', { exact: true }).selectOption('Canned answer');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Only in one campaign').check();
  await page.getByLabel(/^Shortcut/).fill('two words');
  await templates.editor.click();
  await page.keyboard.type('Thank you.');
  await templates.button('Create template').click();
  await expect(page.getByLabel('Campaign', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel(/^Shortcut/)).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Campaign', { exact: true }).selectOption(campaign.name);
  // The slash may be forgotten.
  await page.getByLabel(/^Shortcut/).fill(word);
  await templates.save();
  await expect(page.getByLabel(/^Shortcut/)).toHaveValue(`/${word}`);
  await expect(templates.row(name)).toContainText(campaign.name);
  await expect(templates.row(name)).toContainText(`/${word}`);

  // Another with the same shortcut is refused beside its field, and what was typed stays.
  await templates.begin('Canned answer', `${name} two`);
  await page.getByLabel(/^Shortcut/).fill(`/${word}`);
  await templates.editor.click();
  await page.keyboard.type('Again.');
  await templates.button('Create template').click();
  await expect(page.getByLabel(/^Shortcut/)).toHaveAccessibleDescription('Already in use.');
  await expect(templates.editor).toContainText('Again.');

  // Nothing typed is left unasked.
  await templates.row(name).click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  const filter = page.getByRole('searchbox', { name: 'Filter templates' });
  await filter.fill(word);
  await expect(page.getByTestId('template-row')).toHaveCount(1);
  await filter.fill('nothing like it');
  await expect(page.getByText('Nothing found')).toBeVisible();
});

test('the source is written by hand, with the renderer’s words where it is faulty, and looked at wide, narrow and dark', async ({
  stage,
  signIn,
}) => {
  const templates = new Templates(await signIn(stage.person('admin'), '/admin/templates'));
  const { page } = templates;
  const name = unique('Acuse');
  await templates.begin('Confirmation', name);
  await templates.write(MJML('Hello '));
  await page.getByLabel('Subject', { exact: true }).fill('We have your mail, ');
  await templates.variable('customer.first_name');
  await expect(page.getByLabel('Subject', { exact: true })).toHaveValue('We have your mail, ${customer.first_name}');
  await templates.source.click();
  await page.keyboard.press('Control+Home');
  const at = MJML('Hello ').indexOf('</mj-text>');
  await templates.source.evaluate((area, place) => (area as HTMLTextAreaElement).setSelectionRange(place, place), at);
  await templates.variable('customer.name');
  await expect(templates.source).toHaveValue(MJML('Hello ${customer.name}'));
  await expect(templates.source).toBeFocused();

  await templates.tab('Preview');
  await expect(templates.shown.getByText('Hello Carla Gómez')).toBeVisible();
  await expect(page.locator('.template-subject')).toHaveText('We have your mail, Carla');
  const frame = page.locator('.template-frame');
  const width = async () => (await frame.boundingBox())?.width ?? 0;
  expect(await width()).toBeGreaterThan(500);
  await page.getByRole('button', { name: 'Narrow', exact: true }).click();
  await expect.poll(width).toBeLessThan(380);
  await page.getByRole('button', { name: 'Dark', exact: true }).click();
  await expect(templates.shown.locator('html')).toHaveCSS('filter', /invert/);
  await page.getByRole('button', { name: 'Wide', exact: true }).click();
  await page.getByText('Text part', { exact: true }).click();
  await expect(page.locator('.template-text pre')).toContainText('Hello Carla Gómez');

  // What is worth a look is said, and keeps nobody from saving.
  await templates.write(MJML('Hello ${customer.nmae}'));
  await templates.tab('Preview');
  await expect(page.getByText('There is no such variable (customer.nmae)')).toBeVisible();

  await templates.write('<mjml><mj-body><mj-section></mj-body></mjml>');
  await templates.tab('Preview');
  await expect(page.locator('.template-panel .words')).toContainText('stream');
  await templates.tab('Source');
  await templates.button('Create template').click();
  await expect(templates.source).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('.admin-form-foot .words')).toContainText('stream');
  await templates.source.fill(MJML('Hello ${customer.name}'));
  await page.getByRole('switch', { name: 'Own text part' }).check();
  await page.getByLabel('Text part', { exact: true }).fill('Hello, plainly, ${customer.name}');
  await templates.save();
  await templates.tab('Preview');
  await expect(page.locator('.template-text pre')).toContainText('Hello, plainly, Carla Gómez');
});

test('mass mail is designed in MJML, and what is designed is saved and shown', async ({ stage, signIn }) => {
  const templates = new Templates(await signIn(stage.person('admin'), '/admin/templates'));
  const { page, designer } = templates;
  const name = unique('Boletin');
  await templates.begin('Mass mail', name);
  await page.getByLabel('Subject', { exact: true }).fill('News');
  const canvas = designer.frameLocator('iframe.gjs-frame');
  const text = canvas.getByText('Write here…');
  await expect(text).toBeVisible({ timeout: 20_000 });
  // Nothing was touched yet, and nothing is changed by looking at it.
  await templates.tab('Source');
  await expect(templates.source).toHaveValue(/<mj-text>Write here…<\/mj-text>/);
  await templates.tab('Design');
  await expect(designer.locator('body[data-ready]')).toBeVisible({ timeout: 20_000 });
  // Not below the bar that stays at the bottom.
  await page.locator('iframe.designer').evaluate((frame) => frame.scrollIntoView({ block: 'start' }));
  const writable = canvas.locator('[contenteditable=true]');
  // The canvas may still be drawing itself between the two clicks.
  await expect(async () => {
    await text.dblclick();
    await expect(writable).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Designed for ');
  // At the caret, from the menu beside the designer.
  await templates.variable('customer.address');
  await expect(canvas.getByText('Designed for ${customer.address}')).toBeVisible();
  // A block is put in by a press.
  await designer.locator('.gjs-block').filter({ hasText: '2 Columns' }).click();
  await templates.save();
  await templates.tab('Source');
  await expect(templates.source).toHaveValue(/Designed for \$\{customer\.address\}/);
  await expect(templates.source).toHaveValue(/<mj-column[\s\S]*<mj-column/);
  await templates.tab('Preview');
  await expect(templates.shown.getByText('Designed for carla@example.com')).toBeVisible();

  // The whole window, and back.
  await templates.tab('Design');
  await expect(designer.locator('body[data-ready]')).toBeVisible({ timeout: 20_000 });
  const width = async () => (await page.locator('iframe.designer').boundingBox())?.width ?? 0;
  const wide = page.viewportSize()?.width ?? 0;
  await designer.locator('.gjs-pn-btn[title=Fullscreen]').click();
  await expect.poll(width).toBe(wide);
  await designer.locator('.gjs-pn-btn[title=Fullscreen]').click();
  await expect.poll(width).toBeLessThan(wide);
});

test('mass mail is designed in HTML, too', async ({ stage, signIn }) => {
  const templates = new Templates(await signIn(stage.person('admin'), '/admin/templates'));
  const { page, designer } = templates;
  await templates.begin('Mass mail', unique('Oferta'));
  await page.getByLabel('Subject', { exact: true }).fill('Offer');
  await page.getByLabel('Written in').selectOption('HTML');
  const canvas = designer.frameLocator('iframe.gjs-frame');
  await expect(canvas.locator('body')).toBeVisible({ timeout: 20_000 });
  await designer.locator('.gjs-block').filter({ hasText: 'Heading' }).click();
  await expect(canvas.getByRole('heading', { name: 'Write here' })).toBeVisible();
  await templates.save();
  await templates.tab('Preview');
  await expect(templates.shown.getByRole('heading', { name: 'Write here' })).toBeVisible();
});

test('a test arrives in a real mailbox, and its outcome is told', async ({ stage, signIn, desk, customer }) => {
  const { campaign } = await desk();
  const elena = await customer();
  const name = unique('Prueba');
  const { id } = await make(stage, 'mass_mail', name, { subject: `${name} \${date.en}`, source: '<h1>A test for ${empresa}</h1>' });
  const templates = new Templates(await signIn(stage.person('admin'), `/admin/templates/${id}`));
  const { page } = templates;
  await templates.button('Send a test').click();
  const dialog = page.getByRole('dialog', { name: 'Send a test' });
  await dialog.getByLabel('To', { exact: true }).fill('nowhere');
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(dialog.getByLabel('To', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('To', { exact: true }).fill(elena.address);
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(dialog.getByLabel('From the account of')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('From the account of').selectOption(campaign.name);
  await dialog.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(dialog.getByText('Sent', { exact: true })).toBeVisible({ timeout: 20_000 });
  const mail = await elena.received((one) => one.subject.startsWith(name), 'the test');
  expect(mail.from).toBe(campaign.address);
  expect(mail.html).toContain('A test for [empresa]');
});

test('versions are looked at and restored; a copy has its own name', async ({ stage, signIn }) => {
  const name = unique('Version');
  const { id } = await make(stage, 'signature', name, { source: '<p>the first words</p>' });
  const templates = new Templates(await signIn(stage.person('admin'), `/admin/templates/${id}`));
  const { page } = templates;
  await templates.write('<p>the second words</p>');
  await templates.save();
  await page.locator('summary').filter({ hasText: 'Versions' }).click();
  const versions = page.getByTestId('version-row');
  await expect(versions).toHaveCount(2);
  await expect(versions.first()).toContainText('Newest');
  await expect(versions.first()).toContainText(stage.person('admin').name);
  await versions.last().getByRole('button', { name: 'Look at it' }).click();
  const dialog = page.getByRole('dialog', { name: 'Version 1' });
  await expect(dialog.frameLocator('iframe').getByText('the first words')).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await versions.last().getByRole('button', { name: 'Restore' }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Version 1 is the newest again.');
  await expect(templates.source).toHaveValue('<p>the first words</p>');

  await templates.button('Duplicate').click();
  await expect(page.getByRole('heading', { name: `${name} (copy)`, level: 1 })).toBeVisible();
  await templates.row(name).filter({ hasNotText: 'copy' }).click();
  await expect(page.getByRole('heading', { name, level: 1, exact: true })).toBeVisible();
  await templates.button('Duplicate').click();
  await expect(page.getByRole('heading', { name: `${name} (copy) 2`, level: 1 })).toBeVisible();
  await templates.button('Delete…').click();
  await page.getByRole('dialog', { name: `Delete “${name} (copy) 2”?` }).getByRole('button', { name: 'Delete' }).click();
  await expect(page).toHaveURL(/\/admin\/templates$/);
  await expect(templates.row(`${name} (copy) 2`)).toHaveCount(0);
  await expect(templates.row(name)).toHaveCount(2);
});

test('a campaign signs, and its signature cannot be deleted while it does', async ({ stage, signIn, desk, customer }) => {
  const { campaign, agents } = await desk({ agents: 1 });
  const name = unique('Firma');
  const { id } = await make(stage, 'signature', name, { source: '<p>Best regards, ${agent.name}<br>Nordica</p>' });
  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${campaign.id}`);
  await page.locator('summary').filter({ hasText: /^Signature/ }).click();
  await page.locator('[name=signature_template_id]').selectOption(name);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');
  await expect(page.locator('summary').filter({ hasText: /^Signature/ })).toContainText(name);

  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Pregunta');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await expect(portal.editor).toContainText(`Best regards, ${agents[0]!.name}`);

  await page.goto(`/admin/templates/${id}`);
  await page.getByRole('button', { name: 'Delete…' }).click();
  const used = page.getByRole('dialog', { name: 'It is still used' });
  await expect(used).toContainText(`Signature of: ${campaign.name}`);
  await used.getByRole('link', { name: campaign.name }).click();
  await expect(page.getByRole('heading', { name: campaign.name, level: 1 })).toBeVisible();
  await page.locator('summary').filter({ hasText: /^Signature/ }).click();
  await page.locator('[name=signature_template_id]').selectOption('None');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');
  await page.goto(`/admin/templates/${id}`);
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Template deleted.');
});

test('a campaign confirms the first mail and asks for a rating, which a press records', async ({ ownStage, signIn, desk, customer, browse }) => {
  test.setTimeout(180_000);
  const stage = await reachable(ownStage);
  const { campaign, agents } = await desk({ agents: 1 }, stage);
  const name = unique('Acuse');
  const subject = unique('Recibido');
  await make(stage, 'confirmation', name, { subject, source: '<p>We have your mail, ${customer.name}.</p>' });
  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${campaign.id}`, {}, stage);
  await page.locator('summary').filter({ hasText: /^Confirmation/ }).click();
  await page.getByRole('switch', { name: 'Confirm the first mail' }).check();
  // Which one is asked for, beside the field.
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const template = page.locator('[name="confirmation/template_id"]');
  await expect(template).toHaveAttribute('aria-invalid', 'true');
  await expect(template).toBeFocused();
  await template.selectOption(name);
  await page.locator('summary').filter({ hasText: /^Rating/ }).click();
  await page.getByRole('switch', { name: 'Ask for a rating' }).check();
  await expect(page.getByLabel('Title above the faces')).toHaveValue('How did we do?');
  await page.getByLabel('Title above the faces').fill('Was it good?');
  await page.getByRole('button', { name: 'Write the thanks…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Thanks' });
  await dialog.locator('[contenteditable=true]').click();
  await page.keyboard.type('Many thanks from Nordica');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('The customer reads your own text.')).toBeVisible();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');

  const portal = new Portal(await signIn(agents[0]!, '/inbox', {}, stage));
  const elena = await customer('Elena Ruiz', stage);
  const question = unique('Pregunta');
  await elena.write({ to: campaign.address, subject: question, text: 'Hola' });
  const confirmation = await elena.received((mail) => mail.subject.includes(subject), 'the confirmation');
  expect(confirmation.headers['auto-submitted']).toBe('auto-replied');
  expect(confirmation.html).toContain('We have your mail, Elena Ruiz.');
  await portal.open(question);
  await portal.reply();
  await portal.page.keyboard.type('Of course.');
  await portal.send();
  const answer = await elena.received((mail) => (mail.html ?? '').includes('Of course.'), 'the answer');
  expect(answer.html).toContain('Was it good?');
  const link = /https?:\/\/[^"'\s]*\/rate\/[^"'\s]+/.exec(answer.html ?? '')?.[0]?.replaceAll('&amp;', '&') ?? '';
  expect(link, 'a link behind a face').not.toBe('');
  const theirs = await (await browse({}, stage)).newPage();
  const { pathname, search } = new URL(link);
  expect(link.startsWith(stage.address), link).toBe(true);
  await theirs.goto(`${pathname}${search}`);
  await expect(theirs.getByText('Many thanks from Nordica')).toHaveCount(0);
  await theirs.getByRole('radio').last().check();
  await theirs.getByRole('button').first().click();
  await expect(theirs.getByText('Many thanks from Nordica')).toBeVisible();
});

test('a rating needs an address that customers can reach', async ({ stage, signIn, desk }) => {
  const { campaign } = await desk();
  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${campaign.id}`);
  const group = page.locator('summary').filter({ hasText: /^Rating/ });
  await group.click();
  const asks = page.getByRole('switch', { name: 'Ask for a rating' });
  await asks.check();
  await group.click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(asks).toBeFocused();
  await expect(asks).toHaveAccessibleDescription(/server\.public_url/);
  await asks.uncheck();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');
});

test('an agent sees nothing of templates, and a supervisor changes nothing', async ({ stage, signIn, desk }) => {
  const { agents } = await desk();
  const agent = await signIn(agents[0]!, '/admin/templates');
  await expect(agent.getByText('You may not see this')).toBeVisible();
  const name = unique('Firma');
  const { id } = await make(stage, 'signature', name);
  const page = await signIn(stage.person('sofia'), `/admin/templates/${id}`);
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  // In his language, whichever it is; the administrator has both.
  const admin = await signIn(stage.person('admin'), `/admin/templates/${id}`);
  for (const name of [/^(Save|Guardar)$/, /^(New|Nueva|Nuevo)$/]) {
    await expect(admin.getByRole('button', { name })).toBeVisible();
    await expect(page.getByRole('button', { name })).toHaveCount(0);
  }
});

test('templates speak Spanish, designer and all', async ({ stage, signIn }) => {
  const person = stage.person('admin');
  const page = await signIn(person, '/admin/templates/new', { locale: 'es-ES' });
  await page.evaluate(() => localStorage.setItem('posta.locale', 'es'));
  const admin = await stage.admin();
  await admin.patch('auth/me', { language: 'es' });
  try {
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Nueva plantilla', level: 1 })).toBeVisible();
    await page.getByLabel('Clase', { exact: true }).selectOption('Envío masivo');
    const designer = page.frameLocator('iframe.designer');
    await expect(designer.locator('.gjs-block').filter({ hasText: '2 Columnas' })).toBeVisible({ timeout: 20_000 });
  } finally {
    await admin.patch('auth/me', { language: 'en' });
  }
});
