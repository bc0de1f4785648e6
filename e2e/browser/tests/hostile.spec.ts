// H3: whatever a mail's HTML tries, no script runs, no request leaves (not even to our own origin), nothing navigates
// or covers the page, and what is readable stays readable.
import { BEACON, HOSTILE, hostileHtml } from '../support/hostile';
import { Portal } from '../support/portal';
import { expect, test, unique } from '../support/test';
import { Watch } from '../support/watch';

test('the watch that all tests stand under sees what it is there for', async ({ browser, stage }) => {
  const watch = new Watch();
  const context = await browser.newContext({ baseURL: stage.address });
  await watch.follow(context, stage.address);
  const page = await context.newPage();
  const fetchPicture = () => {
    const image = new Image();
    image.src = 'http://beacon.example/far.png';
    document.body.append(image);
  };
  const seen = (text: string) => expect.poll(() => watch.complaints.join('\n'), text).toContain(text);
  await page.goto('/sign-in');
  await page.evaluate(fetchPicture);
  await seen('policy breached: img-src by http://beacon.example');
  await page.goto('about:blank');
  await page.evaluate(fetchPicture);
  await seen('a request left our origin: http://beacon.example/far.png');
  await page.evaluate(() => setTimeout(() => { throw new Error('nobody catches me'); }));
  await seen('uncaught: Error: nobody catches me');
  await context.close();
});

for (const attack of Object.keys(HOSTILE)) {
  test(`a mail that attacks with ${attack} is shown safely`, async ({ desk, signIn, customer }) => {
    const { campaign, agents } = await desk();
    const portal = new Portal(await signIn(agents[0]!));
    const { page } = portal;
    const context = page.context();
    const asked: string[] = [];
    const opened: string[] = [];
    context.on('request', (request) => asked.push(decodeURIComponent(request.url())));
    context.on('page', (popup) => opened.push(popup.url()));
    page.on('dialog', (dialog) => {
      opened.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const word = unique('legible');
    const subject = unique('Oferta');
    const mallory = await customer('Mallory');
    await mallory.write({ to: campaign.address, subject, html: hostileHtml(attack, word) });
    await portal.open(subject);
    const mail = portal.messages().first();
    await expect(portal.inside(mail).getByText(word).first()).toBeVisible();
    const here = page.url();

    // Answering shows the quoted mail in a frame of its own: the same holds there.
    await portal.reply();
    await portal.composer.getByText('The quoted mail goes below').click();
    await expect(portal.composer.frameLocator('iframe').getByText(word).first()).toBeVisible();
    await page.keyboard.press('Escape');

    expect(asked.filter((url) => url.toLowerCase().includes(BEACON)), 'requests that the mail wanted').toEqual([]);
    expect(asked.filter((url) => url.includes('/remote-images/')), 'pictures fetched without consent').toEqual([]);
    expect(opened, 'windows and dialogs').toEqual([]);
    expect(page.url()).toBe(here);
    expect(await page.evaluate(() => '__taken' in window)).toBe(false);
    // The frame stays what it is, and where it is; the page's own buttons can be pressed.
    const frames = page.frames().filter((frame) => frame !== page.mainFrame());
    for (const frame of frames) expect(frame.url()).toMatch(new RegExp(`^${new URL(here).origin}/api/v1/`));
    const box = await mail.locator('iframe').boundingBox();
    const card = await mail.boundingBox();
    expect(box && card && box.x >= card.x - 1 && box.x + box.width <= card.x + card.width + 1).toBe(true);
    expect(box?.height).toBeLessThan(100_000);
    await page.getByTestId('state-switch').click({ trial: true });
    await portal.button('Send').click({ trial: true });
  });
}
