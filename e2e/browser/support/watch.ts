// What must never happen in any test: a request that leaves our origin, a breach of the Content-Security-Policy, an
// exception that nobody caught. Each browser context is followed; the test fails at its end.
import type { BrowserContext } from '@playwright/test';

/** Addresses that lead nowhere; Chromium shows PDF with pages of its own (the last two). */
const LOCAL = new Set(['data:', 'blob:', 'about:', 'chrome:', 'chrome-extension:']);

export class Watch {
  readonly complaints: string[] = [];

  async follow(context: BrowserContext, address: string): Promise<void> {
    const own = new URL(address);
    const isOwn = (url: URL) => url.host === own.host && (url.protocol === own.protocol || url.protocol === 'ws:');
    const judge = (kind: string, text: string) => {
      const url = new URL(text);
      if (!LOCAL.has(url.protocol) && !isOwn(url)) this.complain(`${kind} left our origin: ${text}`);
    };
    context.on('request', (request) => judge('a request', request.url()));
    context.on('page', (page) => page.on('websocket', (socket) => judge('a socket', socket.url())));
    context.on('weberror', (error) => this.complain(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => {
      const text = message.text();
      if (/content security policy|panicked at|unreachable executed|unknown live frame/i.test(text)) this.complain(`console: ${text}`);
    });
    await context.exposeBinding('__breach', (_, text: string) => this.complain(`policy breached: ${text}`));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const report = (window as unknown as { __breach?(text: string): void }).__breach;
        report?.(`${event.effectiveDirective} by ${event.blockedURI} in ${event.documentURI}`);
      });
    });
  }

  private complain(text: string): void {
    this.complaints.push(text);
  }
}
