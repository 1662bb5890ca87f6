import { Check, Copy, Download } from 'lucide-react';
import { useId, useState } from 'react';
import { laneConfigs, type RunConfig } from '../../core/config.ts';
import { datasetName } from '../../core/dataset.ts';
import { initialRetrieval, methods } from '../../core/methods.ts';
import { pytorchScript } from '../../core/pytorch/script.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions, useLabItems, download } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { Said } from '../parts/Said.tsx';
import style from './PytorchDialog.module.css';

/** Each lane's run as it stands: with the method that its present retrieval makes of it. */
function usePresentRuns(): readonly { readonly run: RunConfig; readonly changed: boolean }[] {
  const config = useLab((state) => state.config);
  const shown = useLab((state) => state.shown?.runConfigs ?? null);
  const retrievals = useLabItems((state) => state.shown?.lanes.map(({ retrieval }) => retrieval) ?? []);
  return (shown ?? laneConfigs(config)).map((run, lane) => {
    const usual = initialRetrieval(run.method);
    const { counterpart } = methods[run.method];
    const changed = counterpart !== null && (retrievals.at(lane) ?? usual) !== usual;
    return { run: changed ? { ...run, method: counterpart } : run, changed };
  });
}

/** One lane's run as a Python script for PyTorch, to read, copy and keep. */
export function PytorchDialog({ onClose }: { readonly onClose: () => void }) {
  const actions = useLabActions();
  const runs = usePresentRuns();
  const [lane, setLane] = useState(0);
  const [copied, setCopied] = useState(false);
  const id = useId();
  const { run, changed } = runs[Math.min(lane, runs.length - 1)];
  const data = useLab(({ shown }) => shown?.data ?? null);
  const script = pytorchScript(run, data === null ? {} : { dataName: datasetName(data) });

  async function copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      actions.notify('warning', say('top.pytorch.noClipboard'));
    }
  }

  return (
    <Dialog title={say('top.pytorch.title')} wide onClose={onClose}>
      <div className={style.bar}>
        <label className={choice.field}>
          {say('top.pytorch.lane')}
          <select
            className={choice.select}
            value={lane}
            onChange={(event) => {
              setLane(Number(event.target.value));
              setCopied(false);
            }}
          >
            {runs.map((each, index) => (
              <option key={index} value={index}>
                {laneIdentity(index).letter} · {methods[each.run.method].label}
              </option>
            ))}
          </select>
        </label>
        <Button icon={copied ? <Check /> : <Copy />} onClick={() => void copy(script.text)}>
          {say(copied ? 'top.pytorch.copied' : 'top.pytorch.copy')}
        </Button>
        <Button
          icon={<Download />}
          onClick={() => download(new Blob([script.text], { type: 'text/x-python' }), script.fileName)}
        >
          {say('top.pytorch.download')}
        </Button>
      </div>
      <p id={id} className={style.lead}>
        {say('top.pytorch.lead')} {changed && `${say('top.pytorch.changed')} `}
        <Said
          text="top.pytorch.use"
          values={{ file: script.fileName }}
          marks={{ code: (words) => <code className={style.command}>{words}</code> }}
        />
      </p>
      <pre
        className={style.script}
        role="region"
        aria-label={say('top.pytorch.script')}
        aria-describedby={id}
        tabIndex={0}
      >
        {script.text}
      </pre>
    </Dialog>
  );
}
