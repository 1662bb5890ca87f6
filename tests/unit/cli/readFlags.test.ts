import { describe, expect, it } from 'vitest';
import { type Flag, helpText, readFlags } from '../../../src/cli/configFlags.ts';

const flags: readonly Flag[] = [
  { name: 'seeds', value: 'N', help: 'how many' },
  { name: 'quiet', value: null, help: 'say nothing' },
];

describe('readFlags', () => {
  it('reads values after a space or an equals sign, flags without value, and positionals', () => {
    const { values, positionals } = readFlags(['a.json', '--seeds', '3', '--quiet', 'b.json'], flags);
    expect([...values]).toEqual([
      ['seeds', '3'],
      ['quiet', ''],
    ]);
    expect(positionals).toEqual(['a.json', 'b.json']);
    expect(readFlags(['--seeds=4-6'], flags).values.get('seeds')).toBe('4-6');
  });

  it.each([
    [['--sedes', '3'], '--sedes is not a flag of this command; did you mean --seeds?'],
    [['--banana'], '--banana is not a flag of this command; there are --seeds, --quiet, --help.'],
    [['-s', '3'], '-s is not a flag of this command; there are --seeds, --quiet, --help.'],
    [['--seeds'], '--seeds has no value; write --seeds N (how many).'],
    [['--seeds', '--quiet'], '--seeds has no value; write --seeds N (how many).'],
    [['--quiet=yes'], '--quiet takes no value, but "yes" was given; leave the value out.'],
    [['--seeds', '1', '--seeds', '2'], '--seeds is given twice; give it once.'],
  ])('refuses %j', (argv, message) => {
    expect(() => readFlags(argv, flags)).toThrow(expect.objectContaining({ name: 'UsageError', message }) as Error);
  });

  it('lists every flag with its help', () => {
    expect(helpText('usage', flags).split('\n')).toEqual([
      'usage',
      '',
      '  --seeds N  how many',
      '  --quiet    say nothing',
      '  --help     print this text',
    ]);
  });
});
