import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';
import { measures } from '../../../src/core/metrics.ts';
import { methodNames, methods } from '../../../src/core/methods.ts';
import type { FlowPart } from '../../../src/core/catalogue/methodEntry.ts';
import { cifar10ClassNames } from '../../../src/core/scenarios.ts';
import { fetchLesson, lessonNames } from '../../../src/state/lesson/lessonStore.ts';
import { language, languages, say, sayParts, speak } from '../../../src/texts/say.ts';
import { saidIn, speakingFiles, wordsIn } from './sourceTexts.ts';

interface Tree {
  readonly [name: string]: string | Tree;
}

const folder = fileURLToPath(new URL('../../../src/texts/', import.meta.url));
const treeOf = (tag: string) => JSON.parse(readFileSync(`${folder}${tag}.json`, 'utf8')) as Tree;

/** Every text of a tree under its key. */
function flat(tree: Tree, before = ''): [key: string, text: string][] {
  return Object.entries(tree).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[before + name, value]] : flat(value, `${before}${name}.`),
  );
}

type Ast = ReturnType<IntlMessageFormat['getAst']>;

/** Whether a part is words, which ask for nothing. */
const isPlain = ({ type }: { readonly type: number }) => type === 0;

/** What a text asks for: names of values and of marks, and the cases that it tells apart by words. */
function asked(ast: Ast): string[] {
  return ast.flatMap((part): string[] => {
    if ('options' in part) {
      const selects = Object.entries(part.options).map(([name, option]) => ({ name, inside: asked(option.value) }));
      const cases = 'pluralType' in part ? [] : selects.map(({ name }) => `${part.value}:${name}`);
      return [part.value, ...cases, ...selects.flatMap(({ inside }) => inside)];
    }
    if ('children' in part) return [`<${part.value}>`, ...asked(part.children)];
    return 'value' in part && !isPlain(part) ? [part.value] : [];
  });
}

const askedBy = (text: string, tag: string) =>
  [...new Set(asked(new IntlMessageFormat(text, tag).getAst()))].toSorted();

/** Texts whose English stands elsewhere, with where each stands. */
const elsewhere = methodNames.flatMap((name): [key: string, english: string][] => {
  const { sentence, instead, flow, realStep } = methods[name];
  const parts: readonly FlowPart[] = typeof flow === 'string' ? [] : flow;
  return [
    [`methods.${name}.sentence`, sentence],
    ...(realStep === undefined ? [] : [[`methods.${name}.realStep`, realStep.text] as [string, string]]),
    ...Object.entries(realStep?.lines ?? {}).map(([line, text]): [string, string] => [
      `methods.${name}.lines.${line}`,
      text,
    ]),
    ...(instead === null ? [] : [[`methods.${name}.instead`, instead('{images}')] as [string, string]]),
    ...parts.flatMap(({ title, text }, index): [string, string][] => [
      [`methods.${name}.flow.${index + 1}.title`, title],
      [`methods.${name}.flow.${index + 1}.text`, text],
    ]),
  ];
});
for (const name of cifar10ClassNames) elsewhere.push([`classes.${name}`, name]);
for (const { key, label, short, definition } of measures)
  for (const [name, text] of Object.entries({ label, short, definition }))
    elsewhere.push([`measures.${key}.${name}`, text]);
/** Texts of lessons name facts in braces, which are no values: they are taken as they are. */
const taken = await Promise.all(
  lessonNames.map(async (name) => {
    const { title, summary, cards, tries } = await fetchLesson(name);
    return [
      ['title', title],
      ['summary', summary],
      ...cards.flatMap((card, index) => {
        const own = [['title', card.title], ...card.text.map((words, place) => [`text.${place + 1}`, words])];
        if (card.ask !== undefined) own.push(['ask', card.ask.words]);
        return own.map(([key, words]) => [`cards.${index + 1}.${key}`, words]);
      }),
      ...tries.map(({ words }, index) => [`tries.${index + 1}`, words]),
    ].map(([key, words]): [string, string] => [`lessons.${name}.${key}`, words]);
  }),
);
elsewhere.push(...taken.flat());
const english = new Map([...flat(treeOf('en')), ...elsewhere]);
const others = languages.filter((tag) => tag !== 'en');

const said = speakingFiles().flatMap((path) => saidIn(path));
const plainMarks = ['<strong>', '<b>', '<em>', '<kbd>', '<small>', '<sub>'];

