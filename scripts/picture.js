import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode, encode } from 'fast-png';
import { marked } from 'marked';
import { runStep } from '../testing/runner.js';
import { amplitudeKeys, startAmplitude } from '../testing/amplitude.js';

/**
 * Takes the pictures of the README, docs/summary-light.png and docs/summary-dark.png: the job summary of a run of the
 * bundle against the stand-in, as GitHub shows it. It needs Chromium.
 */

const widthPixels = 700;
const maximumColours = 128;
const scale = 2;
const borders = { light: '#d1d9e0', dark: '#3d444d' };

const folder = mkdtempSync(join(tmpdir(), 'picture-'));
const browser = findBrowser();
const content = await renderSummary();
takePicture('light', content);
takePicture('dark', content);
// Processes of the browser may still write there for a moment.
rmSync(folder, { recursive: true, maxRetries: 5, retryDelay: 200 });

/** @returns {string} the path of the browser */
function findBrowser() {
  const { CHROMIUM } = process.env;
  const usual = [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  const found = CHROMIUM ?? usual.find((path) => existsSync(path));
  if (found === undefined) throw new Error('Chromium was not found: set CHROMIUM to the path of its program.');
  return found;
}

/** @returns {Promise<string>} HTML of the job summary of a run */
async function renderSummary() {
  const standIn = await startAmplitude();
  const { outputs, summary } = await runStep({
    eventName: 'release',
    payload: JSON.parse(readFileSync(new URL('../testing/events/release.json', import.meta.url), 'utf8')),
    inputs: {
      'api-key': amplitudeKeys.apiKey,
      'secret-key': amplitudeKeys.secretKey,
      'api-url': standIn.url,
      'tag-prefix': 'v',
      platforms: 'iOS, Android, Web',
      'release-end': '2026-11-23T16:00:00Z',
    },
  });
  await standIn.close();
  const { 'release-id': id } = outputs;
  if (id === undefined) throw new Error('The run published nothing: `npm start` shows why.');
  // The stand-in makes a new id each time, and the picture is to change with the summary only.
  const markdown = summary.replaceAll(id, 'w4962caj').replace('<details>', '<details open>');
  return marked.parse(markdown, { async: false });
}

/**
 * @param {'light' | 'dark'} scheme
 * @param {string} html
 */
function takePicture(scheme, html) {
  const style = readFileSync(`node_modules/github-markdown-css/github-markdown-${scheme}.css`, 'utf8');
  const page = join(folder, `${scheme}.html`);
  writeFileSync(
    page,
    `<!doctype html>
<meta charset="utf-8">
<style>
${style}
body { margin: 0; }
details > :last-child { margin-bottom: 0; }
.markdown-body { padding: 24px; border: 1px solid ${borders[scheme]}; }
</style>
<article class="markdown-body">${html}</article>
<script>document.body.dataset.height = Math.ceil(document.querySelector('article').getBoundingClientRect().height)</script>
`,
  );
  const dom = browse(page, 1000, '--dump-dom');
  const heightPixels = Number(/data-height="(\d+)"/.exec(dom)?.[1]);
  const screenshot = join(folder, `${scheme}.png`);
  browse(page, heightPixels, `--screenshot=${screenshot}`);
  writeFileSync(`docs/summary-${scheme}.png`, shrink(readFileSync(screenshot)));
}

/**
 * The browser writes three bytes for each pixel; a palette of the colours that a text has takes less than half.
 *
 * @param {Buffer} screenshot
 * @returns {Uint8Array} the same picture in its most frequent colours
 */
function shrink(screenshot) {
  const { width, height, channels, data } = decode(screenshot);
  const colours = Array.from({ length: width * height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(pixel * channels, (pixel + 1) * channels);
    return red * 65_536 + green * 256 + blue;
  });
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const frequent = [...counts].sort(([, one], [, other]) => other - one).slice(0, maximumColours);
  const palette = frequent.map(([colour]) => partsOf(colour));
  const places = new Map([...counts.keys()].map((colour) => [colour, nearest(partsOf(colour), palette)]));
  const pixels = Uint8Array.from(colours, (colour) => places.get(colour) ?? 0);
  return encode({ width, height, channels: 1, depth: 8, palette, data: pixels }, { zlib: { level: 9 } });
}

/**
 * @param {number} colour
 * @returns {[number, number, number]} its red, green and blue
 */
function partsOf(colour) {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

/**
 * @param {readonly number[]} colour
 * @param {readonly (readonly number[])[]} palette
 * @returns {number} the place in the palette of the colour that is most like it
 */
function nearest(colour, palette) {
  const distances = palette.map((other) =>
    other.reduce((sum, part, index) => sum + (part - (colour[index] ?? 0)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

/**
 * @param {string} page
 * @param {number} heightPixels
 * @param {string} task
 * @returns {string} what the browser printed
 */
function browse(page, heightPixels, task) {
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--hide-scrollbars',
    '--disable-lcd-text',
    '--disable-font-subpixel-positioning',
    `--user-data-dir=${mkdtempSync(join(folder, 'profile-'))}`,
    `--force-device-scale-factor=${scale}`,
    `--window-size=${widthPixels},${heightPixels}`,
  ];
  return execFileSync(browser, [...options, task, pathToFileURL(page).href], { encoding: 'utf8', stdio: 'pipe' });
}
