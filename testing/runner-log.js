/**
 * @typedef {object} Command a command that the runner takes out of the log
 * @property {string} name
 * @property {string} properties
 * @property {string} message
 *
 * @typedef {object} RunnerLog the log of a step as the runner understands it
 * @property {readonly Command[]} commands in their order
 * @property {string} shown what the runner shows: the lines that are not commands, and the messages of those that are
 * @property {readonly string[]} lateMasks what was masked only after something was shown
 */

const escapes = { '%25': '%', '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',' };

/** How the runner begins the message of an annotation. */
const labels = new Map(Object.entries({ notice: 'Notice: ', warning: 'Warning: ', error: 'Error: ' }));

/**
 * Reads what a step printed as the runner does. A command is `::name properties::message` after any white space, or
 * `##[name properties]message` anywhere in a line; lines end at `\n`, `\r\n` and a lone `\r`. A line is masked when it
 * is written: a mask has no effect on the lines before it.
 *
 * @param {string} printed
 * @returns {RunnerLog}
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function readRunnerLog(printed) {
  /** @type {Command[]} */
  const commands = [];
  /** @type {string[]} */
  const lateMasks = [];
  /** @type {string[]} */
  const secrets = [];
  /** @type {string[]} */
  const shown = [];
  /** @type {string | undefined} */
  let resumeMark;

  for (const line of printed.split(/\r\n|\n|\r/)) {
    const command = commandOf(line);
    if (resumeMark !== undefined || command === undefined) {
      if (command?.name === resumeMark) resumeMark = undefined;
      shown.push(mask(line, secrets));
      continue;
    }
    commands.push(command);
    const { name, message } = command;
    if (name === 'stop-commands') resumeMark = message;
    if (name === 'add-mask') {
      secrets.push(message, ...message.split(/\r\n|\n|\r/));
      if (shown.some((text) => text.trim() !== '')) lateMasks.push(message);
    } else {
      shown.push(mask(`${labels.get(name) ?? ''}${message}`, secrets));
    }
  }
  return { commands, shown: shown.join('\n'), lateMasks };
}

/**
 * Replaces secrets by `***`, as they are and in base64.
 *
 * @param {string} text
 * @param {readonly string[]} secrets
 * @returns {string}
 */
export function mask(text, secrets) {
  return (
    secrets
      .filter((secret) => secret !== '')
      .flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
      // A secret may be part of a longer one.
      .sort((one, other) => other.length - one.length)
      .reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  );
}

/**
 * @param {string} line
 * @returns {Command | undefined}
 */
function commandOf(line) {
  const current = /^\s*::([^\s:]+)(?: ([^]*?))?::([^]*)$/.exec(line);
  const older = /##\[([^\s\]]+)(?: ([^\]]*))?\]([^]*)$/.exec(line);
  const [, name, properties = '', message = ''] = current ?? older ?? [];
  return name === undefined ? undefined : { name, properties, message: unescape(message) };
}

/** @param {string} text */
function unescape(text) {
  return Object.entries(escapes)
    .reverse()
    .reduce((plain, [escaped, character]) => plain.replaceAll(escaped, character), text);
}