describe('the texts of the page', () => {
  it('has a file for each language that it speaks, and German among them', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(languages.map((tag) => `${tag}.json`).toSorted()).toEqual(files.toSorted());
    expect(languages).toContain('de');
  });

  it.each(others)('says everything in %s that it says in English, and nothing else', (tag) => {
    const keys = flat(treeOf(tag)).map(([key]) => key);
    expect(keys.toSorted()).toEqual([...english.keys()].toSorted());
  });

  it.each(others)('asks in %s for the same values, marks and cases as in English', (tag) => {
    const differing = flat(treeOf(tag)).filter(
      ([key, text]) => askedBy(text, tag).join() !== askedBy(english.get(key) ?? '', 'en').join(),
    );
    expect(differing).toEqual([]);
  });

  it.each(others)('leaves no text of %s in English', (tag) => {
    const same = flat(treeOf(tag)).filter(
      ([key, text]) => english.get(key) === text && /\p{L}{3,} \p{L}{3,} \p{L}{3,}/u.test(text),
    );
    expect(same).toEqual([]);
  });

  it('uses every key', () => {
    const patterns = said.map(({ key }) => new RegExp(`^${key.replaceAll('.', '\\.').replaceAll('*', '[^.]+')}$`));
    expect(
      flat(treeOf('en'))
        .map(([key]) => key)
        .filter((key) => !patterns.some((pattern) => pattern.test(key))),
    ).toEqual([]);
  });

  it('gives every text the values that it asks for', () => {
    const wrong = said.flatMap(({ key, values, place }) => {
      const text = english.get(key);
      if (values === null || text === undefined) return [];
      const wanted = askedBy(text, 'en').filter((name) => !plainMarks.includes(name) && !name.includes(':'));
      const names = wanted.map((name) => name.replace(/^<(.*)>$/, '$1'));
      return names.toSorted().join() === [...values].toSorted().join() ? [] : [{ place, key, wanted: names, values }];
    });
    expect(wrong).toEqual([]);
  });

  it('keeps all words for the viewer in the language files', () => {
    const found = speakingFiles()
      .flatMap((path) => wordsIn(path))
      .filter(({ words }) => !allowed.includes(words));
    expect(found).toEqual([]);
  });
});

/** What exported tables say, in English whatever the page speaks: they are for programs, papers and issues. */
const inExports = [
  'Method',
  'Setting',
  'MIR Lab …, ……, …',
  'no backend',
  'one, ms',
  'in a row, ms',
  'over the engine’s',
  'JavaScript, ms',
  'Median (lower … upper quartile). One: a step until its result is here. In a row: a step of a block, of which the last result is read. In turn, after a rest.',
  '…, …: … steps in … blocks, … singly; … tensors, … bytes before and … tensors, … bytes after.',
  '… by …',
];

/** What is wrong with the file of a lesson, for whoever writes one. */
const ofLessonFiles = [
  'its text names {…}, and its facts are: …',
  'it names lane …, and the settings have lanes 0 to …',
  'its moment lies before that of the card before: a run only goes forwards',
  'its question is about a moment that is over already',
  'no later card comes to the moment of its question',
];

/** Names, units and signs, which are the same in every language, and units by which code knows a scale. */
const allowed = [
  ...inExports,
  ...ofLessonFiles,
  'MIR',
  'Lab',
  'MIR Lab …',
  'Split MNIST',
  'Permuted MNIST',
  'Split CIFAR-10',
  'MiniImagenet',
  'VAE … × …',
  '…: cls …; gen …',
  '… min',
  'next step',
  'percent',
  'nats',
  'CSV',
  'JSON',
  'Markdown',
  'LaTeX',
  "'Inter Variable', Inter, system-ui, 'Segoe UI', Arial, sans-serif",
];

describe('the search for words in the code', () => {
  it.each([
    ['<p>Two words</p>', 'Two words'],
    ['<p aria-label="Speed" />', 'Speed'],
    ['<B tip={`the seed is ${seed}`} />', 'the seed is …'],
    ["const a = on ? 'Light' : 'dark';", 'Light'],
    ["notify('info', 'It is done.');", 'It is done.'],
    ['const b = `${n} steps`;', '… steps'],
    ["const c = { head: 'Loss before' };", 'Loss before'],
    ["<p>{on ? 'has stopped' : null}</p>", 'has stopped'],
  ])('finds those of %s', (code, words) => {
    expect(wordsIn('fake.tsx', code).map((found) => found.words)).toEqual([words]);
  });

  it.each([
    "import a from 'two words';",
    '<p className="one two" />',
    "throw new Error('It is wrong.');",
    "say('top.play');",
    "if (key === 'Escape') a();",
    "type A = 'to come';",
    "document.querySelector('main p');",
  ])('finds nothing in %s', (code) => {
    expect(wordsIn('fake.tsx', code)).toEqual([]);
  });
});

describe('say', () => {
  it('says the text of the language spoken, with its numbers as that language writes them', async () => {
    expect(say('top.speed.steps', { speed: 1 })).toBe('1 step/s');
    expect(say('top.speed.steps', { speed: 2000 })).toBe('2,000 steps/s');
    await speak('de');
    try {
      expect(language()).toBe('de');
      expect(say('top.speed.steps', { speed: 1 })).toBe('1 Schritt/s');
      expect(say('top.speed.steps', { speed: 2000 })).toBe('2.000 Schritte/s');
      expect(
        sayParts<{ loud: string }>('help.replay', {}, { strong: (words) => ({ loud: words.map(String).join('') }) }),
      ).toEqual([
        expect.stringMatching(/^Das Gegenmittel: /),
        { loud: 'welche Erinnerungen sie wiederholen' },
        expect.stringMatching(/schaden würde\.$/),
      ]);
    } finally {
      await speak('en');
    }
    expect(say('top.pause')).toBe('Pause');
  });

  it('says a text without marks as it is where marks are offered, for the built page has no parser', () => {
    const { __parse: parse } = IntlMessageFormat;
    IntlMessageFormat.__parse = undefined;
    try {
      expect(sayParts<object>('benchmark.title', {}, { code: () => ({}) })).toEqual(['Time of a training step']);
    } finally {
      IntlMessageFormat.__parse = parse;
    }
  });
});
