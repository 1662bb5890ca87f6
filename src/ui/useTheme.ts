import { useEffect, useState } from 'react';

export type Theme = 'light' | 'dark';

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
export function useTheme(): { readonly theme: Theme; readonly switchTheme: () => void } {
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
