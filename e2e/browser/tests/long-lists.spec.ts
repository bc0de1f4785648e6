// What does not come at once: the older mails of a long conversation, and the end of a long queue.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { compose } from '../support/compose';
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

interface Waiting {
  subject: string;
}

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
  await write(1);
  await expect(portal.rows(subject)).toBeVisible({ timeout: 20_000 });
  for (let number = 2; number <= WINDOW + 60; number += 1) await write(number);
  await expect(portal.rows(subject)).toContainText(String(WINDOW + 60), { timeout: 60_000 });

  await portal.open(subject);
  await expect(portal.messages()).toHaveCount(WINDOW);
  const older = portal.button('Load older mails');
  // The mail servers may hand neighbours over in another order.
  const top = async () => portal.messages(/Mail number \d+\./.exec(await portal.messages().first().innerText())?.[0] ?? 'none');
  const oldest = await top();
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
  const reading = await top();
  await page.keyboard.press('Enter');
  await expect(portal.messages()).toHaveCount(WINDOW + 60);
  await expect(older).toHaveCount(0);
  await expect(reading.getByRole('button').first()).toBeFocused();
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
  const admin = await stage.admin();
  const queue = async () => {
    const all: Waiting[] = [];
    for (let cursor = ''; ; ) {
      const path = `interactions?state=waiting&campaign_id=${campaign.id}&limit=200${cursor}`;
      const list = await admin.get<{ items: Waiting[]; next_cursor?: string }>(path);
      all.push(...list.items);
      if (list.next_cursor === undefined) return all.map((row) => row.subject);
      cursor = `&cursor=${list.next_cursor}`;
    }
  };
  // What is out of sight has no inner text.
  const shown = async () => (await portal.rows().locator('.tray-row-subject').allTextContents()).map((text) => text.trim());

  // All came while the page was open, so it knows them; one who comes now gets the beginning.
  await page.goto('/inbox?tab=waiting');
  await expect(portal.rows()).toHaveCount(WINDOW);
  await expect(portal.tab('Waiting')).toContainText(String(WINDOW + 30));
  const waiting = await queue();
  expect(waiting).toHaveLength(WINDOW + 30);
  expect(await shown()).toEqual(waiting.slice(0, WINDOW));

  // The newest stands behind rows that are not here: it is counted, and not shown out of its turn.
  await write(WINDOW + 31);
  await expect(portal.tab('Waiting')).toContainText(String(WINDOW + 31), { timeout: 20_000 });
  expect(await shown()).toEqual(waiting.slice(0, WINDOW));
  await portal.button('Load more').scrollIntoViewIfNeeded();
  await look(page, 'queue-end');
  await portal.button('Load more').click();
  await expect(portal.rows()).toHaveCount(WINDOW + 31);
  expect(await shown()).toEqual([...waiting, `${word} ${WINDOW + 31};`]);
  await expect(portal.button('Load more')).toHaveCount(0);

  // A search finds what was not loaded.
  await page.goto('/inbox?tab=waiting');
  await expect(portal.rows()).toHaveCount(WINDOW);
  await page.getByRole('searchbox').fill(waiting[WINDOW + 25] ?? '');
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
