// Every page, light and dark, wide and narrow: nothing sticks out, axe finds nothing serious, and a picture of each lies in
// test-results/pages; with POSTA_SCREENSHOTS=1 in screenshots/, which is what the repository keeps.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { AxeBuilder } from '@axe-core/playwright';
import { type Page } from '@playwright/test';

import { Portal } from '../support/portal';
import { setTheScene, type Scene } from '../support/scene';
import { expect, test as base, unique } from '../support/test';

const test = base.extend<object, { scene: Scene }>({
  scene: [
    async ({ browser }, use) => {
      const scene = await setTheScene((stage) => browser.newContext({ baseURL: stage.address }));
      await use(scene);
      await Promise.all([scene.stage.stop(), scene.empty.stop()]);
    },
    { scope: 'worker', timeout: 180_000 },
  ],
});

const PICTURES = join(import.meta.dirname, process.env['POSTA_SCREENSHOTS'] === '1' ? '../screenshots' : '../test-results/pages');
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const THEMES = ['light', 'dark'] as const;

for (const theme of THEMES) {
  for (const size of ['wide', 'narrow'] as const) {
    const options = { colorScheme: theme, viewport: SIZES[size] };
    const look = (page: Page, name: string) => examine(page, `${name}-${theme}-${size}`);

    test(`before one is in, ${theme}, ${size}`, async ({ scene, browse }) => {
      const setup = await (await browse(options, scene.empty)).newPage();
      await setup.goto(scene.empty.facts.setup_link ?? '');
      await setup.getByLabel('Password', { exact: true }).fill('quiet desk');
      await look(setup, 'setup');
      const page = await (await browse(options, scene.stage)).newPage();
      await page.goto('/sign-in');
      await page.getByLabel('User', { exact: true }).fill('marta');
      await look(page, 'sign-in');
      await page.getByLabel('Password', { exact: true }).fill('wrong wrong');
      await page.keyboard.press('Enter');
      await expect(page.getByRole('alert')).toBeVisible();
      await look(page, 'sign-in-refused');
      await page.getByLabel('User', { exact: true }).fill(scene.newcomer.login);
      await page.getByLabel('Password', { exact: true }).fill(scene.newcomer.password);
      await page.keyboard.press('Enter');
      await expect(page.getByRole('heading', { name: 'Choose a new password' })).toBeVisible();
      await look(page, 'change-password');

      const admin = await scene.stage.admin();
      const login = unique('nuria');
      const nuria = await admin.post<{ id: number }>('users', { login, name: 'Nuria Vidal', role: 'agent', language: 'en' });
      const link = await admin.post<{ path: string }>(`users/${nuria.id}/link`, {});
      const welcome = await (await browse(options, scene.stage)).newPage();
      await welcome.goto(link.path);
      await welcome.getByLabel('Password', { exact: true }).fill('quiet desk');
      // A picture that is the same each time.
      await welcome.getByText(login).evaluate((text, own) => (text.textContent = text.textContent!.replace(own, 'nuria')), login);
      await look(welcome, 'welcome');
    });

    test(`the agent’s portal, ${theme}, ${size}`, async ({ scene, signIn }) => {
      test.setTimeout(240_000);
      const open = async (login: string, path: string) => {
        const known = [scene.newcomer, scene.idle].find((one) => one.login === login);
        const person = known ? { ...known, name: '', role: 'agent' as const } : scene.stage.person(login);
        return signIn(person, path, options, scene.stage);
      };
      const idle = await open(scene.idle.login, '/inbox');
      await expect(idle.getByText('Nothing on your desk')).toBeVisible();
      await look(idle, 'inbox-empty');
      await idle.goto('/no/such/page');
      await expect(idle.getByText('There is nothing here')).toBeVisible();
      await look(idle, 'not-found');
      await idle.goto('/admin/users');
      await expect(idle.getByText('You may not see this')).toBeVisible();
      await look(idle, 'forbidden');
      await idle.context().close();

      const page = await open('marta', '/inbox');
      const portal = new Portal(page);
      await expect(portal.rows('Invoice 2026-0412 is wrong')).toBeVisible();
      await look(page, 'inbox');
      await page.goto('/inbox?tab=waiting');
      await expect(portal.rows().first()).toBeVisible();
      await look(page, 'inbox-waiting');
      await page.goto('/inbox?tab=snoozed');
      await expect(page.getByText('Nothing set aside')).toBeVisible();
      await look(page, 'inbox-snoozed-empty');
      await page.goto('/inbox?tab=history');
      await expect(portal.rows('Change of address')).toBeVisible();
      await look(page, 'inbox-history');

      await page.goto(`/inbox/${scene.shown}`);
      await expect(portal.inside(portal.messages().last()).getByText('ESB-4471802')).toBeVisible();
      await look(page, 'conversation');
      await portal.messages().first().getByRole('button', { name: /^Preview scan.png/ }).click();
      await expect(page.getByRole('dialog').getByRole('img', { name: 'scan.png' })).toBeVisible();
      await look(page, 'preview');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await portal.button('Finish').click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await look(page, 'finish');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
      await page.keyboard.press('m');
      const errand = page.getByRole('dialog', { name: 'Add a note' });
      await errand.getByLabel('Note').fill('Accounting knows: the new VAT number holds from January.');
      await look(page, 'note-dialog');
      await errand.getByRole('button', { name: 'Save' }).click();
      await expect(page.getByTestId('note')).toBeVisible();
      await page.keyboard.press('l');
      await page.getByRole('dialog', { name: 'Tag' }).getByRole('combobox').fill('Invoice');
      await page.keyboard.press('Enter');
      await expect(page.locator('.tag')).toHaveText('Invoice');
      await portal.button('More actions').click();
      await look(page, 'conversation-organised');
      await page.keyboard.press('Escape');
      await page.keyboard.press('t');
      await expect(page.getByRole('dialog', { name: 'Transfer' }).getByRole('option').first()).toBeVisible();
      await look(page, 'transfer');
      await page.keyboard.press('Escape');
      await page.keyboard.press('h');
      await expect(page.getByRole('dialog', { name: 'Set aside' }).getByRole('option')).toHaveCount(7);
      await look(page, 'set-aside');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Take off the tag Invoice' }).click();
      await page.getByRole('button', { name: 'Delete note' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await expect(page.getByTestId('note')).toHaveCount(0);
      await portal.reply();
      await page.keyboard.type('Dear Laura, of course. ');
      await page.keyboard.press('Control+b');
      await page.keyboard.type('The new number stands on it now.');
      await page.keyboard.press('Control+b');
      await portal.saved();
      await look(page, 'composer');
      await portal.discard();

      await page.goto('/inbox/new');
      await expect(portal.editor).toBeVisible();
      await page.getByLabel('Subject').fill('Your yearly check-up');
      await portal.editor.click();
      await page.keyboard.type('Dear Mr Hall,');
      await portal.saved();
      await look(page, 'start');
      await portal.discard();
      await page.goto('/settings');
      await expect(page.getByText('This browser', { exact: true })).toBeVisible();
      await look(page, 'settings');
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
      await look(page, 'keys');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox').fill('in');
      await look(page, 'palette');
      await page.keyboard.press('Escape');
      await page.getByTestId('state-switch').click();
      await look(page, 'state');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^Account: / }).click();
      await look(page, 'account');
    });

    test(`templates, ${theme}, ${size}`, async ({ scene, signIn }) => {
      test.setTimeout(240_000);
      if (theme === 'light' && size === 'wide') {
        const bare = await signIn(scene.stage.person('admin'), '/admin/templates', options, scene.stage);
        await expect(bare.getByText('No templates yet').first()).toBeVisible();
        await look(bare, 'templates-empty');
        await bare.context().close();
      }
      const known = await setTemplates(scene);
      const page = await signIn(scene.stage.person('admin'), '/admin/templates', options, scene.stage);
      await expect(page.getByTestId('template-row')).toHaveCount(4);
      await look(page, 'templates');
      await page.goto(`/admin/templates/${known.signature}`);
      await expect(page.getByTestId('editor').locator('table')).toBeVisible();
      await look(page, 'template');
      await page.getByRole('button', { name: 'Variables' }).click();
      await expect(page.getByRole('menuitem').first()).toBeVisible();
      await look(page, 'template-variables');
      await page.keyboard.press('Escape');
      await page.locator('summary').filter({ hasText: 'Versions' }).click();
      await page.getByTestId('version-row').first().scrollIntoViewIfNeeded();
      await look(page, 'template-versions');
      await page.getByTestId('version-row').first().getByRole('button', { name: 'Look at it' }).click();
      await expect(page.getByRole('dialog').frameLocator('iframe').getByText('Ana Pérez')).toBeVisible();
      await look(page, 'template-version');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Send a test' }).click();
      await expect(page.getByRole('dialog').getByLabel('To', { exact: true })).toBeVisible();
      await look(page, 'template-test');
      await page.goto(`/admin/templates/${known.newsletter}`);
      const canvas = page.frameLocator('iframe.designer').frameLocator('iframe.gjs-frame');
      await expect(canvas.getByText('Winter at Nordica')).toBeVisible({ timeout: 20_000 });
      await page.locator('iframe.designer').scrollIntoViewIfNeeded();
      await look(page, 'template-designer');
      await page.getByRole('tab', { name: 'Source' }).click();
      await page.getByRole('textbox', { name: 'Source' }).scrollIntoViewIfNeeded();
      await look(page, 'template-source');
      await page.getByRole('tab', { name: 'Preview' }).click();
      await expect(page.locator('.template-frame').frameLocator('iframe').getByText('Winter at Nordica')).toBeVisible();
      await page.locator('.template-look').scrollIntoViewIfNeeded();
      await look(page, 'template-preview');
      await page.getByRole('button', { name: 'Narrow', exact: true }).click();
      await page.getByRole('button', { name: 'Dark', exact: true }).click();
      await look(page, 'template-preview-dark');
      await page.goto('/admin/templates/new');
      await page.getByRole('button', { name: 'Create template' }).click();
      await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
      await look(page, 'template-faulty');
      const admin = await scene.stage.admin();
      const campaigns = await admin.get<{ items: { id: number }[] }>('campaigns');
      await page.goto(`/admin/campaigns?campaign=${campaigns.items[0]!.id}`);
      for (const group of [/^Signature/, /^Confirmation/, /^Rating/]) await page.locator('summary').filter({ hasText: group }).click();
      await page.getByRole('switch', { name: 'Confirm the first mail' }).check();
      await page.getByRole('switch', { name: 'Ask for a rating' }).check();
      await page.getByRole('button', { name: 'Write the thanks…' }).scrollIntoViewIfNeeded();
      await look(page, 'campaign-mail');
      await page.getByRole('button', { name: 'Write the thanks…' }).click();
      await expect(page.getByRole('dialog').locator('[contenteditable=true]')).toBeVisible();
      await look(page, 'campaign-thanks');
    });

    test(`administration, ${theme}, ${size}`, async ({ scene, signIn }) => {
      test.setTimeout(240_000);
      const page = await signIn(scene.stage.person('admin'), '/admin/campaigns', options, scene.stage);
      const rows = page.getByTestId('campaign-row');
      await expect(rows).toHaveCount(2);
      await look(page, 'campaigns');
      await rows.first().click();
      await expect(page.getByRole('heading', { level: 1, name: 'Soporte' })).toBeVisible();
      await look(page, 'campaign');
      await page.getByText('Advanced', { exact: true }).click();
      await page.getByRole('button', { name: 'Test connection' }).click();
      await expect(page.locator('.trial-results')).toContainText('IMAP');
      await look(page, 'campaign-tested');
      await page.goto(page.url());
      const schedule = page.locator('details').filter({ hasText: 'Time zone' });
      await schedule.locator('summary').click();
      await schedule.getByLabel('Time zone').selectOption('Europe/Madrid');
      await schedule.getByRole('button', { name: 'Add hours' }).click();
      await schedule.getByRole('button', { name: 'Add a holiday' }).click();
      await schedule.getByRole('textbox', { name: 'Name of the holiday' }).fill('Navidad');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await expect(schedule.getByLabel('Day', { exact: true })).toHaveAttribute('aria-invalid', 'true');
      await schedule.getByRole('button', { name: 'Import .ics' }).scrollIntoViewIfNeeded();
      await look(page, 'campaign-schedule');
      await page.goto(page.url());
      const strategy = page.locator('details').filter({ hasText: 'Who may get mail' });
      await strategy.locator('summary').click();
      await strategy.getByRole('button', { name: 'Add a rule' }).click();
      await strategy.getByLabel('Text').fill('@cliente-preferente.test');
      await strategy.getByRole('button', { name: 'Add a rule' }).scrollIntoViewIfNeeded();
      await look(page, 'campaign-strategy');
      await page.goto(page.url());
      await page.getByRole('button', { name: 'Delete…' }).click();
      await expect(page.getByRole('button', { name: 'Delete campaign' })).toBeVisible();
      await look(page, 'campaign-delete');
      await page.keyboard.press('Escape');
      await page.goto('/admin/campaigns?campaign=new');
      await page.getByRole('button', { name: 'Create campaign' }).click();
      await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
      await look(page, 'campaign-faulty');
      await page.goto('/admin/campaigns/members');
      await page.getByRole('region', { name: 'Campaigns', exact: true }).getByLabel('Soporte').check();
      await expect(page.getByTestId('member-row').first()).toBeVisible();
      await look(page, 'members');
      await page.goto('/admin/campaigns/dispositions');
      const outline = page.getByRole('textbox', { name: /^One a line/ });
      await expect(outline).toBeVisible();
      await look(page, 'dispositions');
      await outline.fill('Solved\n  Refund\n  Repair\nComplaint\n  Delivery\n  Delivery');
      await expect(page.getByText('Something is wrong with the line “Delivery”')).toBeVisible();
      await look(page, 'dispositions-faulty');
      await outline.fill('');
      await page.goto('/admin/campaigns/voice');
      await expect(page.getByRole('switch', { name: 'Only agents of voice campaigns get mail' })).toBeVisible();
      await look(page, 'voice');
      await page.goto('/admin/campaigns/voice?voice=new');
      await page.getByRole('button', { name: 'Create voice campaign' }).click();
      await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
      await expect(page.getByLabel('Ana Molina')).toBeVisible();
      await look(page, 'voice-faulty');
      await page.goto('/admin/campaigns/replay');
      await expect(page.getByLabel('Campaign', { exact: true })).not.toHaveValue('');
      await look(page, 'replay-empty');
      // A whole day, which a stage that has just begun does not have.
      const api = await scene.stage.admin();
      const support = (await api.get<{ items: { id: number; name: string }[] }>('campaigns')).items.find((one) => one.name === 'Soporte')!;
      const members = (await api.get<{ items: { user_id: number; name: string }[] }>(`campaigns/${support.id}/members`)).items;
      await page.route('**/campaigns/*/replay', (route) => route.fulfill({ json: replayed(members) }));
      await page.getByRole('button', { name: 'Replay the day' }).click();
      await expect(page.getByTestId('replay-figures')).toBeVisible();
      if (size === 'narrow') await page.getByTestId('replay-figures').scrollIntoViewIfNeeded();
      await look(page, 'replay');
      await page.getByRole('switch', { name: 'Other people or hours' }).check();
      await page.getByText('All points as a table').click();
      await page.getByTestId('staff-row').last().scrollIntoViewIfNeeded();
      await page.getByTestId('replay-agents').scrollIntoViewIfNeeded();
      await look(page, 'replay-staff');
      await page.goto('/admin/users');
      await expect(page.getByTestId('user-row').first()).toBeVisible();
      await look(page, 'users');
      await page.getByTestId('user-row').filter({ hasText: 'Ana Molina' }).click();
      await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible();
      await look(page, 'user');
      await page.getByRole('button', { name: 'Link for a password' }).click();
      const shown = page.getByRole('dialog').getByLabel('Link', { exact: true });
      await expect(shown).toHaveValue(/#token=/);
      // A picture that is the same each time.
      await shown.fill('https://posta.example.com/welcome#token=9f3c1e…');
      await look(page, 'user-link');
      await page.keyboard.press('Escape');
      await page.goto('/admin/users?user=new');
      await expect(page.getByRole('button', { name: 'Create user' })).toBeVisible();
      await look(page, 'user-new');
      await page.goto('/admin/users/agents');
      await expect(page.getByTestId('break-row').first()).toBeVisible();
      await expect(page.getByLabel('Ana Molina')).toBeVisible();
      await look(page, 'agents');
    });
  }
}

/** Templates of every kind, once: the stage is that of all themes and sizes. */
async function setTemplates(scene: Scene): Promise<{ signature: number; reply: number; newsletter: number }> {
  const admin = await scene.stage.admin();
  const known = (await admin.get<{ items: { id: number; name: string }[] }>('templates?limit=200')).items;
  const put = async (name: string, body: object) =>
    known.find((one) => one.name === name)?.id ?? (await admin.post<{ id: number }>('templates', { name, format: 'html', ...body })).id;
  const signature = await put('Firma corporativa', { kind: 'signature', source: SIGNATURE });
  const reply = await put('Thanks and goodbye', {
    kind: 'reply', shortcut: '/thanks', subject: '', source: '<p>Dear ${customer.first_name},</p><p>thank you for your patience.</p>',
  });
  await put('We have your mail', {
    kind: 'confirmation', subject: 'We have your mail', source: '<p>Dear ${customer.name}, we answer within a day.</p>',
  });
  const newsletter = await put('Winter newsletter', {
    kind: 'mass_mail', format: 'mjml', subject: 'Warm offers for ${nombre}', source: NEWSLETTER,
  });
  return { signature, reply, newsletter };
}

/** A day of a replay: two peaks, of which one agent more takes the worst away. */
function replayed(members: { user_id: number; name: string }[]): object {
  const peak = (hour: number, at: number, high: number) => high * Math.exp(-((hour - at) ** 2) / 2.2);
  const clock = (point: number) => `${String(Math.floor(point / 2)).padStart(2, '0')}:${point % 2 === 0 ? '00' : '30'}`;
  const series = Array.from({ length: 48 }, (_, point) => {
    const hour = point / 2;
    const open = hour >= 8 && hour < 18;
    const [was, would] = [1.6, 0.7].map((much) => Math.round(much * (peak(hour, 10.5, 14) + peak(hour, 16, 9))));
    return {
      at: `2026-03-04T${clock(point)}:00Z`, time: clock(point),
      arrived: open ? Math.round(4 + peak(hour, 10, 9) + peak(hour, 15.5, 6)) : 0,
      recorded_waiting: was, replayed_waiting: would,
      recorded_mean_wait_seconds: open ? 40 + was! * 55 : null, replayed_mean_wait_seconds: open ? 30 + would! * 40 : null,
    };
  });
  const agent = (place: number, attended: number, hours: number) => ({
    user_id: members[place]?.user_id ?? null, name: members[place]?.name ?? '+1', attended, present_seconds: hours * 3600,
    shifts: [{ from: '08:00', to: '12:00' }, { from: '13:00', to: hours > 8 ? '18:30' : '17:00' }],
  });
  const figures = { arrived: 143, attended: 143, still_waiting: 0 };
  return {
    campaign_id: 1, from: '2026-03-04T00:00:00Z', to: '2026-03-05T00:00:00Z', eligibility: 'nocall', delivery_order: 'rrmemory',
    max_interactions: 2, seed: 1, staffing: 'recorded', series,
    recorded: {
      ...figures, attended: 141, still_waiting: 2, mean_wait_seconds: 402.3, p50_wait_seconds: 268, p90_wait_seconds: 1012,
      max_wait_seconds: 1741, service_level_percent: 61.4, fairness: 0.931,
      agents: [agent(0, 52, 8), agent(1, 89, 9.5)],
    },
    replayed: {
      ...figures, mean_wait_seconds: 151.8, p50_wait_seconds: 92, p90_wait_seconds: 433, max_wait_seconds: 840,
      service_level_percent: 88.1, fairness: 0.978,
      agents: [agent(0, 48, 8), agent(1, 53, 9.5), agent(99, 42, 8)],
    },
  };
}

const SIGNATURE = `<p>Kind regards,<br><b>\${agent.name}</b></p><table border="1" cellpadding="6" style="border-collapse:collapse">
  <tbody><tr><td>Telephone</td><td>+34 910 555 010</td></tr><tr><td>Mail</td><td>\${campaign.address}</td></tr></tbody></table>`;
const NEWSLETTER = `<mjml><mj-body background-color="#eef2f7"><mj-section background-color="#2459d3"><mj-column>
  <mj-text color="#ffffff" font-size="24px">Winter at Nordica</mj-text></mj-column></mj-section>
  <mj-section background-color="#ffffff"><mj-column><mj-text>Dear \${nombre}, chairs and lamps are <b>20 % off</b> this week.</mj-text>
  <mj-button background-color="#17683f" href="https://nordica.example">To the shop</mj-button></mj-column>
  <mj-column><mj-text>Orders before Friday arrive before the holidays.</mj-text></mj-column></mj-section></mj-body></mjml>`;

/** Takes a picture; nothing sticks out, axe finds nothing serious. */
async function examine(page: Page, name: string): Promise<void> {
  await base.step(name, async () => {
    // Fonts, pictures and what fades in.
    await page.evaluate(async () => {
      await document.fonts.ready;
      const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity);
      await Promise.all(ending.map((one) => one.finished.catch(() => undefined)));
    });
    const session = await page.context().newCDPSession(page);
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 75 });
    await mkdir(PICTURES, { recursive: true });
    await writeFile(join(PICTURES, `${name}.webp`), Buffer.from(data, 'base64'));
    await session.detach();
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect.soft(wider, `${name}: pixels that stick out to the right`).toBeLessThanOrEqual(0);
    // What is inside a mail is its author's affair.
    const result = await new AxeBuilder({ page }).exclude('iframe').analyze();
    const serious = result.violations
      .filter((violation) => violation.impact === 'serious' || violation.impact === 'critical')
      .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).slice(0, 4).join(' | ')}`);
    expect.soft(serious, `${name}: what axe finds`).toEqual([]);
  });
}
