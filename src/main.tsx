import '@fontsource-variable/inter/wght.css';
import 'katex/dist/katex.min.css';
import './ui/tokens.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { followAddress } from './state/followAddress.ts';
import { createLabStore } from './state/store.ts';
import { readAddress } from './state/url.ts';
import { App } from './ui/App.tsx';
import { LabContext } from './ui/LabContext.ts';
import { startClient } from './worker/client.ts';

const place = document.querySelector('#page');
if (!place) throw new Error('index.html has no element #page to put the page in.');

const store = createLabStore(startClient(), readAddress(location));
followAddress(store, window);

createRoot(place).render(
  <StrictMode>
    <LabContext value={store}>
      <App />
    </LabContext>
  </StrictMode>,
);
