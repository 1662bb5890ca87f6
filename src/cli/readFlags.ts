import { parseArgs } from 'node:util';
import { nearestName } from './nearestName.ts';
import { UsageError } from './usageError.ts';

/** One flag of a command. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** What stands for the value in the help, for example "N"; null for a flag that takes none. */
  readonly value: string | null;
  readonly help: string;
}

/** A command line, taken apart. */
export interface CommandLine {
  /** What was given, by flag name; a flag without a value has the empty string. */
  readonly values: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

const helpFlag: Flag = { name: 'help', value: null, help: 'print this text' };

/**
 * Takes a command line apart. `--help` is always known.
 *
 * @param argv the arguments after the command's own name
 * @param flags the flags that the command knows
 * @throws UsageError for an unknown flag, a missing value, a value where none belongs, or a repeated flag
 */
export function readFlags(argv: readonly string[], flags: readonly Flag[]): CommandLine {
  const known = new Map([...flags, helpFlag].map((flag) => [flag.name, flag]));
  const options = Object.fromEntries(
    [...known.values()].map(({ name, value }) => [name, { type: value === null ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const values = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = known.get(token.name);
    if (flag === undefined || token.rawName !== `--${token.name}`) throw unknownFlag(token.rawName, [...known.keys()]);
    if (values.has(flag.name)) throw new UsageError(`--${flag.name} is given twice; give it once.`);
    if (flag.value === null && token.value !== undefined) {
      throw new UsageError(`--${flag.name} takes no value, but "${token.value}" was given; leave the value out.`);
    }
    if (flag.value !== null && (token.value === undefined || token.value.startsWith('--'))) {
      throw new UsageError(`--${flag.name} has no value; write --${flag.name} ${flag.value} (${flag.help}).`);
    }
    values.set(flag.name, token.value ?? '');
  }
  return { values, positionals };
}

function unknownFlag(rawName: string, names: readonly string[]): UsageError {
  const near = nearestName(rawName.replace(/^-+/, ''), names);
  const all = names.map((name) => `--${name}`).join(', ');
  return new UsageError(
    `${rawName} is not a flag of this command; ${near === null ? `there are ${all}` : `did you mean --${near}`}${near === null ? '.' : '?'}`,
  );
}

/** The help of a command: a usage line, then one line per flag. */
export function helpText(usage: string, flags: readonly Flag[]): string {
  const left = (flag: Flag) => `  --${flag.name}${flag.value === null ? '' : ` ${flag.value}`}`;
  const all = [...flags, helpFlag];
  const width = Math.max(...all.map((flag) => left(flag).length)) + 2;
  return [usage, '', ...all.map((flag) => left(flag).padEnd(width) + flag.help)].join('\n');
}
