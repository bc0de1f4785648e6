// The agent's portal as a person sees it: what stands where, by role and name. English.
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';

export class Portal {
  constructor(readonly page: Page) {}

  /** Rows of the tray; with `text`, those that show it. */
  rows(text?: string): Locator {
    const rows = this.page.getByTestId('tray-row');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }

  /** Opens the row that shows `text`, and waits until its mails are there. */
  async open(text: string): Promise<void> {
    await this.rows(text).click();
    await expect(this.messages().first()).toBeVisible();
  }

  tab(name: string): Locator {
    return this.page.getByRole('tab', { name: new RegExp(`^${name}`) });
  }

  /** Mails of the open conversation, oldest first; with `text`, those that show it outside of frames. */
  messages(text?: string): Locator {
    const messages = this.page.getByTestId('message');
    return text === undefined ? messages : messages.filter({ hasText: text });
  }

  /** What a mail's HTML shows. */
  inside(message: Locator): FrameLocator {
    return message.frameLocator('iframe');
  }

  /** What is being written. */
  get composer(): Locator {
    return this.page.locator('section.composer');
  }

  get editor(): Locator {
    return this.page.getByTestId('editor').locator('[contenteditable=true]');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** Presses Reply, Reply all or Reply with history, and waits for the editor. */
  async reply(how: 'Reply' | 'Reply all' | 'Reply with history' = 'Reply'): Promise<void> {
    await this.button(how).click();
    await expect(this.editor).toBeFocused();
  }

  /** Chooses a file for one of the composer's buttons. */
  async upload(button: 'Attach files' | 'Insert picture', file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    const chooser = this.page.waitForEvent('filechooser');
    await this.composer.getByRole('button', { name: button }).click();
    await (await chooser).setFiles(file);
  }

  async send(): Promise<void> {
    await this.button('Send').click();
  }

  toast(text: string | RegExp): Locator {
    return this.page.getByTestId('toast').filter({ hasText: text });
  }

  /** The draft stands on the server as it stands here. */
  async saved(): Promise<void> {
    await expect(this.composer.getByText(/^saved /)).toBeVisible();
  }

  /** Throws away what is being written. */
  async discard(): Promise<void> {
    await this.button('Discard draft').click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await expect(this.composer).toHaveCount(0);
  }

  async finish(note = ''): Promise<void> {
    await this.button('Finish').click();
    const dialog = this.page.getByRole('dialog', { name: 'Finish this interaction?' });
    if (note) await dialog.getByLabel('Note for those who come after').fill(note);
    await dialog.getByRole('button', { name: 'Finish' }).click();
  }
}
