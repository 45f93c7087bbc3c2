import { esbuildPlugin } from '@web/dev-server-esbuild';
import { defaultReporter } from '@web/test-runner';
import { chromeLauncher } from '@web/test-runner-chrome';
import { chromiumFlags, chromiumPath, firefoxPath } from './test/support/browsers.ts';
import { countReporter } from './test/support/reporters/web-test-runner.ts';

/** The tests of the elements, in a real browser: Chromium, or the one that `LAUREL_TEST_BROWSER` names. */

// An odd zone, so that the machine's zone read by mistake cannot hide behind UTC. The browser inherits it.
process.env.TZ = 'Asia/Kathmandu';

const browser = process.env.LAUREL_TEST_BROWSER ?? 'chromium';

function launcher() {
  if (browser === 'firefox') {
    if (!firefoxPath) throw new Error('Firefox is missing: npm run browsers, or set FIREFOX');
    // The Chrome launcher drives Firefox as well, over WebDriver BiDi.
    const firefox = chromeLauncher({ launchOptions: { browser: 'firefox', executablePath: firefoxPath } });
    firefox.name = 'Firefox';
    return firefox;
  }
  if (!chromiumPath) throw new Error('Chromium is missing: npm run browsers, or set CHROMIUM');
  return chromeLauncher({ launchOptions: { executablePath: chromiumPath, args: [...chromiumFlags] } });
}

export default {
  files: 'test/widgets/**/*.test.ts',
  nodeResolve: { exportConditions: ['browser', 'production'] },
  plugins: [esbuildPlugin({ ts: true, target: 'es2022', tsconfig: 'tsconfig.json' })],
  browsers: [launcher()],
  concurrentBrowsers: 1,
  // A tab behind another sees nothing come into view, and what waits for that would wait for ever.
  concurrency: 1,
  // Firefox takes 6 to 16 s to start on a busy machine.
  browserStartTimeout: 60_000,
  testsStartTimeout: 60_000,
  testsFinishTimeout: 300_000,
  reporters: [
    defaultReporter({ reportTestProgress: false }),
    countReporter(process.env.LAUREL_TEST_SUITE ?? `widgets-${browser}`),
  ],
  testFramework: { config: { ui: 'bdd', timeout: 10_000 } },
};
