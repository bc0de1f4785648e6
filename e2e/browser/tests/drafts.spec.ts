// S108: what an agent types survives a reload of the page and the death of the server.
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

test('a draft survives a reload', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Consulta');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Medio escrito, medio pensado');
  await portal.saved();
  await portal.page.reload();
  await expect(portal.editor).toHaveText('Medio escrito, medio pensado');
  // Typed, and the page is gone before it could be stored: the copy in the tab holds it.
  await portal.editor.click();
  await portal.page.keyboard.press('End');
  await portal.page.keyboard.type(' y acabado');
  await portal.page.reload();
  await expect(portal.editor).toHaveText('Medio escrito, medio pensado y acabado');
  await portal.saved();

  // Thrown away only after a question.
  await portal.discard();
  await portal.page.reload();
  await expect(portal.messages()).toHaveCount(1);
  await expect(portal.composer).toHaveCount(0);
});

test('a draft survives the death of the server, and so does what is typed meanwhile', async ({ ownStage, desk, signIn, customer }) => {
  const stage = await ownStage();
  const { campaign, agents } = await desk({ undo: 0 }, stage);
  const portal = new Portal(await signIn(agents[0]!, '/inbox', {}, stage));
  const elena = await customer('Elena Ruiz', stage);
  const subject = unique('Consulta');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Antes del corte.');
  await portal.saved();

  await stage.posta('kill');
  await portal.page.keyboard.type(' Durante el corte.');
  await expect(portal.composer.getByText('The server is away; your text is kept here')).toBeVisible();
  await stage.posta('start');
  await expect(portal.composer.getByText(/^saved /)).toBeVisible({ timeout: 30_000 });
  await portal.page.reload();
  await expect(portal.editor).toHaveText('Antes del corte. Durante el corte.');
  await portal.send();
  await elena.received((mail) => mail.text.includes('Antes del corte. Durante el corte.'), 'the answer');
});

test('two tabs with the same draft: nothing is overwritten unseen', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Consulta');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Del primer lado.');
  await portal.saved();
  const other = new Portal(await portal.page.context().newPage());
  await other.page.goto(portal.page.url());
  await expect(other.editor).toHaveText('Del primer lado.');
  await other.editor.click();
  await other.page.keyboard.press('End');
  await other.page.keyboard.type(' Y del segundo.');
  await other.saved();

  await portal.page.bringToFront();
  await portal.editor.click();
  await portal.page.keyboard.press('End');
  await portal.page.keyboard.type(' Sin saber del otro.');
  const dialog = portal.page.getByRole('dialog', { name: 'This draft was changed elsewhere' });
  await expect(dialog).toContainText('Y del segundo.');
  await expect(dialog).toContainText('Sin saber del otro.');
  await dialog.getByRole('button', { name: 'Take the other' }).click();
  await expect(portal.editor).toHaveText('Del primer lado. Y del segundo.');
});

test('which text holds can be put off, and is asked again before the mail goes out', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  const elena = await customer();
  const subject = unique('Consulta');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await page.keyboard.type('Del primer lado.');
  await portal.saved();
  const other = new Portal(await page.context().newPage());
  await other.page.goto(page.url());
  await expect(other.editor).toHaveText('Del primer lado.');
  await other.editor.click();
  await other.page.keyboard.press('End');
  await other.page.keyboard.type(' Y del segundo.');
  await other.saved();

  await page.bringToFront();
  await portal.editor.click();
  await page.keyboard.press('End');
  await page.keyboard.type(' Sin saber del otro.');
  const dialog = page.getByRole('dialog', { name: 'This draft was changed elsewhere' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.keyboard.type(' Y más.');

  // What was typed comes back after a reload, beside the other text, and overwrites nothing.
  const stored: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'PATCH') stored.push(request.url());
  });
  await page.reload();
  await expect(dialog).toContainText('Y del segundo.');
  await expect(dialog).toContainText('Sin saber del otro. Y más.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await other.page.reload();
  await expect(other.editor).toHaveText('Del primer lado. Y del segundo.');
  await other.page.close();

  await portal.button('Changed elsewhere').click();
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await portal.send();
  await expect(dialog).toBeVisible();
  expect(await elena.mails()).toEqual([]);
  expect(stored, 'stored before he chose').toEqual([]);
  await dialog.getByRole('button', { name: 'Keep the text here' }).click();
  await portal.saved();
  await portal.send();
  await elena.received((mail) => mail.text.includes('Del primer lado. Sin saber del otro. Y más.'), 'the answer');
});

test('a file above the server’s limit is refused before it is sent, and the limit named', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Planos');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  const most = await portal.page.evaluate(async () => {
    const answer = await fetch('/api/v1/auth/refresh', { method: 'POST' });
    return ((await answer.json()) as { user: { max_file_size: number } }).user.max_file_size;
  });
  await portal.upload('Attach files', { name: 'planos.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(most + 1) });
  await expect(portal.toast(`A file may have at most ${most / 1_048_576} MB.`)).toBeVisible();
  await expect(portal.composer.getByText('planos.bin')).toHaveCount(0);
});

test('what a mail will quote is fetched anew when its link has expired', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Cita');
  await elena.write({ to: campaign.address, subject, text: '¿Quedamos el martes?' });
  await portal.open(subject);
  // As the server answers an hour later; and the next link is another one.
  const expired = { status: 403, contentType: 'application/problem+json', body: '{}' };
  await portal.page.route('**/api/v1/frames/**', (route) => route.fulfill(expired), { times: 1 });
  await portal.page.route(/\/api\/v1\/drafts\/\d+$/, async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const response = await route.fetch();
    const draft = (await response.json()) as { quote_url: string };
    return route.fulfill({ response, json: { ...draft, quote_url: `${draft.quote_url}?again` } });
  });
  await portal.reply();
  await portal.composer.getByText('The quoted mail goes below').click();
  await expect(portal.composer.locator('.composer-quote iframe')).toHaveAttribute('src', /\?again$/);
  await expect(portal.composer.frameLocator('.composer-quote iframe').getByText('¿Quedamos el martes?')).toBeVisible();
});
