// How long after opening the page an agent can use his tray: cold (nothing in the browser yet) and warm (a reload), on a
// processor slowed down four times. Medians of five, as one line of JSON and in test-results/tray-time.json.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from '@playwright/test';

import { expect, test, unique } from '../support/test';

const ROUNDS = 5;
const MAILS = 20;
const SLOWER = 4;

test('from opening the page to the tray', async ({ desk, signIn, customer, browser, stage }) => {
  const { campaign, agents } = await desk();
  const agent = agents[0]!;
  const elena = await customer();
  const first = await signIn(agent);
  for (let count = 0; count < MAILS; count += 1) {
    await elena.write({ to: campaign.address, subject: unique('Consulta'), text: 'Hola' });
  }
  await expect(first.getByTestId('tray-row')).toHaveCount(MAILS, { timeout: 60_000 });
  await first.context().close();

  const times = { cold: [] as number[], warm: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const context = await browser.newContext({ baseURL: stage.address });
    const body = { login: agent.login, password: agent.password };
    expect((await context.request.post('/api/v1/auth/sign-in', { data: body })).ok()).toBe(true);
    const page = await context.newPage();
    await page.addInitScript(() => {
      const seen = new MutationObserver(() => {
        if (!document.querySelector('[data-testid=tray-row]')) return;
        seen.disconnect();
        // Painted, not only built.
        requestAnimationFrame(() => setTimeout(() => Object.assign(window, { __tray: performance.now() })));
      });
      seen.observe(document, { childList: true, subtree: true });
    });
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    await page.goto('/inbox');
    times.cold.push(await trayTime(page));
    await page.reload();
    times.warm.push(await trayTime(page));
    await context.close();
  }
  const median = (list: number[]) => Math.round([...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0);
  const result = { cold_ms: median(times.cold), warm_ms: median(times.warm), rounds: ROUNDS, slower: SLOWER };
  const folder = join(import.meta.dirname, '../test-results');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tray-time.json'), JSON.stringify(result));
  process.stdout.write(`${JSON.stringify(result)}\n`);
});

async function trayTime(page: Page): Promise<number> {
  const handle = await page.waitForFunction(() => (window as unknown as { __tray?: number }).__tray, undefined, { timeout: 60_000 });
  return (await handle.jsonValue()) ?? 0;
}
