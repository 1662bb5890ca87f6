import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { IntlMessageFormat } from 'intl-messageformat';
import type { Plugin } from 'vite';

/** Texts of a language in their sections, as its file has them. */
interface Tree {
  readonly [name: string]: string | Tree;
}

type Compiled = string | ReturnType<IntlMessageFormat['getAst']> | { readonly [name: string]: Compiled };

/**
 * Sections of en.json that a first visit can do without: what only the views Experiments and Benchmark and the
 * help say, and the facts that an English page leaves to the engine's own sentences. They are fetched with these parts,
 * as en.json?later.
 */
export const laterSections = ['experiments', 'leaderboard', 'benchmark', 'help', 'facts'];

/** Texts whose braces are their own: facts of a lesson. */
const asTheyAre = 'lessons';

function compiled(tree: Tree, language: string): Compiled {
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]): [string, Compiled] => {
      if (typeof value !== 'string') return [name, compiled(value, language)];
      return [name, /[{<']/.test(value) ? new IntlMessageFormat(value, language).getAst() : value];
    }),
  );
}

/**
 * Parses the texts while the page is built, so that the page needs no parser of messages, and parts English by when it
 * is needed. A text without braces stays the string that it is.
 */
export const languageFiles: Plugin = {
  name: 'language-files',
  apply: 'build',
  enforce: 'pre',
  config: () => ({
    resolve: {
      alias: [
        {
          find: /^@formatjs\/icu-messageformat-parser$/,
          replacement: fileURLToPath(import.meta.resolve('@formatjs/icu-messageformat-parser/no-parser.js')),
        },
      ],
    },
  }),
  load(id) {
    const file = /^(.*\/src\/texts\/([\w-]+)\.json)(\?later)?$/.exec(id);
    if (file === null) return null;
    const [, path, language] = file;
    const isLater = id.endsWith('?later');
    const tree = JSON.parse(readFileSync(path, 'utf8')) as Tree;
    const sections = Object.entries(tree).filter(
      ([name]) => language !== 'en' || laterSections.includes(name) === isLater,
    );
    const texts = Object.fromEntries(
      sections.map(([name, section]) => [
        name,
        name === asTheyAre || typeof section === 'string' ? section : compiled(section, language),
      ]),
    );
    return { code: `export default ${JSON.stringify(texts)};`, moduleType: 'js' };
  },
};
