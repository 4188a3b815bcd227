/** What is wrong with one input, by its name in action.yml. The message completes "Input `name` …". */
export type Problem = { readonly input: string; readonly message: string };

/** One or more inputs are invalid. The values stay out of the message: they may be secrets. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    // One line for each problem, even if it quotes text with line breaks.
    const lines = problems.map(({ input, message }) => `Input \`${input}\` ${message.replace(/\s+/g, ' ')}`);
    super(lines.join('\n'), options);
    this.problems = problems;
  }
}

/** The workflow was started by an event after which there is nothing to publish. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly event: string;

  constructor(event: string, message: string) {
    super(message);
    this.event = event;
  }
}

/** The runner cancelled the step before anything was sent. */
export class CancelError extends Error {
  override readonly name = 'CancelError';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`The step was cancelled (${signal}) before anything was sent. The release was not created.`);
    this.signal = signal;
  }
}

/**
 * How far a request got before it failed:
 * `connecting`: nothing of it was written, so that a retry is safe; `verifying`: nothing was written, because the
 * certificate of the server or of the proxy could not be verified; `proxy`: nothing was written, because the proxy
 * setting cannot be used or the proxy refuses; `sent`: the request was, or may have been, written.
 */
export type Stage = 'connecting' | 'verifying' | 'proxy' | 'sent';

/** A request without a response. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly stage: Stage;

  constructor(message: string, facts: { stage: Stage }, options?: ErrorOptions) {
    super(message, options);
    this.stage = facts.stage;
  }
}

/**
 * What a thrown value says.
 *
 * @returns the message of an error, or of each error in an aggregate that has none of its own; else the value as text.
 */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null) {
    // A host with several addresses fails with one error for each of them, and an empty message.
    if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) {
      return error.errors.map(messageOf).join('; ');
    }
    if ('message' in error && typeof error.message === 'string') return error.message;
  }
  return String(error);
}
