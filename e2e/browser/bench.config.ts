// `npm run bench`: one measurement after another, nothing beside it.
import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

export default defineConfig(tests, { testDir: 'bench', workers: 1, timeout: 300_000, reporter: [['line']] });
