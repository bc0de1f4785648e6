// S2b: the first start makes no default password; its one-time link makes the first administrator.
import { expect, PASSWORD, test } from '../support/test';

test('the set-up link makes the first administrator, once', async ({ ownStage, browse }) => {
  const stage = await ownStage('--empty');
  const link = stage.facts.setup_link ?? '';
  expect(link).toContain(`${stage.address}/setup?token=`);
  const page = await (await browse({}, stage)).newPage();

  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole('status')).toContainText('Posta has no administrator yet');

  await page.goto('/setup');
  await expect(page.getByText('This page needs the set-up link')).toBeVisible();

  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Set up Posta' })).toBeVisible();
  // The form is judged as a whole, and the keyboard stands on the first field that is wrong.
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByLabel('Your name')).toBeFocused();
  await expect(page.getByLabel('Your name')).toHaveAccessibleDescription('Required.');
  await page.getByLabel('Your name').fill('Olga Prado');
  await page.getByLabel('User', { exact: true }).fill('olga');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(/At least 10 characters/);
  await expect(page.getByLabel('Your name')).toHaveValue('Olga Prado');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('switch', { name: 'Agents also need a voice campaign' }).check();
  await page.getByRole('button', { name: 'Create administrator' }).click();

  // Signed in, where an administrator begins.
  await expect(page).toHaveURL(/\/admin\/campaigns/);
  await expect(page.getByRole('button', { name: 'Account: Olga Prado' })).toBeVisible();

  await page.goto('/admin/campaigns/voice');
  await expect(page.getByRole('switch', { name: 'Only agents of voice campaigns get mail' })).toBeChecked();

  const other = await (await browse({}, stage)).newPage();
  await other.goto(link);
  await expect(other.getByText('Posta is already set up.')).toBeVisible();
});

test('a set-up link that is not the right one makes nobody', async ({ ownStage, browse }) => {
  const stage = await ownStage('--empty');
  const page = await (await browse({}, stage)).newPage();
  await page.goto('/setup?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  await page.getByLabel('Your name').fill('Mallory');
  await page.getByLabel('User', { exact: true }).fill('mallory');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await expect(page.getByRole('alert')).toContainText('The set-up link is not valid');
  const state = await page.request.get('/api/v1/setup');
  expect(await state.json()).toEqual({ needs_setup: true });
});
