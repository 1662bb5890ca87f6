import { FolderOpen } from 'lucide-react';
import { useRef } from 'react';
import { Button } from '../parts/Button.tsx';

/** A button that has the viewer pick files, or a folder with all that is in it. */
export function FileButton({
  label,
  accept,
  folder = false,
  disabled,
  onPick,
}: {
  readonly label: string;
  /** Endings of file names; ignored for folders. */
  readonly accept?: string;
  readonly folder?: boolean;
  readonly disabled: boolean;
  readonly onPick: (files: readonly File[]) => void;
}) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button icon={<FolderOpen />} disabled={disabled} onClick={() => picker.current?.click()}>
        {label}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        {...(folder ? { webkitdirectory: '' } : { accept })}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          event.target.value = '';
          if (files.length > 0) onPick(files);
        }}
      />
    </>
  );
}
