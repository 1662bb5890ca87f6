import { Moon, Sun } from 'lucide-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { isBenchmarkAddress, writeBenchmark } from '../../state/benchmarkState.ts';
import { isSweepAddress, writePlan } from '../../state/sweepAddress.ts';
import { writeHash } from '../../state/url.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useBenchmark, useLab, useSweep } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import shareStyle from './ShareDialog.module.css';
import bar from './TopBar.module.css';
import style from './ViewHead.module.css';

type Theme = 'light' | 'dark';

const key = 'mir-lab-theme';
const darkQuery = '(prefers-color-scheme: dark)';

/** The theme chosen earlier on this device; null if none was, or if storage is forbidden. */
function storedTheme(): Theme | null {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : null;
  } catch {
    return null;
  }
}

/** The theme in force, and what switches it. Follows the device until the viewer chooses. */
function useTheme(): { readonly theme: Theme; readonly switchTheme: () => void } {
  const [chosen, setChosen] = useState(storedTheme);
  const [devicePrefersDark, setDevicePrefersDark] = useState(() => matchMedia(darkQuery).matches);

  useEffect(() => {
    const query = matchMedia(darkQuery);
    const follow = () => setDevicePrefersDark(query.matches);
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);

  const theme = chosen ?? (devicePrefersDark ? 'dark' : 'light');
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);

  function switchTheme(): void {
    const next = theme === 'dark' ? 'light' : 'dark';
    setChosen(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // Storage is forbidden: the choice holds until the page is closed.
    }
  }
  return { theme, switchTheme };
}

/** The three pages in one: a run to watch, the paper's tables to rebuild, and how fast it all is. */
export type View = 'lab' | 'experiments' | 'benchmark';

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => removeEventListener('hashchange', onChange);
}

function viewOf(hash: string): View {
  if (isSweepAddress(hash)) return 'experiments';
  return isBenchmarkAddress(hash) ? 'benchmark' : 'lab';
}

/** The view that the address names. */
export function useView(): View {
  return useSyncExternalStore(subscribe, () => viewOf(location.hash));
}

/** Switches between light and dark. */
export function ThemeButton() {
  const { theme, switchTheme } = useTheme();
  return (
    <Button
      icon={theme === 'dark' ? <Sun /> : <Moon />}
      caption={theme === 'dark' ? say('top.light') : say('top.dark')}
      aria-label={theme === 'dark' ? say('top.lightTheme') : say('top.darkTheme')}
      onClick={switchTheme}
    />
  );
}

/** Links between the views; each goes on while another is shown. */
function ViewNav() {
  const view = useView();
  const config = useLab((state) => state.config);
  const plan = useSweep((state) => state.plan);
  const benchmark = useBenchmark((state) => state.plan);
  return (
    <nav aria-label={say('top.views.label')} className={style.nav}>
      <a href={`#${writeHash(config)}`} aria-current={view === 'lab' ? 'page' : undefined}>
        {say('top.views.lab')}
      </a>
      <a href={`#${writePlan(plan)}`} aria-current={view === 'experiments' ? 'page' : undefined}>
        {say('top.views.experiments')}
      </a>
      <a href={`#${writeBenchmark(benchmark)}`} aria-current={view === 'benchmark' ? 'page' : undefined}>
        {say('top.views.benchmark')}
      </a>
    </nav>
  );
}

/** How the bar of every view begins: the name, and the way to the other views. */
export function ViewHead() {
  return (
    <>
      <h1 className={bar.name}>
        MIR<span> Lab</span>
      </h1>
      <ViewNav />
    </>
  );
}

/** The link to select by hand, where the browser does not let the page use the clipboard. */
export function ShareDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title={say('top.shareLink')} onClose={onClose}>
      <label className={shareStyle.field}>
        {say('top.noClipboard')}
        <input
          className={shareStyle.link}
          readOnly
          autoFocus
          value={location.href}
          onFocus={(event) => event.target.select()}
        />
      </label>
    </Dialog>
  );
}
