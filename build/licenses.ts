import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

/** One installed package that the built page holds something of. */
interface PackageNotice {
  readonly title: string;
  /** Its licence file; empty where it has none. */
  readonly text: string;
  /** The licence comments of its code, each once. */
  readonly comments: Set<string>;
}

const licenceComment = /\/\*(?=[*!\s]*(?:[^*]|\*(?!\/))*?(?:@license|@licence|@preserve)|!)[\s\S]*?\*\//g;
const licenceFile = /^(licen[cs]e|copying|ofl)/i;

/** The folder of the package that a file belongs to; null for files of this project. */
function packageFolder(file: string): string | null {
  if (!file.includes('/node_modules/')) return null;
  for (let folder = dirname(file); !folder.endsWith('/node_modules'); folder = dirname(folder)) {
    const description = join(folder, 'package.json');
    // Some packages have such files within, without a name, that only tell of the kind of module.
    if (existsSync(description) && 'version' in (JSON.parse(readFileSync(description, 'utf8')) as object))
      return folder;
  }
  return null;
}

function noticeOf(folder: string): PackageNotice {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const file = readdirSync(folder).find((each) => licenceFile.test(each));
  return {
    title: `${name} ${version} (${license ?? 'see below'})`,
    text: file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim(),
    comments: new Set(),
  };
}

/**
 * Writes `licenses.txt` beside the page: for each package that it or its worker is built from, the licence file and
 * the licence comments of its code, which the bundles leave out. `worker` watches the worker's bundle, `page` the
 * page's, which is written last, and writes the file.
 */
export function licenses(): { readonly page: Plugin; readonly worker: Plugin } {
  const files = new Set<string>();
  const watch = (ids: Iterable<string>) => {
    for (const id of ids) files.add(id.replace(/^\0/, '').replace(/\?.*$/, ''));
  };

  function text(): string {
    const notices = new Map<string, PackageNotice>();
    for (const file of [...files].sort()) {
      const folder = packageFolder(file);
      if (folder === null || !existsSync(file)) continue;
      const notice = notices.get(folder) ?? noticeOf(folder);
      notices.set(folder, notice);
      for (const [comment] of readFileSync(file, 'utf8').matchAll(licenceComment)) notice.comments.add(comment);
    }
    // Families of packages share their words.
    const titles = new Map<string, string[]>();
    for (const { title, text, comments } of notices.values()) {
      const words = [text, ...comments].filter((part) => part !== '').join('\n\n');
      titles.set(words, [...(titles.get(words) ?? []), title]);
    }
    const parts = Array.from(titles, ([words, of]) => `${of.join('\n')}\n\n${words}\n`);
    return ['MIR Lab is built from these packages.\n', ...parts].join(`\n${'-'.repeat(80)}\n\n`);
  }

  return {
    worker: {
      name: 'licenses-of-the-worker',
      generateBundle: {
        handler() {
          watch(this.getModuleIds());
        },
      },
    },
    page: {
      name: 'licenses',
      apply: 'build',
      generateBundle() {
        watch(this.getModuleIds());
        this.emitFile({ type: 'asset', fileName: 'licenses.txt', source: text() });
      },
    },
  };
}
