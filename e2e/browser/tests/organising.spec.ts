// Keeping order (S105, S106): how interactions end, notes, tags, setting aside, passing on, giving back.
import { Api } from '../support/api';
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';

test('the administrator writes down how interactions end, and the agent has to say it', async ({ stage, desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ undo: 0 });
  const admin = await signIn(stage.person('admin'), `/admin/campaigns/dispositions?campaign=${campaign.id}`);
  const outline = admin.getByRole('textbox', { name: /^One a line/ });
  await outline.fill('Solved\n  Refund\n  Repair\n      Too deep');
  await expect(admin.getByText('Something is wrong with the line “Too deep”')).toBeVisible();
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('Dispositions saved.')).toHaveCount(0);
  await outline.fill('Solved\n  Refund\n  Repair\nSpam');
  await admin.getByRole('switch', { name: 'Nothing is finished without one' }).check();
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('Dispositions saved.')).toBeVisible();
  await admin.reload();
  await expect(outline).toHaveValue('Solved\n  Refund\n  Repair\nSpam\n');

  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const [first, second] = [unique('Broken'), unique('Other')];
  await elena.write({ to: campaign.address, subject: first, text: 'Hello' });
  await portal.open(first);
  await portal.button('Finish').click();
  const dialog = portal.page.getByRole('dialog', { name: 'Finish this interaction?' });
  const how = dialog.getByLabel('How it ended');
  await expect(how.getByRole('option')).toHaveText(['(none)', 'Solved › Refund', 'Solved › Repair', 'Spam']);
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await expect(how).toHaveAttribute('aria-invalid', 'true');
  await how.selectOption({ label: 'Solved › Repair' });
  await dialog.getByLabel('Note for those who come after').fill('A new leg is under way.');
  await dialog.getByRole('button', { name: 'Finish' }).click();
  await expect(portal.rows(first)).toHaveCount(0);

  // It was the wrong one: it comes back as if nothing had been.
  await portal.toast('Finished.').getByRole('button', { name: 'Undo' }).click();
  await expect(portal.rows(first)).toBeVisible();
  await expect(portal.messages()).toHaveCount(1);
  await expect(portal.page.getByTestId('done')).toHaveCount(0);

  // Sending and finishing asks, too, and a mail is not sent before it is answered.
  await portal.reply();
  await portal.page.keyboard.type('The leg is in the post.');
  await portal.button('More ways to send').click();
  await portal.page.getByRole('menuitem', { name: 'Send and finish' }).click();
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(portal.composer).toBeVisible();
  await portal.button('More ways to send').click();
  await portal.page.getByRole('menuitem', { name: 'Send and finish' }).click();
  await dialog.getByLabel('How it ended').selectOption({ label: 'Solved › Refund' });
  await dialog.getByRole('button', { name: 'Send and finish' }).click();
  await expect(portal.rows(first)).toHaveCount(0);
  await elena.received((mail) => mail.text.includes('The leg is in the post.'), 'the answer');
  const api = await Api.signIn(stage.address, agents[0]!);
  const finished = await api.get<{ items: { id: number; conversation_id: number }[] }>('interactions?state=finished&mine=true&limit=50');
  const log = await api.get<{ timeline: { activities: { kind: string; target: string | null }[] } }>(`conversations/${finished.items[0]!.conversation_id}`);
  expect(log.timeline.activities.filter((one) => one.kind === 'finished').map((one) => one.target)).toEqual(['Solved › Refund']);

  // One that was renamed keeps its past.
  await outline.fill('Solved\n  Money back\n  Repair\nSpam');
  await admin.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(admin.getByText('Dispositions saved.')).toBeVisible();
  await elena.write({ to: campaign.address, subject: second, text: 'Hello again' });
  await portal.open(second);
  await portal.button('Finish').click();
  await expect(dialog.getByLabel('How it ended').getByRole('option', { name: 'Solved › Money back' })).toHaveCount(1);
});

