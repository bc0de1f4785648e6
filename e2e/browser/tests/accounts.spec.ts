// The mail account of a campaign: aliases, folders, what becomes of stored mail, sign-in at a provider. S9, S10, S14, S27.
import { type Locator, type Page } from '@playwright/test';

import { Portal } from '../support/portal';
import { expect, test } from '../support/test';

/** Opens a campaign's form with its folded group. */
async function open(page: Page, name: string): Promise<Locator> {
  await page.getByTestId('campaign-row').filter({ hasText: name }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  const advanced = page.locator('details').filter({ hasText: 'Advanced' });
  await advanced.locator('summary').click();
  return advanced;
}

async function save(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
}

test('aliases, folders and what becomes of stored mail are kept', async ({ stage, signIn, desk }) => {
  const { campaign } = await desk({ agents: 0 });
  const alias = campaign.address.replace('@', '-alias@');
  const page = await signIn(stage.person('admin'), '/admin/campaigns');
  const advanced = await open(page, campaign.name);

  // What is no address is told at its field.
  const aliases = advanced.getByRole('combobox', { name: 'Aliases' });
  await aliases.fill('nobody');
  await aliases.press('Enter');
  await save(page);
  await expect(aliases).toHaveAttribute('aria-invalid', 'true');
  await aliases.press('Backspace');
  await aliases.fill(alias);
  await aliases.press('Enter');

  // The folders come from the server.
  await advanced.getByRole('button', { name: "Choose from the server's folders" }).click();
  const folders = advanced.getByRole('group', { name: 'Folders on the server' });
  await expect(folders.getByLabel('INBOX')).toBeChecked();
  await folders.getByLabel('Junk').check();
  await expect(advanced.getByLabel('Folders that are read')).toHaveValue('INBOX\nJunk');

  await advanced.getByLabel('On the server, once stored here').selectOption('move');
  await save(page);
  const target = advanced.getByLabel('Folder for stored mail');
  await expect(target).toHaveAttribute('aria-invalid', 'true');
  await target.fill('Done');
  await save(page);
  await expect(page.getByTestId('toast')).toContainText('Campaign saved.');

  await page.reload();
  const again = await open(page, campaign.name);
  await expect(again.getByText(alias)).toBeVisible();
  await expect(again.getByLabel('Folders that are read')).toHaveValue('INBOX\nJunk');
  await expect(again.getByLabel('Folder for stored mail')).toHaveValue('Done');
});

test('an agent chooses the address that he writes from', async ({ stage, signIn, desk, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const [agent] = agents;
  if (!agent) throw new Error('no agent');
  const alias = campaign.address.replace('@', '-alias@');
  const admin = await stage.admin();
  const path = `campaigns/${campaign.id}`;
  const elena = await customer();

  // With one address there is nothing to choose.
  await elena.write({ to: campaign.address, subject: 'First question', text: 'Hello.' });
  const page = await signIn(agent);
  const portal = new Portal(page);
  await portal.open('First question');
  await portal.reply();
  await expect(portal.composer.getByLabel('From', { exact: true })).toHaveCount(0);
  // Nothing was written: it is thrown away unasked.
  await portal.button('Discard draft').click();
  await expect(portal.composer).toHaveCount(0);

  const account = { address: campaign.address, password: stage.facts.mail_password, smtp: stage.facts.smtp, imap: stage.facts.imap };
  await admin.put(path, {
    name: campaign.name, from_name: `${campaign.name} team`, max_interactions: 50, account: { ...account, aliases: [alias] },
  });
  await portal.reply();
  const from = portal.composer.getByLabel('From', { exact: true });
  await expect(from.locator('option:checked')).toHaveText(campaign.address);
  await from.selectOption({ label: alias });
  await page.keyboard.press('Tab');
  await portal.editor.fill('From the other address.');
  await portal.saved();
  await portal.send();
  const mail = await elena.received((one) => one.text.includes('From the other address.'), 'the answer');
  expect(mail.from).toBe(alias);
});

test('well-known providers are signed in to rather than given a password', async ({ stage, signIn }) => {
  const page = await signIn(stage.person('admin'), '/admin/campaigns');
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByLabel('Address', { exact: true }).fill('support@gmail.com');
  await expect(page.getByLabel('Signs in with')).toHaveValue('oauth2');
  await expect(page.getByLabel('Password', { exact: true })).toHaveCount(0);

  // It must be done before it can be saved.
  await page.getByLabel('Name', { exact: true }).fill('Google');
  await page.getByRole('button', { name: 'Create campaign' }).click();
  await expect(page.locator('.field').filter({ hasText: 'Sign in with Gmail' }).getByRole('alert')).toBeVisible();

  // This installation is nothing to Google, and says so.
  await page.getByRole('button', { name: 'Sign in with Gmail' }).click();
  await expect(page.getByText(/google_client_id/)).toBeVisible();

  // An app password still works there.
  await page.getByLabel('Signs in with').selectOption('password');
  await expect(page.getByLabel('Password', { exact: true })).toBeVisible();
  for (const provider of ['Microsoft 365', 'Outlook.com']) {
    await page.getByRole('button', { name: provider }).click();
    await expect(page.getByLabel('Signs in with')).toHaveValue('oauth2');
    await expect(page.getByRole('button', { name: `Sign in with ${provider}` })).toBeVisible();
  }
});
