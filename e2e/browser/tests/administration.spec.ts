// An administrator makes campaigns, members and users. S3–S18, S27–S33, S2.
import { type Page } from '@playwright/test';

import { Portal } from '../support/portal';
import type { Stage } from '../support/stage';
import { expect, PASSWORD, test, unique } from '../support/test';

/** Fills the form of a campaign with the stage's mail servers. */
async function fill(page: Page, stage: Stage, campaign: { name: string; address: string; password: string }): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(campaign.name);
  await page.getByLabel('Address', { exact: true }).fill(campaign.address);
  await page.getByLabel('Password', { exact: true }).fill(campaign.password);
  for (const [group, server] of [['Outgoing mail (SMTP)', stage.facts.smtp], ['Incoming mail (IMAP)', stage.facts.imap]] as const) {
    const fields = page.getByRole('group', { name: group });
    await fields.getByLabel('Server').fill(server.host);
    await fields.getByLabel('Protection').selectOption(server.security);
    await fields.getByLabel('Port').fill(String(server.port));
  }
}

test('a campaign is tried for real before it is saved', async ({ stage, signIn }) => {
  const page = await signIn(stage.person('admin'), '/admin/campaigns');
  const name = unique('Reclamos');
  const address = await stage.mailbox(name.toLowerCase());
  await page.getByRole('button', { name: 'New', exact: true }).click();

  // Judged as a whole; the keyboard stands on the first field that is wrong; what was typed stays.
  await page.getByLabel('From name').fill('Reclamos Nórdica');
  await page.getByRole('button', { name: 'Create campaign' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  for (const field of ['Name', 'Address']) {
    await expect(page.getByLabel(field, { exact: true })).toHaveAttribute('aria-invalid', 'true');
  }
  await expect(page.getByLabel('From name')).toHaveValue('Reclamos Nórdica');

  await fill(page, stage, { name, address, password: 'not the password' });
  await page.getByRole('button', { name: 'Test connection' }).click();
  const results = page.locator('.trial-results');
  await expect(results).toContainText(/SMTP.*the server refused user or password/i);
  await expect(results).toContainText(/IMAP.*the server refused user or password/i);
  // The server's own words.
  await expect(results).toContainText(/535|AUTHENTICATIONFAILED|authentication failed/i);

  // Not saved with it either.
  await page.getByRole('button', { name: 'Create campaign' }).click();
  await expect(page.getByRole('alert')).toContainText('The mail server refused the login.');
  await expect(page.getByTestId('campaign-row').filter({ hasText: name })).toHaveCount(0);
  await expect(page.getByLabel('Address', { exact: true })).toHaveValue(address);

  await page.getByLabel('Password', { exact: true }).fill(stage.facts.mail_password);
  await page.getByRole('button', { name: 'Test connection' }).click();
  await expect(results).toContainText(/SMTP.*the login works/i);
  await expect(results).toContainText(/IMAP.*the login works/i);
  await page.getByRole('button', { name: 'Create campaign' }).click();
  await expect(page.getByTestId('toast')).toContainText('Campaign saved.');
  const row = page.getByTestId('campaign-row').filter({ hasText: name });
  await expect(row).toContainText('Connected', { timeout: 20_000 });

  // The password never comes back, and an edit without it keeps it.
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await page.getByLabel('From name').fill('Otra firma');
  const saved = page.waitForResponse((answer) => answer.request().method() === 'PUT');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  expect((await saved).ok()).toBe(true);
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');
  await page.reload();
  await expect(page.getByLabel('From name')).toHaveValue('Otra firma');

  // A name is unique without regard to case.
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await fill(page, stage, { name: name.toUpperCase(), address: `x.${address}`, password: 'x' });
  await page.getByRole('button', { name: 'Create campaign' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription('Already in use.');
});

test('a server that cannot be reached is told apart, and the campaign can be saved switched off', async ({ stage, signIn }) => {
  const page = await signIn(stage.person('admin'), '/admin/campaigns?campaign=new');
  const name = unique('Lejos');
  const address = await stage.mailbox(name.toLowerCase());
  await fill(page, stage, { name, address, password: stage.facts.mail_password });
  // A port on which nothing listens.
  await page.getByRole('group', { name: 'Outgoing mail (SMTP)' }).getByLabel('Port').fill('1');
  await page.getByRole('button', { name: 'Create campaign' }).click();
  await expect(page.getByRole('alert')).toContainText('The mail server cannot be reached.');
  await page.getByRole('button', { name: 'Save disabled' }).click();
  await expect(page.getByTestId('toast')).toContainText('Campaign saved, switched off.');
  await expect(page.getByTestId('campaign-row').filter({ hasText: name })).toContainText('Off');
});

test('members are added to several campaigns at once, and taken out again', async ({ stage, signIn, desk }) => {
  const [one, two] = [await desk({ agents: 1 }), await desk({ agents: 1 })];
  const page = await signIn(stage.person('admin'), '/admin/campaigns/members');
  const column = (name: string) => page.getByRole('region', { name, exact: true });
  for (const { campaign } of [one, two]) await column('Campaigns').getByLabel(campaign.name).check();
  const rows = page.getByTestId('member-row');
  await expect(rows).toHaveCount(2);
  // Each is a member of one of the two, so both can still be added.
  for (const { agents } of [one, two]) await column('Agents').getByLabel(agents[0]!.name).check();
  await column('Agents').getByRole('button', { name: 'Add' }).click();
  await expect(rows).toHaveCount(4);
  await expect(column('Agents').getByLabel(one.agents[0]!.name)).toHaveCount(0);

  const extra = rows.filter({ hasText: two.agents[0]!.name }).filter({ hasText: one.campaign.name });
  const mark = extra.getByLabel(two.agents[0]!.name, { exact: true });
  const remove = column('Members').getByRole('button', { name: 'Remove' });
  await mark.check();
  await expect(remove).toBeEnabled();
  // A mark does not outlive the row that it is of.
  await column('Campaigns').getByLabel(one.campaign.name).uncheck();
  await expect(rows).toHaveCount(2);
  await expect(remove).toBeDisabled();
  await column('Campaigns').getByLabel(one.campaign.name).check();
  await expect(rows).toHaveCount(4);
  await expect(mark).not.toBeChecked();

  await mark.check();
  await remove.click();
  const question = page.getByRole('dialog', { name: 'Remove 1 member?' });
  await expect(question).toContainText(`${two.agents[0]!.name} (${one.campaign.name})`);
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(rows).toHaveCount(4);
  await remove.click();
  await question.getByRole('button', { name: 'Remove' }).click();
  await expect(rows).toHaveCount(3);
  await expect(extra).toHaveCount(0);
  const admin = await stage.admin();
  const members = await admin.get<{ items: { name: string }[] }>(`campaigns/${one.campaign.id}/members`);
  expect(members.items.map((member) => member.name)).toEqual([one.agents[0]!.name]);
});

test('places and penalties are edited by keyboard, one after the other', async ({ stage, signIn, desk }) => {
  const { campaign, agents } = await desk({ agents: 2 });
  const page = await signIn(stage.person('admin'), '/admin/campaigns/members');
  await page.getByRole('region', { name: 'Campaigns', exact: true }).getByLabel(campaign.name).check();
  const [one, two] = [agents[0]!.name, agents[1]!.name];
  const field = (what: string, who: string) => page.getByLabel(`${what} · ${who}`);
  await field('Penalty', one).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('30');
  const stored = page.waitForResponse((answer) => answer.request().method() === 'PUT' && answer.url().includes('/members/'));
  await page.keyboard.press('Enter');
  await stored;
  await page.waitForResponse((answer) => answer.request().method() === 'GET' && answer.url().includes('/members'));
  await expect(field('Penalty', one)).toBeFocused();
  await expect(field('Penalty', one)).toHaveValue('30');
  // The answer to one field takes nothing away from the next.
  await field('Penalty', two).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('4');
  await page.keyboard.press('Tab');
  await expect(page.getByLabel(`Receives · ${two}`)).toBeFocused();
  await page.getByRole('searchbox', { name: 'Filter members' }).fill(two);
  await expect(page.getByTestId('member-row')).toHaveCount(1);
  await page.reload();
  await page.getByRole('region', { name: 'Campaigns', exact: true }).getByLabel(campaign.name).check();
  await expect(field('Penalty', one)).toHaveValue('30');
  await expect(field('Penalty', two)).toHaveValue('4');
});

test('what is typed in a form outlives what is saved at once, and is not left unasked', async ({ stage, signIn, desk }) => {
  const [one, two] = [await desk({ agents: 1 }), await desk({ agents: 1 })];
  const page = await signIn(stage.person('admin'), '/admin/campaigns');
  const row = (name: string) => page.getByTestId('campaign-row').filter({ hasText: name });
  await row(one.campaign.name).click();
  await page.getByLabel('From name').fill('Otra firma');
  await page.getByRole('switch', { name: 'Enabled' }).click();
  await expect(row(one.campaign.name)).toContainText('Off');
  await expect(page.getByLabel('From name')).toHaveValue('Otra firma');
  await row(two.campaign.name).click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByLabel('From name')).toHaveValue('Otra firma');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved');
  await row(two.campaign.name).click();
  await expect(page.getByRole('heading', { name: two.campaign.name, level: 1 })).toBeVisible();

  // A user's sessions end only after a question.
  await page.goto('/admin/users');
  await page.getByTestId('user-row').filter({ hasText: one.agents[0]!.name }).click();
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('Otro nombre');
  await page.getByRole('button', { name: 'End sessions' }).click();
  const end = page.getByRole('dialog', { name: `End the sessions of ${one.agents[0]!.name}?` });
  await end.getByRole('button', { name: 'End sessions' }).click();
  await expect(page.getByTestId('toast').last()).toContainText('All sessions of this user have ended.');
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('This user is disabled and cannot sign in.')).toBeVisible();
  await expect(name).toHaveValue('Otro nombre');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Otro nombre', level: 1 })).toBeVisible();
});

test('a member who may not receive gets nothing', async ({ stage, signIn, desk, customer }) => {
  const { campaign, agents } = await desk({ agents: 2 });
  const admin = await signIn(stage.person('admin'), '/admin/campaigns/members');
  await admin.getByRole('region', { name: 'Campaigns', exact: true }).getByLabel(campaign.name).check();
  await admin.getByTestId('member-row').filter({ hasText: agents[0]!.name }).getByLabel(`Receives · ${agents[0]!.name}`).uncheck();
  const idle = new Portal(await signIn(agents[0]!));
  const busy = new Portal(await signIn(agents[1]!));
  const elena = await customer();
  const subjects = [unique('Uno'), unique('Dos'), unique('Tres')];
  for (const subject of subjects) await elena.write({ to: campaign.address, subject, text: 'Hola' });
  for (const subject of subjects) await expect(busy.rows(subject)).toBeVisible({ timeout: 20_000 });
  await expect(idle.rows()).toHaveCount(0);
});

test('users are invited by a link, watched over, disabled and enabled', async ({ stage, signIn, browse }) => {
  const page = await signIn(stage.person('admin'), '/admin/users');
  const login = unique('marcos');
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill('Marcos Gil');
  await page.getByRole('button', { name: 'Create user' }).click();
  await expect(page.getByLabel('User', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('User', { exact: true }).fill(login);
  await page.getByLabel('Role').selectOption('supervisor');
  await page.getByRole('button', { name: 'Create user' }).click();
  await expect(page.getByTestId('toast').first()).toContainText('User created.');
  await expect(page.getByTestId('user-row').filter({ hasText: login })).toContainText('Supervisor');

  // The link is shown once; a second one makes the first void.
  const dialog = page.getByRole('dialog', { name: 'Link for Marcos Gil' });
  const shown = dialog.getByLabel('Link', { exact: true });
  await expect(shown).toHaveValue(/\/welcome#token=.+/);
  const first = await shown.inputValue();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('button', { name: 'Link for a password' }).click();
  await expect(shown).toHaveValue(/\/welcome#token=.+/);
  await expect(shown).not.toHaveValue(first);
  const link = await shown.inputValue();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Link copied.');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  const theirs = await (await browse()).newPage();
  await theirs.goto(first);
  await expect(theirs.getByRole('alert')).toContainText('This link is not valid any more.');
  await theirs.goto('about:blank');
  await theirs.goto(link);
  await expect(theirs.getByText(`You sign in as ${login}.`)).toBeVisible();
  await theirs.getByLabel('Password', { exact: true }).fill('password12');
  await theirs.keyboard.press('Enter');
  await expect(theirs.getByLabel('Password', { exact: true })).toHaveAccessibleDescription('Too easy to guess.');
  await theirs.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await theirs.keyboard.press('Enter');
  await expect(theirs.getByTestId('state-switch')).toContainText(/Available|Disponible/);

  // Where he is signed in, and that his screen may be watched.
  await page.reload();
  await page.getByText('Signed-in browsers', { exact: true }).click();
  await expect(page.locator('.session')).toHaveCount(1);
  await expect(page.locator('.session').getByRole('button')).toBeVisible();
  await page.getByRole('switch', { name: 'Supervisors may watch the screen' }).press('Space');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('User saved.');
  await page.reload();
  await expect(page.getByRole('switch', { name: 'Supervisors may watch the screen' })).toBeChecked();

  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByTestId('user-row').filter({ hasText: login })).toContainText('Disabled');
  await expect(theirs).toHaveURL(/\/sign-in/, { timeout: 5_000 });

  // The last administrator cannot shut himself out.
  await page.getByTestId('user-row').filter({ hasText: 'admin' }).click();
  await expect(page.getByText('You cannot change your own role.')).toBeVisible();
});

test('the administrator keeps the breaks and says whose screen may be watched', async ({ ownStage, desk, signIn }) => {
  const stage = await ownStage();
  const { agents } = await desk({}, stage);
  const page = await signIn(stage.person('admin'), '/admin/users/agents', {}, stage);
  const agent = await signIn(agents[0]!, '/inbox', {}, stage);
  const rows = page.getByTestId('break-row');
  await expect(rows).toHaveCount(4);
  await page.getByRole('button', { name: 'Add a break' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const added = rows.last();
  await expect(added.getByLabel('Name in English')).toHaveAttribute('aria-invalid', 'true');
  await added.getByLabel('Name in English').fill('Doctor');
  await expect(added.getByLabel('Name in English')).not.toHaveAttribute('aria-invalid', 'true');
  await added.getByLabel('Name in Spanish').fill('Médico');
  await added.getByLabel('Icon').selectOption('heart-pulse');
  for (let step = 0; step < 4; step += 1) {
    await rows.filter({ has: page.locator('option[value=heart-pulse]:checked') }).getByRole('button', { name: 'Further up' }).click();
  }
  await rows.nth(1).getByRole('button', { name: 'Remove this break' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Breaks saved.');
  await page.reload();
  await expect(rows).toHaveCount(4);
  await expect(rows.first().getByLabel('Name in English')).toHaveValue('Doctor');

  // The agent chooses from them at once, without loading the page again.
  await agent.getByTestId('state-switch').click();
  const items = agent.getByRole('menu').getByRole('menuitemradio');
  await expect(items.filter({ hasText: 'Doctor' })).toBeVisible();
  await expect(items.filter({ hasText: 'Lunch' })).toHaveCount(0);
  await items.filter({ hasText: 'Doctor' }).click();
  await expect(agent.getByTestId('state-switch')).toContainText('Doctor');

  const watched = page.getByRole('group', { name: 'Monitor screen' }).getByLabel(agents[0]!.name);
  await watched.check();
  await page.reload();
  await expect(watched).toBeChecked();
});

test('an agent sees nothing of administration', async ({ desk, signIn }) => {
  const { agents } = await desk();
  const page = await signIn(agents[0]!);
  await expect(page.getByRole('link', { name: 'Campaigns' })).toHaveCount(0);
  for (const path of ['/admin/campaigns', '/admin/campaigns/members', '/admin/users', '/admin/users/agents']) {
    await page.goto(path);
    await expect(page.getByText('You may not see this')).toBeVisible();
  }
});

test('the administration is a part that only those load who may use it, and that can fail to come', async ({ browse, desk, stage }) => {
  const PART = '**/assets/admin-*.wasm';
  const open = async (person: { login: string; password: string }, path: string, answer: 'abort' | 'continue') => {
    const context = await browse();
    const asked: string[] = [];
    await context.route(PART, async (route) => {
      asked.push(route.request().url());
      await route[answer]();
    });
    const signedIn = await context.request.post('/api/v1/auth/sign-in', { data: { login: person.login, password: person.password } });
    expect(signedIn.ok()).toBe(true);
    const page = await context.newPage();
    await page.goto(path);
    await expect(page.getByTestId('state-switch')).toContainText('Available');
    return { context, page, asked };
  };
  const { agents } = await desk();
  const agent = await open(agents[0]!, '/settings', 'continue');
  await expect(agent.page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  expect(agent.asked).toEqual([]);

  const admin = await open(stage.person('admin'), '/admin/users', 'abort');
  await expect(admin.page.getByText('This screen could not be loaded')).toBeVisible();
  await admin.context.unroute(PART);
  await admin.page.getByRole('button', { name: 'Retry' }).click();
  await expect(admin.page.getByTestId('user-row').first()).toBeVisible();
});

test('a campaign keeps hours and holidays, and imports them from a calendar', async ({ desk, stage, signIn }) => {
  const { campaign } = await desk();
  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${campaign.id}`);
  const schedule = page.locator('details').filter({ hasText: 'Time zone' });
  await schedule.locator('summary').click();
  await expect(schedule.locator('summary')).toContainText('Open at all hours');
  await schedule.getByLabel('Time zone').selectOption('Europe/Madrid');

  // Two spans: office hours as they are offered, and a night that ends on the next day.
  await schedule.getByRole('button', { name: 'Add hours' }).click();
  await schedule.getByRole('button', { name: 'Add hours' }).click();
  const rows = schedule.getByRole('group', { name: 'Hours', exact: true }).locator('.row-fields');
  await expect(rows).toHaveCount(2);
  const night = rows.nth(1);
  for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday']) await night.getByRole('checkbox', { name: day }).press('Space');
  await night.getByLabel('From', { exact: true }).fill('22');
  await night.getByLabel('To', { exact: true }).fill('06:00');
  await expect(night).toContainText('on the next day');
  await expect(night.getByLabel('From', { exact: true })).toHaveValue('22:00');

  const year = new Date().getUTCFullYear() + 1;
  const event = (lines: string[]) => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'];
  const calendar = [
    'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Ayuntamiento//ES',
    ...event([`DTSTART;VALUE=DATE:${year}0106`, 'SUMMARY:Reyes']),
    ...event([`DTSTART;VALUE=DATE:${year}1225`, `DTEND;VALUE=DATE:${year}1227`, 'SUMMARY:Navidad']),
    ...event([`DTSTART:${year}0501T090000Z`, 'SUMMARY:Desfile']),
    'END:VCALENDAR', '',
  ].join('\r\n');
  const holidays = schedule.getByRole('group', { name: 'Holidays' });
  const file = { name: 'festivos.ics', mimeType: 'text/calendar', buffer: Buffer.from(calendar) };
  await holidays.locator('input[type=file]').setInputFiles(file);
  await expect(holidays.getByRole('status')).toContainText('3 holidays added.');
  await expect(holidays.getByRole('status')).toContainText('Desfile: not a whole day');
  await holidays.locator('input[type=file]').setInputFiles(file);
  await expect(holidays.getByRole('status')).toContainText('0 holidays added. 3 were in the list already.');
  await holidays.locator('input[type=file]').setInputFiles({ ...file, buffer: Buffer.from('no calendar') });
  await expect(holidays.getByRole('status')).toContainText('Not a calendar file (.ics) that can be read.');
  await holidays.getByRole('button', { name: 'Add a holiday' }).click();

  // A holiday without a day is named; the rest stays.
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(holidays.getByLabel('Day', { exact: true }).last()).toHaveAttribute('aria-invalid', 'true');
  await holidays.getByLabel('Day', { exact: true }).last().fill(`${year}-08-15`);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');

  await page.reload();
  await schedule.locator('summary').click();
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1).getByLabel('From')).toHaveValue('22:00');
  await expect(rows.nth(1).getByRole('checkbox', { name: 'Friday' })).toBeChecked();
  await expect(rows.nth(1).getByRole('checkbox', { name: 'Monday' })).not.toBeChecked();
  await expect(holidays.getByLabel('Day', { exact: true })).toHaveCount(4);
  await rows.nth(0).getByRole('button', { name: 'Remove these hours' }).click();
  await expect(rows).toHaveCount(1);
});

test('a campaign with open work is deleted once it is said what becomes of it', async ({ customer, desk, stage, signIn }) => {
  const old = await desk({ agents: 0 });
  const target = await desk({ agents: 0 });
  const elena = await customer('Elena Ruiz');
  await elena.write({ to: old.campaign.address, subject: 'A parcel', text: 'Where is it?' });
  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${old.campaign.id}`);
  const row = (name: string) => page.getByTestId('campaign-row').filter({ hasText: name });
  await expect(row(old.campaign.name)).toContainText('1 waiting');

  await page.getByRole('button', { name: 'Delete…' }).click();
  const dialog = page.getByRole('dialog', { name: `Delete ${old.campaign.name}?` });
  const yes = dialog.getByRole('button', { name: 'Delete campaign' });
  await expect(dialog.getByLabel('1 interaction is open')).toBeVisible();
  await expect(yes).toBeDisabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(row(old.campaign.name)).toBeVisible();

  await page.getByRole('button', { name: 'Delete…' }).click();
  await dialog.getByLabel('1 interaction is open').selectOption({ label: `Move them to ${target.campaign.name}` });
  await yes.click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign deleted.');
  await expect(row(old.campaign.name)).toHaveCount(0);
  await expect(row(target.campaign.name)).toContainText('1 waiting');
  await expect(page).toHaveURL(/\/admin\/campaigns$/);
});

test('mail that waited while a campaign was off leaves, or is discarded, as is said', async ({ customer, desk, stage, signIn }) => {
  const { campaign, agents } = await desk({ undo: 60 });
  const elena = await customer('Elena Ruiz');
  const agent = new Portal(await signIn(agents[0]!));
  await elena.write({ to: campaign.address, subject: 'A parcel', text: 'Where is it?' });
  await agent.open('A parcel');
  await agent.reply();
  await agent.page.keyboard.type('On its way.');
  await agent.saved();
  await agent.send();
  await expect(agent.toast('The mail leaves shortly.')).toBeVisible();

  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${campaign.id}`);
  const row = page.getByTestId('campaign-row').filter({ hasText: campaign.name });
  const enabled = page.getByRole('switch', { name: 'Enabled' });
  await enabled.press('Space');
  await expect(row).toContainText('1 mail waits to be sent');
  await enabled.press('Space');
  const dialog = page.getByRole('dialog', { name: 'Mail has waited' });
  await expect(dialog).toContainText('1 mail could not leave while the campaign was off.');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(enabled).not.toBeChecked();
  await enabled.press('Space');
  await dialog.getByRole('button', { name: 'Discard' }).click();
  await expect(enabled).toBeChecked();
  await expect(row).not.toContainText('waits to be sent');
  await expect(agent.page.getByText('discarded by an administrator').first()).toBeVisible();
});

test('a campaign keeps its strategy, and the queue its order', async ({ desk, stage, signIn }) => {
  const { campaign } = await desk();
  const page = await signIn(stage.person('admin'), `/admin/campaigns?campaign=${campaign.id}`);
  const group = page.locator('details').filter({ hasText: 'Who may get mail' });
  const open = async () => group.locator('summary').click();
  await expect(group.locator('summary')).toContainText('In turn, with memory');
  await open();

  // What has no meaning for a rule is not asked.
  await group.getByLabel('Who may get mail').selectOption('ringall');
  await expect(group.getByLabel('Interactions per agent')).toHaveCount(0);
  await expect(group.getByLabel('Whose turn it is')).toHaveCount(0);
  await group.getByLabel('Who may get mail').selectOption('omni');
  await group.getByLabel('Whose turn it is').selectOption('fewestcalls');
  await group.getByLabel('Interactions per agent').fill('7');
  await group.getByLabel('Prefer the last agent').fill('3600');
  await expect(group).toContainText('1 hr');
  await group.getByLabel('Wrap-up after finishing').fill('9999');
  const rules = group.getByRole('group', { name: 'Other priorities' });
  await rules.getByRole('button', { name: 'Add a rule' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(group.getByLabel('Wrap-up after finishing')).toHaveAttribute('aria-invalid', 'true');
  await expect(rules.getByLabel('Text')).toHaveAttribute('aria-invalid', 'true');

  await group.getByLabel('Wrap-up after finishing').fill('30');
  await rules.getByLabel('Look at').selectOption('subject');
  await rules.getByLabel('Text').fill('Urgente');
  await rules.getByLabel('Priority').selectOption('2');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByTestId('toast').last()).toContainText('Campaign saved.');
  await page.reload();
  await expect(group.locator('summary')).toContainText('Fewest today');
  await open();
  await expect(group.getByLabel('Interactions per agent')).toHaveValue('7');
  await expect(group.getByLabel('Wrap-up after finishing')).toHaveValue('30');
  await expect(rules.getByLabel('Text')).toHaveValue('Urgente');
  await expect(rules.getByLabel('Priority')).toHaveValue('2');
});

test('where agents take, whoever comes first has it', async ({ customer, desk, signIn }) => {
  const { campaign, agents } = await desk({ agents: 2, eligibility: 'ringallmultiple', most: 1 });
  const elena = await customer('Elena Ruiz');
  const [ana, eva] = await Promise.all(agents.map((agent) => signIn(agent, '/inbox?tab=waiting')));
  await elena.write({ to: campaign.address, subject: 'A parcel', text: 'Where is it?' });
  const row = (page: Page, subject: string) => page.getByTestId('tray-row').filter({ hasText: subject });
  await expect(row(ana!, 'A parcel').getByRole('button', { name: 'Take' })).toBeVisible();
  await expect(row(eva!, 'A parcel').getByRole('button', { name: 'Take' })).toBeVisible();
  await row(ana!, 'A parcel').getByRole('button', { name: 'Take' }).click();
  await expect(ana!).toHaveURL(/\/inbox\/\d+/);
  await expect(ana!.getByRole('heading', { name: 'A parcel' })).toBeVisible();
  await expect(row(eva!, 'A parcel')).toHaveCount(0);

  // Ana is full: the next one is Eva's alone to take.
  await elena.write({ to: campaign.address, subject: 'An invoice', text: 'Please.' });
  await expect(row(eva!, 'An invoice').getByRole('button', { name: 'Take' })).toBeVisible();
  await ana!.goto('/inbox?tab=waiting');
  await expect(row(ana!, 'An invoice')).toBeVisible();
  await expect(row(ana!, 'An invoice').getByRole('button', { name: 'Take' })).toHaveCount(0);
});