test('a note is for colleagues: written, seen at once, changed, taken out', async ({ stage, desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const elena = await customer();
  const subject = unique('Pedido');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  const { page } = portal;
  const supervisor = new Portal(await signIn(stage.person('admin'), new URL(page.url()).pathname));
  await expect(supervisor.messages()).toHaveCount(1);

  await page.keyboard.press('m');
  const dialog = page.getByRole('dialog', { name: 'Add a note' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByLabel('Note')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('Note').fill('Called her: she wants the blue one.');
  await page.keyboard.press('Control+Enter');
  const note = (where: Portal) => where.page.getByTestId('note');
  await expect(note(portal)).toContainText('Called her: she wants the blue one.');
  await expect(note(supervisor)).toContainText('Called her: she wants the blue one.');
  await expect(note(supervisor).getByRole('button', { name: 'Edit note' })).toHaveCount(0);

  await note(portal).getByRole('button', { name: 'Edit note' }).click();
  await page.getByRole('dialog', { name: 'Edit note' }).getByLabel('Note').fill('She wants the green one.');
  await page.keyboard.press('Control+Enter');
  await expect(note(supervisor)).toContainText('She wants the green one.');
  await expect(note(supervisor)).toContainText('edited');
  await note(portal).getByRole('button', { name: 'Delete note' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(note(portal)).toHaveCount(0);
  await expect(note(supervisor)).toHaveCount(0);
  expect(await elena.mails()).toEqual([]);
});

test('tags are typed once and chosen from then on', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk();
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  const elena = await customer();
  const [first, second, tag] = [unique('Una'), unique('Otra'), unique('Garantía')];
  await elena.write({ to: campaign.address, subject: first, text: 'Hola' });
  await portal.open(first);
  await page.keyboard.press('l');
  const palette = page.getByRole('dialog', { name: 'Tag' });
  await palette.getByRole('combobox').fill(tag);
  await expect(palette.getByRole('option', { name: `New tag “${tag}”` })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator('.tag')).toHaveText(tag);

  await elena.write({ to: campaign.address, subject: second, text: 'Hola' });
  await portal.open(second);
  await expect(page.locator('.tag')).toHaveCount(0);
  await page.keyboard.press('l');
  await palette.getByRole('combobox').fill(tag.toUpperCase().replace('Í', 'I'));
  await expect(palette.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.locator('.tag')).toHaveText(tag);
  await page.reload();
  await page.getByRole('button', { name: `Take off the tag ${tag}` }).click();
  await expect(page.locator('.tag')).toHaveCount(0);
  await page.reload();
  await expect(portal.messages().first()).toBeVisible();
  await expect(page.locator('.tag')).toHaveCount(0);
});

test('what is set aside leaves the desk, and comes back when the customer writes, or when it is fetched', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ most: 1 });
  const portal = new Portal(await signIn(agents[0]!));
  const { page } = portal;
  const elena = await customer();
  const subject = unique('Presupuesto');
  const first = await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await page.keyboard.press('h');
  const palette = page.getByRole('dialog', { name: 'Set aside' });
  await expect(palette.getByRole('option').first()).toHaveText('Until the customer writes');
  await palette.getByRole('option', { name: /^Tomorrow morning/ }).click();
  await expect(portal.rows(subject)).toHaveCount(0);
  // Its place is free.
  const next = unique('Siguiente');
  await elena.write({ to: campaign.address, subject: next, text: 'Hola' });
  await expect(portal.rows(next)).toBeVisible();

  await portal.tab('Set aside').click();
  await portal.open(subject);
  await expect(page.getByText(/You have set this aside until .*09:00/)).toBeVisible();
  await page.getByRole('button', { name: 'Bring back' }).click();
  await expect(portal.button('Reply')).toBeVisible();
  await portal.tab('Active').click();
  await expect(portal.rows(subject)).toBeVisible();

  // A moment of one's own; what lies behind is refused, with the reason.
  await portal.open(subject);
  await page.keyboard.press('h');
  await palette.getByRole('combobox').fill('moment');
  await page.keyboard.press('Enter');
  const asked = page.getByRole('dialog', { name: 'Set aside' });
  const until = asked.getByLabel('Set aside until');
  await asked.getByRole('button', { name: 'Set aside' }).click();
  await expect(until).toHaveAttribute('aria-invalid', 'true');
  await until.fill('2001-02-03T04:05');
  await asked.getByRole('button', { name: 'Set aside' }).click();
  await expect(until).toHaveAttribute('aria-invalid', 'true');
  await until.fill(`${new Date().getFullYear()}-12-31T23:30`);
  await asked.getByRole('button', { name: 'Set aside' }).click();
  await expect(portal.rows(subject)).toHaveCount(0);
  await elena.write({ to: campaign.address, subject: `Re: ${subject}`, text: 'Y además…', thread: [first.id] });
  await expect(portal.rows(subject)).toBeVisible();
});

test('a colleague gets it with a word, live on both desks; another gets it back from the queue', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ agents: 2 });
  const [one, other] = agents as [typeof agents[0], typeof agents[0]];
  const left = new Portal(await signIn(one));
  const elena = await customer();
  const subject = unique('Factura');
  await elena.write({ to: campaign.address, subject, text: 'Hola' });
  await left.open(subject);
  const right = new Portal(await signIn(other));
  await expect(right.rows()).toHaveCount(0);

  await left.page.keyboard.press('t');
  const palette = left.page.getByRole('dialog', { name: 'Transfer' });
  await palette.getByRole('combobox').fill(other.name.slice(-4));
  await expect(palette.getByRole('option')).toHaveCount(1);
  await left.page.keyboard.press('Enter');
  const asked = left.page.getByRole('dialog', { name: `Transfer to ${other.name}` });
  await asked.getByLabel('What whoever gets it should know').fill('You know her contract.');
  await asked.getByRole('button', { name: 'Transfer' }).click();
  await expect(left.rows(subject)).toHaveCount(0);
  await expect(left.toast(`Transferred to ${other.name}.`)).toBeVisible();
  await right.open(subject);
  await expect(right.page.getByTestId('done')).toContainText('You know her contract.');

  // Back to the queue: whoever gave it back is not the first to get it again.
  await right.button('More actions').click();
  await right.page.getByRole('menuitem', { name: 'Return to queue' }).click();
  await right.page.getByRole('dialog', { name: 'Return to the queue?' }).getByRole('button', { name: 'Return to queue' }).click();
  await expect(right.rows(subject)).toHaveCount(0);
  await left.open(subject);
  await expect(left.page.getByTestId('done')).toHaveCount(2);
  await left.reply();
});

