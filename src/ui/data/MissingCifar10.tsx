import type { ReactNode } from 'react';
import { DataPicker } from './DataPicker.tsx';

/** What CIFAR-10 is, where it comes from, and the button that opens it. */
export function MissingCifar10({ children }: { readonly children?: ReactNode }) {
  return (
    <>
      <p>
        <strong>CIFAR-10 is not on this site.</strong> It is 60,000 small photographs of ten kinds of things
        (Krizhevsky, 2009). Download <em>cifar-10-binary.tar.gz</em>, 170 MB, from{' '}
        <a href="https://www.cs.toronto.edu/~kriz/cifar.html" target="_blank" rel="noreferrer">
          its home page
        </a>
        , and open it here or drop it on this page. It stays in this browser. {children}
      </p>
      <DataPicker archive />
    </>
  );
}
