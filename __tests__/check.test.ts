import { describe, expect, test } from '@jest/globals';
import { type AmplitudeOptions, startAmplitude } from '../testing/amplitude.js';
import { releaseEvent, tagEvent } from './harness/events.js';
import { keys, targets } from './harness/step.js';

describe.each(targets)('a dry run with keys, from the %s', (_, run) => {
  async function check(inputs: Readonly<Record<string, string>>, options: AmplitudeOptions = {}) {
    const amplitude = await startAmplitude(0, options);
    const step = { ...tagEvent('v1.4.0'), inputs: { ...keys, 'api-url': amplitude.url, 'dry-run': 'true', ...inputs } };
    const result = await run(step).finally(amplitude.close);
    expect(amplitude.bodies).toEqual([]);
    return { ...result, requests: amplitude.requests };
  }

  test('shows which versions the app sends', async () => {
    const { exitCode, log, notices, summary, requests } = await check({ 'tag-prefix': 'v' });
    expect([exitCode, notices, requests.length]).toEqual([0, [], 1]);
    const results = [
      'Amplitude accepts the keys in this region.',
      'Your app sends versions such as 1.3.2, 1.3.1, 1.3.0 (30 days).',
    ];
    expect(log).toContain(`${results.join('\n')}\nDry run: nothing was sent to `);
    expect(summary).toContain(`<ul>${results.map((text) => `<li>${text}</li>`).join('')}</ul>`);
  });

  test('names the inputs that do not fit the app', async () => {
    const { exitCode, notices, summary, requests } = await check({ platforms: 'ios, Web' });
    expect([exitCode, requests.length]).toEqual([0, 2]);
    expect(notices).toEqual([
      expect.stringMatching(/^The version v1\.4\.0 begins with `v`.*Set `tag-prefix: v`\.$/),
      expect.stringMatching(/^None of your users has the platform ios .*Did you mean iOS\?/),
    ]);
    expect(summary).toContain('Set `tag-prefix: v`.</li>');
  });

  test('fails with wrong keys as a publication does', async () => {
    const wrong = { 'secret-key': 'wrong' };
    const { exitCode, outputs, errors } = await check(wrong);
    expect([exitCode, outputs['outcome']]).toEqual([1, 'failed']);
    const amplitude = await startAmplitude();
    const inputs = { ...keys, ...wrong, 'api-url': amplitude.url };
    const published = await run({ ...releaseEvent(), inputs }).finally(amplitude.close);
    const withoutPort = (texts: readonly string[]) => texts.map((text) => text.replace(/:\d+:/, ''));
    expect(withoutPort(errors)).toEqual(withoutPort(published.errors));
  });

  test('goes on if Amplitude cannot be asked', async () => {
    const { exitCode, outputs, notices } = await check({}, { compositionStatus: 429 });
    expect([exitCode, outputs['outcome']]).toEqual([0, 'dry-run']);
    expect(notices).toEqual([
      expect.stringMatching(/^The versions that your app sends could not be checked \(.*: 429\)\./),
    ]);
  });

  test('asks nothing without keys', async () => {
    const { exitCode, requests, notices } = await check({ 'api-key': '', 'secret-key': '' });
    expect([exitCode, requests, notices]).toEqual([0, [], []]);
  });
});
