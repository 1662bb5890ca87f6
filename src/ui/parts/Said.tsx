import {
  Children,
  cloneElement,
  createElement,
  Fragment,
  isValidElement,
  type ReactNode,
  useSyncExternalStore,
} from 'react';
import { chooseLanguage, ownName } from '../../texts/language.ts';
import { language, languages, onLanguage, say, sayParts, type TextKey } from '../../texts/say.ts';
import choice from './Choice.module.css';
import style from './Explanation.module.css';
import { useLabActions } from './contexts.ts';

/** Names such as ER-MIR, A-GEM, MI-2, CIFAR-10, ResNet-18 and Fine-tune, and commands: npm run data:mnist -- --force. */
const hyphenated = /(\b(?:[A-Z]{1,5}|ResNet|Fine)-(?:[A-Z]{2,4}\b|\d{1,3}\b|tune\b)|\bnpm run [\w:]+(?: -- --[\w-]+)?)/;

/** A text in which no name or command breaks at a hyphen, with what is marked in it. */
export function unbroken(node: ReactNode): ReactNode {
  if (typeof node === 'string') {
    const parts = node.split(hyphenated);
    if (parts.length === 1) return node;
    return parts.map((part, index) =>
      index % 2 === 0 ? (
        part
      ) : (
        <span key={index} className={style.name}>
          {part}
        </span>
      ),
    );
  }
  if (Array.isArray(node)) return Children.map(node, unbroken);
  if (!isValidElement<{ children?: ReactNode }>(node) || node.props.children === undefined) return node;
  const plain = typeof node.type === 'string' || node.type === Fragment;
  return plain ? cloneElement(node, {}, unbroken(node.props.children)) : node;
}

/** What becomes of the words in a mark of a text, such as those in `<link>here</link>`. */
type Mark = (words: readonly ReactNode[]) => ReactNode;

const element =
  (name: 'strong' | 'b' | 'em' | 'kbd' | 'small' | 'sub'): Mark =>
  (words) =>
    createElement(name, null, ...words);

const ownMarks = {
  strong: element('strong'),
  b: element('b'),
  em: element('em'),
  kbd: element('kbd'),
  small: element('small'),
  sub: element('sub'),
};

/**
 * A text with something inside it: marked words, such as `<strong>random</strong>`, or elements in the place of a name
 * in braces. Plain texts need only `say`.
 */
export function Said({
  text,
  values = {},
  marks = {},
}: {
  readonly text: TextKey;
  readonly values?: Readonly<Record<string, ReactNode>>;
  /** What stands for marks other than strong, b, em, kbd, small and sub. */
  readonly marks?: Readonly<Record<string, Mark>>;
}) {
  return createElement(Fragment, null, ...sayParts<ReactNode>(text, values, { ...ownMarks, ...marks }).map(unbroken));
}

/** The language that the page speaks; what uses it is drawn anew when that changes. */
export function useLanguage(): string {
  return useSyncExternalStore(onLanguage, language);
}

/** The language of the page, each under the name that it gives itself. */
export function LanguageChoice() {
  const actions = useLabActions();
  async function choose(wanted: string): Promise<void> {
    try {
      await chooseLanguage(window, wanted);
    } catch {
      actions.notify('warning', say('language.unreachable', { language: ownName(wanted) }));
    }
  }
  return (
    <label className={choice.field}>
      {say('language.label')}
      <select
        className={choice.select}
        aria-label={say('language.spokenLabel')}
        value={useLanguage()}
        onChange={(event) => void choose(event.target.value)}
      >
        {languages.map((tag) => (
          <option key={tag} value={tag} lang={tag}>
            {ownName(tag)}
          </option>
        ))}
      </select>
    </label>
  );
}
