import { Menu } from '@base-ui/react/menu';
import { ChevronDown } from 'lucide-react';
import { type TableFormat, tableFormats } from '../../core/tableFormats.ts';
import { changesFromPaper, type SweepPlan } from '../../state/sweepPlan.ts';
import { say } from '../../texts/say.ts';
import { buttonClass, useMenuPlace } from '../parts/Button.tsx';
import { useLabActions, download } from '../parts/contexts.ts';
import popup from '../parts/Popup.module.css';
import { tableFileName } from './sweepWords.ts';

const formats: Readonly<
  Record<TableFormat, { readonly title: string | null; readonly extension: string; readonly type: string }>
> = {
  csv: { title: 'CSV', extension: 'csv', type: 'text/csv' },
  spreadsheet: { title: null, extension: 'csv', type: 'text/csv' },
  json: { title: 'JSON', extension: 'json', type: 'application/json' },
  markdown: { title: 'Markdown', extension: 'md', type: 'text/markdown' },
  latex: { title: 'LaTeX', extension: 'tex', type: 'application/x-tex' },
};

/** What a format is called; the names of most are the same in every language. */
const titleOf = (format: TableFormat) => formats[format].title ?? say('curves.spreadsheet');

/** A table to take along: as a file, or on the clipboard. */
export function TableExportMenu({
  plan,
  content,
}: {
  readonly plan: SweepPlan;
  /** The table in a format; called only where it is what is wanted. */
  readonly content: (format: TableFormat) => string;
}) {
  const { notify } = useLabActions();

  /** The text of the table; where people read it, it says what was changed. */
  function text(format: TableFormat): string {
    const table = content(format);
    const changes = changesFromPaper(plan).join('; ');
    if (changes === '') return table;
    const from = say(
      plan.kind === 'own' ? 'experiments.results.changedFromPresets' : 'experiments.results.changedFromPaper',
    );
    const note = `${from} ${changes}.`;
    if (format === 'markdown') return `${table}\n${note}\n`;
    return format === 'latex' ? `% ${note}\n${table}` : table;
  }

  function keep(format: TableFormat): void {
    const { extension, type } = formats[format];
    download(new Blob([text(format)], { type }), tableFileName(plan, 'table', extension));
  }

  async function copy(format: TableFormat): Promise<void> {
    try {
      await navigator.clipboard.writeText(text(format));
      notify('info', say('experiments.export.copied', { format: titleOf(format) }));
    } catch {
      notify('error', say('experiments.export.notCopied'));
    }
  }

  const { trigger, container } = useMenuPlace();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger ref={trigger} className={buttonClass({ small: true, tone: 'plain' })}>
        {say('experiments.export.table')}
        <ChevronDown aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal container={container} className={popup.portal}>
        <Menu.Positioner align="end" sideOffset={4} className={popup.positioner}>
          <Menu.Popup className={popup.menu}>
            {tableFormats.map((format) => (
              <Menu.Item key={format} className={popup.menuItem} onClick={() => keep(format)}>
                {titleOf(format)}
              </Menu.Item>
            ))}
            {tableFormats.map((format) => (
              <Menu.Item key={`copy ${format}`} className={popup.menuItem} onClick={() => void copy(format)}>
                {say('experiments.export.copyAs', { format: titleOf(format) })}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
