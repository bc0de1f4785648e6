// The little of the API that tests need to set the scene. What a test is about, it does in the browser.
import type { Person } from './stage';

export interface Problem {
  code: string;
  detail?: string;
}

export class ApiFailure extends Error {
  constructor(readonly status: number, readonly problem: Problem, what: string) {
    super(`${what}: ${status} ${problem.code} ${problem.detail ?? ''}`);
  }
}

export class Api {
  private constructor(
    private readonly address: string,
    private readonly person: Pick<Person, 'login' | 'password'>,
    private token: string,
  ) {}

  static async signIn(address: string, person: Pick<Person, 'login' | 'password'>): Promise<Api> {
    return new Api(address, person, await token(address, person));
  }

  get<T>(path: string): Promise<T> {
    return this.call('GET', path);
  }

  post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.call('POST', path, body, headers);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.call('PUT', path, body);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call('PATCH', path, body);
  }

  delete(path: string): Promise<void> {
    return this.call('DELETE', path);
  }

  private async call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    const ask = () => send(this.address, method, path, body, { ...headers, Authorization: `Bearer ${this.token}` });
    let response = await ask();
    if (response.status === 401) {
      this.token = await token(this.address, this.person);
      response = await ask();
    }
    return read<T>(response, `${method} ${path}`);
  }
}

async function token(address: string, person: Pick<Person, 'login' | 'password'>): Promise<string> {
  const body = { login: person.login, password: person.password };
  const response = await send(address, 'POST', 'auth/sign-in', body);
  return (await read<{ access_token: string }>(response, `sign-in of ${person.login}`)).access_token;
}

function send(address: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const type: Record<string, string> = json === undefined ? {} : { 'Content-Type': 'application/json' };
  return fetch(`${address}/api/v1/${path}`, { method, body: json, headers: { ...type, ...headers } });
}

async function read<T>(response: Response, what: string): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new ApiFailure(response.status, parse(text) as Problem, what);
  return parse(text) as T;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return { code: 'not_json', detail: text.slice(0, 200) };
  }
}
