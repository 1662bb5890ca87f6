import { Moon, Sun } from 'lucide-react';
import { Button } from './parts/Button.tsx';
import { useTheme } from './useTheme.ts';

/** Switches between light and dark. */
export function ThemeButton() {
  const { theme, switchTheme } = useTheme();
  return (
    <Button
      icon={theme === 'dark' ? <Sun /> : <Moon />}
      aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
      onClick={switchTheme}
    />
  );
}
