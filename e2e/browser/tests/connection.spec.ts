// A lost connection is said, counted down and mended by itself; nothing that happened meanwhile is missed.
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

test('the server goes and comes back', async ({ ownStage, desk, signIn, customer }) => {
  const stage = await ownStage();
  const { campaign, agents } = await desk({}, stage);
  const portal = new Portal(await signIn(agents[0]!, '/inbox', {}, stage));
  const elena = await customer('Elena Ruiz', stage);
  const before = unique('Antes');
  await elena.write({ to: campaign.address, subject: before, text: 'Hola' });
  await expect(portal.rows(before)).toBeVisible({ timeout: 20_000 });

  await stage.posta('stop');
  const bar = portal.page.locator('.connection-bar');
  await expect(bar).toContainText(/The connection is lost\. Next try in \d+ s\.|Connecting again…/);
  // What was there can still be read.
  await expect(portal.rows(before)).toBeVisible();
  const meanwhile = unique('Entretanto');
  await elena.write({ to: campaign.address, subject: meanwhile, text: 'Hola' });

  await stage.posta('start');
  await expect(bar).toHaveCount(0, { timeout: 40_000 });
  await expect(portal.rows(meanwhile)).toBeVisible({ timeout: 20_000 });
  await expect(portal.page.getByTestId('state-switch')).toContainText('Available');
});

test('a page opened while the server is away says so, and goes on when it is back', async ({ ownStage, desk, signIn }) => {
  const stage = await ownStage();
  const { agents } = await desk({}, stage);
  const page = await signIn(agents[0]!, '/inbox', {}, stage);
  // The page itself is in the browser; its first question finds nobody.
  await page.route('**/api/v1/auth/refresh', (route) => route.abort('connectionrefused'));
  await page.reload();
  await expect(page.getByText('Posta cannot be reached').first()).toBeVisible();
  await page.unroute('**/api/v1/auth/refresh');
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByTestId('state-switch')).toContainText('Available');
});

test('a page that broke says so, in the reader’s language, and how to go on', async ({ browse, stage }) => {
  const page = await (await browse({ locale: 'es-ES' })).newPage();
  await page.goto(stage.address);
  const notice = page.locator('#broken');
  await expect(notice).toBeHidden();
  // What is thrown by others is none of it.
  await page.evaluate(() => dispatchEvent(new ErrorEvent('error', { error: new TypeError('of an extension') })));
  await expect(notice).toBeHidden();
  // A trap, as a panic is one: (module (func (export "f") unreachable)).
  await page.evaluate(async () => {
    const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
    const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes));
    try {
      (instance.exports['f'] as () => void)();
    } catch (error) {
      dispatchEvent(new ErrorEvent('error', { error }));
    }
  });
  await expect(notice).toBeVisible();
  await expect(notice.getByText('Algo se ha roto en esta página.')).toBeVisible();
  await expect(notice.getByText('Something in this page broke.')).toBeHidden();
  await notice.getByRole('link', { name: 'Vuelva a cargar la página' }).click();
  await expect(notice).toBeHidden();
});

test('the outgoing server goes and comes back: the mail waits, and leaves once', async ({ ownStage, desk, signIn, customer }) => {
  const stage = await ownStage();
  const { campaign, agents } = await desk({ undo: 0 }, stage);
  const portal = new Portal(await signIn(agents[0]!, '/inbox', {}, stage));
  const elena = await customer('Elena Ruiz', stage);
  const subject = unique('Pedido');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Sale en cuanto pueda.');
  await stage.postfix('stop');
  await portal.send();
  const delivery = portal.messages().last().locator('[data-delivery]');
  await expect(delivery).toHaveAttribute('data-delivery', 'queued');
  await expect(delivery).toContainText('The server did not take it yet; it is tried again', { timeout: 20_000 });
  await stage.postfix('start');
  await expect(delivery).toHaveAttribute('data-delivery', 'sent', { timeout: 60_000 });
  await elena.received((mail) => mail.text.includes('Sale en cuanto pueda.'), 'the answer');
  expect((await elena.mails()).filter((mail) => mail.text.includes('Sale en cuanto pueda.'))).toHaveLength(1);
});
