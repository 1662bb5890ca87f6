import eslint from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Imports point one way (README, "Layout"): ui → state → worker/client → worker/protocol → engine types. */
const engineValuesOfThePage = {
  regex: String.raw`/engine/(?!(config|presets|paperRow|generativeSettings|metrics|paperTable|tableFormats|storedConfig|storedRun|version|scenarios/scenarios|models/autoencoderSize|benchmark/benchmarkTiming)\.ts$)`,
  allowTypeImports: true,
  message: 'The main thread takes from the engine only types and config, presets, paperRow, generativeSettings, metrics, paperTable, tableFormats, storedConfig, storedRun, version, scenarios, autoencoderSize, benchmarkTiming; the rest runs in the worker.',
};
const from = (folders, message, allowTypeImports = false) => ({
  regex: String.raw`(^|/)(${folders})/`,
  allowTypeImports,
  message,
});
const tensorFlow = { regex: '^@tensorflow/', message: 'TensorFlow.js runs in the worker and in Node, never on the main thread.' };
const node = { regex: '^node:', message: 'This code runs in a browser; Node belongs to src/cli.' };
const foreignPackages = {
  regex: String.raw`^(?!\.{1,2}/|@tensorflow/|zod$|pure-rand/|fflate$|papaparse$|quadprog$|@noble/hashes/|@stdlib/)`,
  message: 'The engine imports TensorFlow.js and small pure libraries only.',
};
const withoutExtension = {
  regex: String.raw`^\.{1,2}/(?!.*\.(tsx?|css|json|svg|png)(\?\w+)?$)`,
  message: 'Write the extension: import … from "./name.ts".',
};
const restrictImports = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns: [withoutExtension, ...patterns] }],
});

const engineGlobals = ['window', 'document', 'self', 'fetch', 'console', 'localStorage', 'indexedDB', 'XMLHttpRequest', 'Worker', 'process'];
const noBarrel = { selector: 'ExportAllDeclaration, ExportNamedDeclaration[source]', message: 'No barrels: import from the file that declares it.' };

export default defineConfig(
  { ignores: ['dist/', 'public/', 'node_modules/', 'test-results/', 'playwright-report/', 'tests/fixtures/', 'src/engine/compiled/kernels.assembly.ts'] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    // One program for everything: four, one per part, take four times as long.
    languageOptions: { parserOptions: { project: './tests/tsconfig.lint.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 300],
      'no-restricted-syntax': ['error', noBarrel],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A number in a template reads as itself; what the rule guards against are objects.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A default after `satisfies never` guards against what TypeScript cannot see at run time.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
      // Array indices are proven by the loop around them; noUncheckedIndexedAccess is off for the same reason.
      // An interface may ask for a promise where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Node's own errors are narrowed where they are caught.
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      ...restrictImports(),
    },
  },
  { files: ['**/index.{ts,tsx}'], rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message: 'No index files: name the file after what it holds.' }] } },
  {
    files: ['src/engine/**'],
    rules: {
      'no-restricted-globals': ['error', ...engineGlobals.map((name) => ({ name, message: 'The engine runs anywhere: no page, no console, no network, no process.' }))],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from randomStream(seed, purpose).' },
        { object: 'Date', property: 'now', message: 'The engine reads no clock of the calendar.' },
      ],
      ...restrictImports(foreignPackages, from('ui|state|worker|cli', 'The engine knows neither page nor worker nor command line.')),
    },
  },
  {
    files: ['src/worker/**'],
    rules: restrictImports(node, from('ui|state|cli', 'The worker knows neither page nor command line.')),
  },
  {
    files: ['src/worker/{protocol,client,sweepProtocol,runPool,poolWorker,lifeline,mostWorkersFor,gauge,dataAvailability,benchmarkProtocol,benchmarkClient}.ts'],
    rules: restrictImports(node, tensorFlow, engineValuesOfThePage, from('ui|state|cli', 'The worker knows neither page nor command line.')),
  },
  {
    files: ['src/state/**'],
    rules: restrictImports(node, tensorFlow, engineValuesOfThePage, from('ui|cli', 'State knows neither components nor command line.'), {
      regex: String.raw`/worker/(?!(client|protocol|runPool|benchmarkClient|benchmarkProtocol)\.ts$)`,
      message: 'State talks to the workers through worker/client.ts, worker/runPool.ts and worker/benchmarkClient.ts.',
    }),
  },
  {
    files: ['src/ui/**'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // The store's actions are closures; the page has no classes.
      '@typescript-eslint/unbound-method': 'off',
      ...restrictImports(node, tensorFlow, engineValuesOfThePage, from('cli', 'The page knows no command line.'), from('worker', 'Components talk to the store; the store talks to the worker.', true)),
    },
  },
  { files: ['src/main.tsx'], rules: restrictImports(node, tensorFlow, engineValuesOfThePage, from('cli', 'The page knows no command line.')) },
  {
    files: ['src/cli/**'],
    // One exception: page and command line write the same CSV.
    rules: restrictImports(from(String.raw`ui|state(?!/curvesCsv\.ts$)|worker`, 'The command line stands on the engine alone.')),
  },
  { files: ['**/*.js', 'vite.config.ts'], extends: [tseslint.configs.disableTypeChecked] },
);
