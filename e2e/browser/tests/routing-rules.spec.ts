// What decides over who gets mail besides the campaign itself: voice campaigns (S34), the rest after finishing (S107), and
// what another day would have come to (S43).
import { Api } from '../support/api';
import { Portal } from '../support/portal';
import { expect, test } from '../support/test';

const today = () => new Date().toISOString().slice(0, 10);

test('only agents of a voice campaign get mail once that is asked for, and everybody sees who is left out', async ({
  ownStage, desk, customer, signIn,
}) => {
  test.setTimeout(120_000);
  const stage = await ownStage();
  const { campaign, agents } = await desk({ agents: 2 }, stage);
  const [inside, outside] = agents as [typeof agents[0], typeof agents[0]];
  const page = await signIn(stage.person('admin'), '/admin/campaigns/voice', {}, stage);
  await expect(page.getByText('No voice campaigns yet').first()).toBeVisible();
  const rule = page.getByRole('switch', { name: 'Only agents of voice campaigns get mail' });
  await expect(rule).not.toBeChecked();
  await expect(page.getByText(/They are in no voice campaign, and would get nothing: /)).toContainText(inside.name);

  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByRole('button', { name: 'Create voice campaign' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await expect(page.getByText('Required.')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Telefonía');
  await page.getByLabel('Filter agents').fill(inside.name);
  const marks = page.getByRole('group', { name: 'Members', exact: true }).getByRole('checkbox');
  await expect(marks).toHaveCount(1);
  await page.getByLabel(inside.name, { exact: true }).check();
  await page.getByRole('button', { name: 'Create voice campaign' }).click();
  await expect(page.getByText('Voice campaign saved.')).toBeVisible();
  await expect(page.getByTestId('voice-row').filter({ hasText: 'Telefonía' })).toContainText('1 member');
  await expect(page).toHaveURL(/voice=\d+$/);

  await rule.focus();
  await page.keyboard.press('Space');
  await expect(rule).toBeChecked();
  // It stays where it is, with the keyboard on it, whatever the server tells meanwhile.
  await expect(rule).toBeFocused();
  await expect(page.getByText(/In no voice campaign, so they get nothing: /)).toBeVisible();
  await page.reload();
  await expect(rule).toBeChecked();
  await expect(page.getByLabel(inside.name, { exact: true })).toBeChecked();

  const members = await signIn(stage.person('admin'), '/admin/campaigns/members', {}, stage);
  await members.getByRole('region', { name: 'Campaigns', exact: true }).getByLabel(campaign.name).check();
  const row = (name: string) => members.getByTestId('member-row').filter({ hasText: name });
  await expect(row(outside.name).getByTestId('gets-nothing')).toHaveText(/Gets nothing Is in no voice campaign, and one is required\./);
  await expect(row(inside.name)).toBeVisible();
  await expect(row(inside.name).getByTestId('gets-nothing')).toHaveCount(0);
  await row(inside.name).getByRole('checkbox', { name: /^Receives/ }).uncheck();
  await expect(row(inside.name).getByTestId('gets-nothing')).toContainText('May not receive in this campaign.');
  await row(inside.name).getByRole('checkbox', { name: /^Receives/ }).check();
  await expect(row(inside.name).getByTestId('gets-nothing')).toHaveCount(0);

  const [left, right] = await Promise.all([signIn(inside, '/inbox', {}, stage), signIn(outside, '/inbox', {}, stage)]);
  const elena = await customer('Elena Ruiz', stage);
  for (const number of [1, 2, 3]) await elena.write({ to: campaign.address, subject: `Question ${number}`, text: 'Hello' });
  await expect(new Portal(left).rows('Question')).toHaveCount(3);
  await expect(new Portal(right).rows()).toHaveCount(0);

  // Whoever left the last one is marked at once, wherever one looks.
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByText('Voice campaign deleted.')).toBeVisible();
  await expect(page).toHaveURL(/\/admin\/campaigns\/voice$/);
  await expect(row(inside.name).getByTestId('gets-nothing')).toBeVisible();
  await rule.uncheck();
  await expect(members.getByTestId('gets-nothing')).toHaveCount(0);
});

test('a voice campaign that somebody else changed meanwhile is not overwritten', async ({ ownStage, signIn }) => {
  const stage = await ownStage();
  const admin = await stage.admin();
  const voice = await admin.post<{ id: number; version: number }>('voice-campaigns', { name: 'Centralita', members: [] });
  const page = await signIn(stage.person('admin'), `/admin/campaigns/voice?voice=${voice.id}`, {}, stage);
  await page.getByLabel('Name', { exact: true }).fill('Mine');
  await admin.put(`voice-campaigns/${voice.id}`, { name: 'Theirs', members: [] });
  await expect(page.getByTestId('voice-row')).toContainText('Theirs');
  await expect(page.getByLabel('Name', { exact: true }), 'what is being typed stays').toHaveValue('Mine');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Someone else changed this in the meantime.')).toBeVisible();
  await page.getByRole('button', { name: 'Load again' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Theirs');
  await page.getByLabel('Name', { exact: true }).fill('Ours');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('voice-row')).toContainText('Ours');
});

test('after finishing one rests, sees for how long, and may end it', async ({ stage, desk, customer, signIn }) => {
  const { campaign, agents } = await desk({ most: 1, rest: 900 });
  const [agent] = agents as [typeof agents[0]];
  const page = await signIn(agent);
  const portal = new Portal(page);
  const elena = await customer();
  await elena.write({ to: campaign.address, subject: 'First', text: 'Hello' });
  // Two mails that are on their way at once may overtake one another.
  await portal.rows('First').click();
  await elena.write({ to: campaign.address, subject: 'Second', text: 'Hello' });
  await portal.button('Finish').click();
  await page.getByRole('dialog').getByRole('button', { name: /^Finish/ }).click();
  const state = page.getByTestId('state-switch');
  await expect(state).toContainText('Wrap-up');
  await expect(state.getByRole('timer')).toHaveText(/^1[45]:\d\d$/);
  await expect(portal.rows()).toHaveCount(0);
  // It is still so for whoever comes back to the page, and the next one waits.
  await page.reload();
  await expect(state).toContainText('Wrap-up');
  const admin = await stage.admin();
  const waiting = () => admin.get<{ items: unknown[] }>(`interactions?state=waiting&campaign_id=${campaign.id}`);
  await expect.poll(async () => (await waiting()).items.length).toBe(1);
  await expect(page.getByText('Nothing on your desk')).toBeVisible();
  await state.click();
  await page.getByRole('menuitem', { name: 'End wrap-up' }).click();
  await expect(state).toContainText('Available');
  // Of two menus side by side the items of one once closed the other.
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(state).toBeFocused();
  await expect(portal.rows('Second')).toBeVisible();
  await state.click();
  await expect(page.getByRole('menuitemradio', { name: 'Available' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'End wrap-up' })).toHaveCount(0);
});

test('a day is replayed with other people, and says what would have been', async ({ stage, desk, customer, signIn }) => {
  test.setTimeout(120_000);
  const { campaign, agents } = await desk({ agents: 1, most: 1 });
  const [agent] = agents as [typeof agents[0]];
  const page = await signIn(stage.person('admin'), `/admin/campaigns/replay?campaign=${campaign.id}&date=${today()}`);
  await expect(page.getByText('Ask what would have been')).toBeVisible();
  await expect(page.getByLabel('Campaign', { exact: true })).toHaveValue(String(campaign.id));
  const run = page.getByRole('button', { name: 'Replay the day' });
  await run.click();
  await expect(page.getByText('Nothing came in that day')).toBeVisible();

  await signIn(agent);
  const api = await Api.signIn(stage.address, agent);
  const elena = await customer();
  for (const subject of ['One', 'Two', 'Three']) await elena.write({ to: campaign.address, subject, text: 'Hello' });
  // He may hold one: each waits for the one before.
  for (let count = 0; count < 2; count += 1) {
    const rows = () => api.get<{ items: { id: number }[] }>('interactions?state=assigned&mine=true&limit=50');
    await expect.poll(async () => (await rows()).items.length).toBe(1);
    const row = (await rows()).items[0]!;
    await api.post(`interactions/${row.id}/finish`, {});
    await expect.poll(async () => (await rows()).items[0]?.id).not.toBe(row.id);
  }

  await run.click();
  const figures = page.getByTestId('replay-figures');
  const cells = (name: string) => figures.getByRole('row', { name: new RegExp(`^${name}`) }).getByRole('cell');
  await expect(cells('Came in')).toHaveText(['3', '3', /^=/]);
  await expect(cells('Handed out').first()).toHaveText('3');
  await expect(page.getByText('Agents are there as it was recorded.')).toBeVisible();
  await expect(page.getByRole('img', { name: 'Waiting over the day' }).locator('path')).toHaveCount(2);
  await expect(page.getByTestId('replay-agents').getByRole('row', { name: agent.name }).getByRole('cell').first()).toHaveText('3');
  await expect(page.getByRole('heading', { name: `${today()} · ` })).toContainText('(nocall) · In turn, with memory (rrmemory)');

  // With nobody there nothing is handed out.
  await page.getByRole('switch', { name: 'Other people or hours' }).check();
  const staff = page.getByTestId('staff-row');
  await expect(staff.first().getByLabel('Member')).not.toHaveValue('');
  while ((await staff.count()) > 0) await staff.first().getByRole('button', { name: 'Remove this line' }).click();
  await run.click();
  await expect(cells('Handed out')).toHaveText(['3', '0', /^−3/]);
  await expect(cells('Waiting at the end').nth(2)).toContainText('worse');

  // Three more agents all day: nobody waits.
  for (let count = 0; count < 3; count += 1) {
    await page.getByRole('button', { name: 'Add a line' }).click();
    await staff.nth(count).getByLabel('From').fill('0');
    await staff.nth(count).getByLabel('To').fill('24');
  }
  await run.click();
  await expect(cells('Handed out')).toHaveText(['3', '3', /^=/]);
  await expect(cells('Longest wait').nth(1)).toHaveText('00:00');
  await expect(page.getByTestId('replay-agents').getByRole('row', { name: 'One more agent (3)' })).toBeVisible();
  await page.getByText('All points as a table').click();
  await expect(page.getByRole('region', { name: 'All points as a table' }).getByRole('row').first()).toBeVisible();

  // What is wrong is named.
  await staff.nth(1).getByLabel('From').fill('18:00');
  await staff.nth(1).getByLabel('To').fill('09:00');
  await page.getByLabel('Interactions per agent').fill('0');
  await run.click();
  await expect(staff.nth(1).getByLabel('To')).toHaveAttribute('aria-invalid', 'true');
  await expect(staff.nth(1).getByRole('alert')).toHaveText('Does not fit together with another field.');
  await expect(staff.nth(0).getByRole('alert')).toHaveCount(0);
  await expect(page.getByLabel('Interactions per agent')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Interactions per agent').fill('');
  await staff.nth(1).getByRole('button', { name: 'Remove this line' }).click();
  await page.getByLabel('Day', { exact: true }).fill('2999-01-01');
  await run.click();
  await expect(page.getByLabel('Day', { exact: true })).toHaveAccessibleDescription('Lies outside what is possible.');
});
