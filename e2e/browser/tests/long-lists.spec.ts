// What does not come at once: the older mails of a long conversation, and the end of a long queue.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { compose } from '../support/compose';
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

/** A conversation opens with as many mails, and a page of the queue has as many rows. */
const WINDOW = 200;

test('older mails of a long conversation are loaded while what is read stays in its place', async ({ desk, signIn, customer }) => {
  test.setTimeout(180_000);
  const { campaign, agents } = await desk();
  const page = await signIn(agents[0]!);
  const portal = new Portal(page);
  const elena = await customer();
  const subject = unique('Largo');
  const first = `${unique('largo')}@cliente.test`;
  const write = (number: number) => {
    const headers: Record<string, string> = number === 1 ? { 'Message-ID': `<${first}>` } : {};
    const mail = { to: campaign.address, subject, text: `Mail number ${number}.`, headers };
    return elena.write(number === 1 ? mail : { ...mail, thread: [first] });
  };
  for (let number = 1; number <= WINDOW + 60; number += 1) await write(number);
  await expect(portal.rows(subject)).toContainText(String(WINDOW + 60), { timeout: 60_000 });

  await portal.open(subject);
  await expect(portal.messages()).toHaveCount(WINDOW);
  const older = portal.button('Load older mails');
  const oldest = portal.messages('Mail number 61.');
  await older.scrollIntoViewIfNeeded();
  await look(page, 'older-mails');

  // It fails, says so, and can be pressed again.
  const away = '**/conversations/*/messages*';
  await page.route(away, (route) => route.abort('connectionrefused'));
  await older.click();
  await expect(portal.toast('Posta cannot be reached')).toBeVisible();
  await page.unroute(away);
  const place = (await oldest.boundingBox())?.y ?? NaN;
  await older.click();
  await expect(portal.messages()).toHaveCount(WINDOW + 50);
  await expect(older).toBeFocused();
  expect(Math.abs(((await oldest.boundingBox())?.y ?? NaN) - place), 'pixels by which it moved').toBeLessThanOrEqual(1);

  // The rest, by keyboard: then there is nothing more to load, and the keyboard is where one was reading.
  await older.scrollIntoViewIfNeeded();
  await page.keyboard.press('Enter');
  await expect(portal.messages()).toHaveCount(WINDOW + 60);
  await expect(older).toHaveCount(0);
  await expect(portal.messages('Mail number 11.').getByRole('button').first()).toBeFocused();
  await expect(portal.messages().first()).toContainText('Mail number 1.');

  // A mail that comes in carries nobody away who reads up here, and the older ones stay.
  await portal.messages().first().scrollIntoViewIfNeeded();
  await write(WINDOW + 61);
  await expect(portal.messages()).toHaveCount(WINDOW + 61, { timeout: 20_000 });
  await expect(portal.messages().first()).toBeInViewport();
});

test('a long queue is shown in its order to its end, counted and searched', async ({ stage, desk, signIn }) => {
  test.setTimeout(180_000);
  const { campaign, agents } = await desk({ most: 1 });
  const page = await signIn(agents[0]!);
  const portal = new Portal(page);
  const word = unique('cola');
  const write = (number: number) => {
    const from = `${word}-${number}@cliente.test`;
    return stage.deliver(compose({ from, name: `Customer ${number}`, to: campaign.address, subject: `${word} ${number};`, text: 'Hola' }));
  };
  await write(0);
  await expect(portal.rows(`${word} 0;`)).toBeVisible({ timeout: 20_000 });
  for (let number = 1; number <= WINDOW + 30; number += 1) await write(number);
  await expect(portal.tab('Waiting')).toContainText(String(WINDOW + 30), { timeout: 60_000 });

  // All came while the page was open, so it knows them; one who comes now gets the beginning.
  await page.goto('/inbox?tab=waiting');
  await expect(portal.rows()).toHaveCount(WINDOW);
  await expect(portal.tab('Waiting')).toContainText(String(WINDOW + 30));
  await expect(portal.rows().first()).toContainText(`${word} 1;`);
  await expect(portal.rows().last()).toContainText(`${word} ${WINDOW};`);

  // The newest stands behind rows that are not here: it is counted, and not shown out of its turn.
  await write(WINDOW + 31);
  await expect(portal.tab('Waiting')).toContainText(String(WINDOW + 31), { timeout: 20_000 });
  await expect(portal.rows().last()).toContainText(`${word} ${WINDOW};`);
  await portal.button('Load more').scrollIntoViewIfNeeded();
  await look(page, 'queue-end');
  await portal.button('Load more').click();
  await expect(portal.rows()).toHaveCount(WINDOW + 31);
  await expect(portal.rows().last()).toContainText(`${word} ${WINDOW + 31};`);
  await expect(portal.button('Load more')).toHaveCount(0);

  // A search finds what was not loaded.
  await page.goto('/inbox?tab=waiting');
  await expect(portal.rows()).toHaveCount(WINDOW);
  await page.getByRole('searchbox').fill(`${word} ${WINDOW + 25};`);
  await expect(portal.rows()).toHaveCount(1);
  await page.getByRole('searchbox').fill('nobody of this name');
  await expect(page.getByText('Nothing found')).toBeVisible();
});

/** Axe finds nothing serious; with a picture of it, light and dark, in test-results/pages. */
async function look(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `test-results/pages/${name}-${colorScheme}.png`, animations: 'disabled' });
    const result = await new AxeBuilder({ page }).exclude('iframe').analyze();
    const serious = result.violations.filter((violation) => violation.impact === 'serious' || violation.impact === 'critical');
    expect.soft(serious.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(' | ')}`)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}
