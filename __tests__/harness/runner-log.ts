/** One command that the runner would take out of the log. */
export type Command = { readonly name: string; readonly properties: string; readonly message: string };

/** The log of a step as the runner understands it. */
export type RunnerLog = {
  readonly commands: readonly Command[];
  /** The lines that are no commands, and the messages of those that are, masked as the runner masks them. */
  readonly shown: string;
};

const unescapes = { '%25': '%', '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',' } as const;

/**
 * Reads what a step printed by the runner's own grammar: `::name properties::message` after any white space, and
 * `##[name properties]message` anywhere in a line; lines end at `\n`, `\r\n` and a lone `\r`.
 *
 * @see https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export function readRunnerLog(printed: string): RunnerLog {
  const commands: Command[] = [];
  const secrets: string[] = [];
  const lines: string[] = [];
  let resumeMark: string | undefined;
  for (const line of printed.split(/\r\n|\n|\r/)) {
    const command = commandOf(line);
    if (resumeMark !== undefined) {
      if (command?.name === resumeMark) resumeMark = undefined;
      lines.push(line);
    } else if (command === undefined) {
      lines.push(line);
    } else {
      commands.push(command);
      if (command.name === 'stop-commands') resumeMark = command.message;
      if (command.name === 'add-mask') secrets.push(command.message, ...command.message.split(/\r\n|\n|\r/));
      else lines.push(command.message);
    }
  }
  // The runner masks a value and its base64, whole; longer values first, so that no part of one is left over.
  const masked = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
    .sort((one, other) => other.length - one.length);
  return { commands, shown: masked.reduce((text, secret) => text.replaceAll(secret, '***'), lines.join('\n')) };
}

function commandOf(line: string): Command | undefined {
  const current = /^\s*::([^\s:]+)(?: ([^]*?))?::([^]*)$/.exec(line);
  const older = /##\[([^\s\]]+)(?: ([^\]]*))?\]([^]*)$/.exec(line);
  const [, name, properties = '', message = ''] = current ?? older ?? [];
  return name === undefined ? undefined : { name, properties, message: unescape(message) };
}

function unescape(text: string): string {
  return Object.entries(unescapes)
    .reverse()
    .reduce((plain, [escaped, character]) => plain.replaceAll(escaped, character), text);
}
