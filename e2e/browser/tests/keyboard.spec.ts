// S113: the whole portal by keyboard, and single keys that can be switched off (WCAG 2.1.4).
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

test('read, answer and finish without touching the mouse', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  const elena = await customer();
  const subjects = [unique('Primera'), unique('Segunda')];
  for (const subject of subjects) {
    await elena.write({ to: campaign.address, subject, text: `Texto de ${subject}` });
    await expect(portal.rows(subject)).toBeVisible({ timeout: 20_000 });
  }

  await page.keyboard.press('j');
  await expect(portal.rows().nth(0)).toBeFocused();
  await page.keyboard.press('j');
  await expect(portal.rows().nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await expect(portal.rows().nth(0)).toBeFocused();
  await page.keyboard.press('Enter');
  const subject = (await page.getByRole('heading', { level: 1 }).innerText()).trim();
  expect(subjects).toContain(subject);

  await page.keyboard.press('r');
  await expect(portal.editor).toBeFocused();
  await page.keyboard.type('Respuesta sin ratón. r a e j k ? no son órdenes aquí.');
  await page.keyboard.press('Control+Enter');
  await elena.received((mail) => mail.text.includes('Respuesta sin ratón. r a e j k ?'), 'the answer');
  await expect(portal.composer).toHaveCount(0);

  await page.keyboard.press('e');
  await expect(page.getByRole('dialog', { name: 'Finish this interaction?' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('e');
  await page.getByRole('dialog').getByLabel('Note for those who come after').focus();
  await page.keyboard.type('Hecho');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(portal.rows(subject)).toHaveCount(0);
});

test('the keys are shown, the palette goes everywhere, search is a key away', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  const elena = await customer('Élena Peñalver');
  const subject = unique('Garantía');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await elena.write({ to: campaign.address, subject: unique('Otra cosa'), text: 'Hola' });
  await expect(portal.rows()).toHaveCount(2, { timeout: 20_000 });

  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await expect(help.getByRole('row', { name: /Start a mail/ })).toContainText('n');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();

  // Search at hand: without regard to case or accents.
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search mail' })).toBeFocused();
  await page.keyboard.type('GARANTIA');
  await expect(portal.rows()).toHaveCount(1);
  await expect(portal.rows(subject)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(portal.rows()).toHaveCount(2);

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Commands' });
  await palette.getByRole('combobox').fill('garan');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(subject);

  await page.keyboard.press('Control+k');
  await palette.getByRole('combobox').fill('settings');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/settings/);

  // Off, and a key is only a key.
  await page.getByRole('switch', { name: 'Single-key shortcuts' }).click();
  await expect(page.getByRole('switch', { name: 'Single-key shortcuts' })).not.toBeChecked();
  await page.goto('/inbox');
  await expect(portal.rows()).toHaveCount(2);
  await page.keyboard.press('?');
  await page.keyboard.press('Control+k');
  await expect(palette).toBeVisible();
  await expect(page.getByRole('dialog', { name: 'Keys' })).toHaveCount(0);
  // They can still be looked up.
  await palette.getByRole('combobox').fill('keys');
  await page.keyboard.press('Enter');
  await expect(help.getByRole('row', { name: /Finish/ })).toContainText('e');
  await expect(help).toContainText('Single keys are switched off in your settings.');
});

test('the focus is always somewhere that can be seen, and dialogs give it back', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  // Past the rail, to the page.
  await page.locator('a.skip').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('main.page')).toBeFocused();
  const elena = await customer();
  const subject = unique('Cita');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  const finish = portal.button('Finish');
  await finish.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Finish this interaction?' });
  await expect(dialog).toBeVisible();
  // Tab stays inside.
  for (let count = 0; count < 8; count += 1) {
    await page.keyboard.press('Tab');
    const inside = await page.evaluate(() => {
      const active = document.activeElement;
      return active === document.body || active?.closest('dialog') !== null;
    });
    expect(inside).toBe(true);
  }
  await page.keyboard.press('Escape');
  await expect(finish).toBeFocused();

  // A ring around whatever has the keyboard.
  await page.goto('/inbox');
  await expect(portal.rows(subject)).toBeVisible();
  const seen = new Set<string>();
  for (let count = 0; count < 14; count += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const active = document.activeElement;
      if (!active || active === document.body) return null;
      const style = getComputedStyle(active);
      const box = active.getBoundingClientRect();
      const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
      const name = active.getAttribute('aria-label') ?? active.textContent?.trim() ?? active.tagName;
      return { name, marked, onScreen: box.width > 0 && box.height > 0 && box.top < innerHeight && box.left < innerWidth };
    });
    if (focus === null) continue;
    expect(focus, `focus on ${focus.name}`).toMatchObject({ marked: true, onScreen: true });
    seen.add(focus.name);
  }
  expect(seen.size).toBeGreaterThan(5);
});
