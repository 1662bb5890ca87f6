// In JavaScript: a thread does not learn from its parent how to read TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./squareThread.ts');
