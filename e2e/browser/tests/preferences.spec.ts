// Language and appearance, chosen per user and kept (S113).
import { Portal } from '../support/portal';
import { expect, test } from '../support/test';

test('the language is switched without a reload, and kept', async ({ desk, signIn, browse }) => {
  const { agents } = await desk({ language: 'es' });
  const agent = agents[0]!;
  const page = await signIn(agent);
  await expect(page.locator('html')).toHaveAttribute('lang', 'es');
  await expect(page.getByRole('tab', { name: /^Activos/ })).toBeVisible();
  await page.getByRole('button', { name: new RegExp(agent.name) }).click();
  await page.getByRole('menuitem', { name: 'English' }).or(page.getByRole('menuitemradio', { name: 'English' })).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('tab', { name: /^Active/ })).toBeVisible();

  // On another computer too.
  const context = await browse({ locale: 'es-ES' });
  const there = await context.newPage();
  await there.goto('/sign-in');
  await expect(there.getByRole('button', { name: 'Iniciar sesión' })).toBeVisible();
  await there.locator('input[name=login]').fill(agent.login);
  await there.locator('input[name=password]').fill(agent.password);
  await there.keyboard.press('Enter');
  await expect(there.getByRole('tab', { name: /^Active/ })).toBeVisible();
});

test('no text of the Spanish page is left in English', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ language: 'es' });
  const page = await signIn(agents[0]!);
  const elena = await customer();
  await elena.write({ to: campaign.address, subject: 'Consulta', text: 'Hola' });
  const portal = new Portal(page);
  await portal.open('Consulta');
  const english = /\b(Reply|Finish|Inbox|Settings|Search|Available|History|Waiting|Customer|Send|Save|Start|Download)\b/;
  const texts = await page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) found.push(node.textContent ?? '');
    for (const element of document.querySelectorAll('[aria-label],[title],[placeholder],[alt],[data-tip]')) {
      for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-tip']) found.push(element.getAttribute(name) ?? '');
    }
    return found.filter((text) => text.trim() !== '');
  });
  expect(texts.filter((text) => english.test(text))).toEqual([]);
});

test('the appearance follows the system until one is chosen, before the first paint', async ({ desk, signIn }) => {
  const { agents } = await desk();
  const page = await signIn(agents[0]!, '/inbox', { colorScheme: 'dark' });
  const brightness = () =>
    page.evaluate(() => {
      const colour = getComputedStyle(document.body).backgroundColor;
      const canvas = document.createElement('canvas').getContext('2d');
      if (!canvas) return -1;
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return (red + green + blue) / 3;
    });
  expect(await brightness()).toBeLessThan(90);
  await page.getByRole('button', { name: /^Account: / }).click();
  await page.getByRole('menuitem', { name: 'Light' }).or(page.getByRole('menuitemradio', { name: 'Light' })).click();
  await expect.poll(brightness).toBeGreaterThan(200);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect.poll(brightness).toBeGreaterThan(200);
});
