// S2a: signing in and out, lock-out, forced change of password, sessions.
import { expect, PASSWORD, test, unique } from '../support/test';

test('signs in with the right password and says no to a wrong one', async ({ desk, browse }) => {
  const { agents } = await desk();
  const agent = agents[0]!;
  const page = await (await browse()).newPage();
  await page.goto('/inbox?tab=history');
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel('User', { exact: true }).fill(agent.login.toUpperCase());
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('The user or the password is wrong.');
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused();

  await page.getByLabel('Password', { exact: true }).fill(agent.password);
  await page.keyboard.press('Enter');
  // Where he wanted to be; case of the user's name does not matter.
  await expect(page).toHaveURL(/\/inbox\?tab=history/);
  await expect(page.getByTestId('state-switch')).toContainText('Available');

  // The refresh token is out of reach of scripts, and a reload does not ask again.
  expect(await page.evaluate(() => document.cookie)).toBe('');
  await page.reload();
  await expect(page.getByTestId('state-switch')).toContainText('Available');

  await page.getByRole('button', { name: `Account: ${agent.name}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  // By choice: nothing to be told, and nowhere to go back to.
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(page.getByText('Your session has ended')).toHaveCount(0);
  await page.goto('/inbox');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('locks out after five failures, and tells when to try again', async ({ ownStage, browse }) => {
  // Failures count for the network too, so this would disturb every other test of the same Posta.
  const stage = await ownStage();
  const page = await (await browse({}, stage)).newPage();
  await page.goto('/sign-in');
  await page.getByLabel('User', { exact: true }).fill('luis');
  const fail = async () => {
    await page.getByLabel('Password', { exact: true }).fill('wrong wrong wrong');
    const answer = page.waitForResponse((response) => response.url().endsWith('/auth/sign-in'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    return (await answer).status();
  };
  // The first waits are short: failing goes on until one is long enough to be read.
  const statuses: number[] = [];
  await expect
    .poll(
      async () => {
        statuses.push(await fail());
        return page.getByRole('alert').innerText();
      },
      { timeout: 30_000 },
    )
    .toMatch(/Too many tries\..*Try again in ([4-9]|\d\d+) seconds/s);
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  expect(statuses.at(-1)).toBe(429);

  // The right password does not help while it lasts.
  await page.getByLabel('Password', { exact: true }).fill(stage.person('luis').password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('Too many tries');
});

test('a password that someone else gave must be changed first', async ({ stage, browse }) => {
  const admin = await stage.admin();
  const login = unique('new');
  await admin.post('users', { login, name: 'New Hand', role: 'agent', password: 'given by somebody', language: 'en' });
  const page = await (await browse()).newPage();
  await page.goto('/sign-in');
  await page.getByLabel('User', { exact: true }).fill(login);
  await page.getByLabel('Password', { exact: true }).fill('given by somebody');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Choose a new password' })).toBeVisible();
  await page.goto('/inbox');
  await expect(page.getByRole('heading', { name: 'Choose a new password' })).toBeVisible();

  await page.getByLabel('Present password').fill('not this one');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByLabel('Present password')).toBeFocused();
  await expect(page.getByLabel('Present password')).toHaveAccessibleDescription('This is not your present password.');
  await page.getByLabel('Present password').fill('given by somebody');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByTestId('state-switch')).toContainText('Available');

  await page.reload();
  await expect(page.getByTestId('state-switch')).toContainText('Available');
});

test('a session that is revoked elsewhere is signed out at once', async ({ desk, signIn }) => {
  const { agents } = await desk();
  const agent = agents[0]!;
  const there = await signIn(agent);
  const here = await signIn(agent, '/settings');
  await here.getByRole('button', { name: /^Sign out .* on / }).click();
  await expect(here.getByTestId('toast')).toContainText('Signed out there.');
  // Nobody touches the other browser: the server tells it.
  await expect(there).toHaveURL(/\/sign-in/, { timeout: 5_000 });
  await expect(there.getByText('Your session has ended.')).toBeVisible();
  await expect(here.getByTestId('state-switch')).toContainText('Available');
});

test('a change of password ends the other sessions', async ({ desk, signIn }) => {
  const { agents } = await desk();
  const agent = agents[0]!;
  const there = await signIn(agent);
  const here = await signIn(agent, '/settings');
  await here.getByLabel('Present password').fill(agent.password);
  await here.getByLabel('New password').fill('another quiet desk upstairs');
  await here.getByRole('button', { name: 'Change password' }).click();
  await expect(here.getByTestId('toast')).toContainText('Your other sessions have ended');
  await expect(there).toHaveURL(/\/sign-in/, { timeout: 5_000 });
  await here.reload();
  await expect(here.getByTestId('state-switch')).toContainText('Available');
});

test('signed out on the server side by an administrator', async ({ desk, signIn, stage }) => {
  const { agents } = await desk();
  const page = await signIn(agents[0]!);
  const admin = await stage.admin();
  const users = await admin.get<{ items: { id: number; login: string }[] }>('users?limit=200');
  const user = users.items.find((one) => one.login === agents[0]!.login);
  await admin.post(`users/${user?.id}/sign-out`, undefined);
  await expect(page).toHaveURL(/\/sign-in/, { timeout: 5_000 });
});

// The row that took the place of one that had gone once kept the button of that one.
test('other browsers are signed out one after the other', async ({ desk, signIn }) => {
  const { agents } = await desk();
  const here = await signIn(agents[0]!, '/settings');
  const others = [await signIn(agents[0]!), await signIn(agents[0]!)];
  await here.reload();
  const list = here.getByRole('region', { name: 'Signed-in browsers' });
  const buttons = list.getByRole('button', { name: /^Sign out/ });
  for (const left of [1, 0]) {
    await expect(buttons).toHaveCount(left + 1);
    await buttons.first().click();
    await expect(buttons).toHaveCount(left);
    await expect(here.getByTestId('toast').last()).toContainText('Signed out there.');
  }
  for (const other of others) await expect(other).toHaveURL(/\/sign-in/);
  await expect(list).toContainText('This browser');
});