test('the menu leads to the same choices, which wait for what is typed and end with what they were for', async ({ desk, signIn, customer }) => {
  const { campaign, agents } = await desk({ agents: 2 });
  const [one, other] = agents as [typeof agents[0], typeof agents[0]];
  const portal = new Portal(await signIn(one));
  const { page } = portal;
  const elena = await customer();
  const [first, second] = [unique('Uno'), unique('Dos')];
  await elena.write({ to: campaign.address, subject: first, text: 'Hola' });
  await portal.open(first);
  await elena.write({ to: campaign.address, subject: second, text: 'Hola' });
  await expect(portal.rows(second)).toBeVisible();
  const menu = async (item: string) => {
    await portal.button('More actions').click();
    await page.getByRole('menuitem', { name: item }).click();
    const palette = page.getByRole('dialog', { name: item });
    await expect(palette.getByRole('combobox')).toBeFocused();
    return palette;
  };
  // Slow, so that it is seen to load.
  let answer = () => {};
  const held = new Promise<void>((done) => (answer = done));
  await page.route('**/transfer-targets', async (route) => {
    await held;
    await route.continue();
  });
  const transfer = await menu('Transfer');
  await expect(transfer.getByText('Loading…')).toBeVisible();
  answer();
  await expect(transfer.getByRole('option')).not.toHaveCount(0);
  await page.keyboard.type(other.name.slice(-4));
  await expect(transfer.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  const tag = unique('Etiqueta');
  const tags = await menu('Tag');
  await page.keyboard.type(tag);
  await tags.getByRole('option', { name: `New tag “${tag}”` }).click();
  await expect(page.locator('.tag')).toHaveText(tag);
  const aside = await menu('Set aside');
  await page.keyboard.type('week');
  await expect(aside.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Escape');

  // What is chosen for one is never done to another.
  await portal.open(second);
  await page.keyboard.press('l');
  await expect(tags.getByRole('option', { name: tag })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(first);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('dialog', { name: 'Commands' })).toBeVisible();
});

test('what a supervisor moves out of sight leaves the desk, and says so', async ({ stage, desk, signIn, customer }) => {
  const [from, to] = await Promise.all([desk(), desk()]);
  const portal = new Portal(await signIn(from.agents[0]!));
  const elena = await customer();
  const subject = unique('Reclamación');
  await elena.write({ to: from.campaign.address, subject, text: 'Hola' });
  await portal.open(subject);
  await portal.reply();
  await portal.page.keyboard.type('Estimada');
  await portal.saved();
  const id = Number(new URL(portal.page.url()).pathname.split('/').at(-1));
  await (await stage.admin()).post(`interactions/${id}/transfer`, { campaign_id: to.campaign.id });
  await expect(portal.toast('It was passed on to where you do not see it.')).toBeVisible();
  await expect(portal.rows(subject)).toHaveCount(0);
  await expect(portal.composer).toHaveCount(0);
});

test('another campaign gets the whole conversation, and answers from its own address', async ({ stage, desk, signIn, customer }) => {
  const [sales, support] = await Promise.all([desk({ undo: 0 }), desk({ undo: 0 })]);
  const from = new Portal(await signIn(sales.agents[0]!));
  const to = new Portal(await signIn(support.agents[0]!));
  const elena = await customer();
  const subject = unique('Avería');
  const first = await elena.write({ to: sales.campaign.address, subject, text: 'Hola' });
  await from.open(subject);
  await from.page.keyboard.press('t');
  const palette = from.page.getByRole('dialog', { name: 'Transfer' });
  await palette.getByRole('combobox').fill(support.campaign.name);
  await palette.getByRole('option', { name: new RegExp(support.campaign.name) }).click();
  await from.page.getByRole('dialog', { name: `Transfer to ${support.campaign.name}` }).getByRole('button', { name: 'Transfer' }).click();
  await expect(from.rows(subject)).toHaveCount(0);
  await to.open(subject);
  await to.reply();
  await to.page.keyboard.type('Nos ocupamos nosotros.');
  await to.send();
  const answer = await elena.received((mail) => mail.text.includes('Nos ocupamos nosotros.'), 'the answer');
  expect(answer.from).toBe(support.campaign.address);
  // She answers to the address that she wrote to first: it is the same conversation still.
  await elena.write({ to: sales.campaign.address, subject: `Re: ${subject}`, text: 'Gracias a todos.', thread: [first.id, answer.message_id ?? ''] });
  await expect(to.messages()).toHaveCount(3);
  expect((await (await stage.admin()).get<{ items: object[] }>(`interactions?state=waiting&campaign_id=${sales.campaign.id}`)).items).toEqual([]);
});
