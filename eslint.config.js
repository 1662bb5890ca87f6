import eslint from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Imports point one way (ARCHITECTURE.md, "Boundaries"): a folder may import from itself and from the folders
 * named here. The files of `engine` that stand in no folder come last: they put the parts together.
 */
const mayImport = {
  core: [],
  'core/catalogue': ['core'],
  'core/pytorch': ['core'],
  'engine/programs': ['core'],
  'engine/kernels': ['core', 'engine/programs'],
  'engine/data': ['core', 'engine/programs'],
  'engine/models': ['core', 'engine/data', 'engine/programs', 'engine/kernels'],
  'engine/latent': ['core', 'engine/models'],
  'engine/retrieval': ['core', 'engine/data', 'engine/models', 'engine/latent'],
  'engine/runner': ['core', 'engine/programs', 'engine/data', 'engine/models'],
  'engine/methods': [
    'core',
    'engine/programs',
    'engine/data',
    'engine/models',
    'engine/latent',
    'engine/retrieval',
    'engine/runner',
  ],
  'engine/fast': [
    'core',
    'engine/data',
    'engine/programs',
    'engine/models',
    'engine/retrieval',
    'engine/runner',
    'engine/methods',
  ],
  'engine/*.ts': ['core', 'engine'],
  'engine/benchmark': ['core', 'engine'],
  offline: [],
  texts: [],
  link: ['core', 'offline', 'texts'],
  worker: ['core', 'engine', 'link'],
  state: ['core', 'texts', 'link'],
  'state/runs': ['core', 'texts', 'link', 'state'],
  'state/lesson': ['core', 'texts', 'link', 'state'],
  'ui/parts': ['core', 'texts', 'link', 'state'],
  'ui/settings': ['core', 'texts', 'link', 'state', 'ui/parts'],
  'ui/curves': ['core', 'texts', 'link', 'state', 'ui/parts', 'ui/settings'],
  'ui/ask': ['core', 'texts', 'link', 'state', 'ui/parts'],
  'ui/lanes': ['core', 'texts', 'link', 'state', 'ui/parts', 'ui/ask'],
  'ui/step': ['core', 'texts', 'link', 'state', 'ui/parts'],
  'ui/results': ['core', 'texts', 'link', 'state', 'ui/parts', 'ui/curves'],
  'ui/lesson': ['core', 'texts', 'link', 'state', 'ui/parts'],
  'ui/top': ['core', 'texts', 'link', 'state', 'ui/parts', 'ui/settings', 'ui/curves', 'ui/step', 'ui/lesson'],
  'ui/experiments': ['core', 'texts', 'link', 'state', 'ui/parts', 'ui/settings', 'ui/curves', 'ui/top'],
  'ui/benchmark': ['core', 'texts', 'link', 'state', 'ui/parts', 'ui/settings', 'ui/top', 'ui/experiments'],
  'ui/*.tsx': ['core', 'texts', 'link', 'state', 'ui'],
  'main.tsx': ['core', 'texts', 'link', 'state', 'ui'],
  'cli/data': ['core', 'engine'],
  'cli/*.ts': ['core', 'engine', 'cli'],
  'index.ts': ['core', 'engine'],
};
const boundaries = Object.entries(mayImport).map(([folder, allowed]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [
    ...(folder.includes('*') || folder.includes('.') ? [] : [`./${folder}`]),
    ...allowed.map((name) => `./${name}`),
  ],
  message: `src/${folder} may import from ${[...allowed, 'itself'].join(', ')} only.`,
}));
const tensorFlow = {
  regex: '^@tensorflow/',
  message: 'TensorFlow.js runs in the worker and in Node, never on the main thread.',
};
const node = { regex: '^node:', message: 'This code runs in a browser; Node belongs to src/cli.' };
const libraries = (allowed, message) => ({ regex: String.raw`^(?!\.{1,2}/|${allowed})`, message });
const pureLibraries = String.raw`zod$|pure-rand/|papaparse$`;
const withoutExtension = {
  regex: String.raw`^\.{1,2}/(?!.*\.(tsx?|css|json|svg|png)(\?\w+)?$)`,
  message: 'Write the extension: import … from "./name.ts".',
};
const restrictImports = (...patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns: [withoutExtension, ...patterns] }],
});

const surroundings = [
  'window',
  'document',
  'self',
  'fetch',
  'console',
  'localStorage',
  'indexedDB',
  'XMLHttpRequest',
  'Worker',
  'process',
];
const noBarrel = {
  selector: 'ExportAllDeclaration, ExportNamedDeclaration[source]',
  message: 'No barrels: import from the file that declares it.',
};

export default defineConfig(
  {
    ignores: [
      'dist/',
      'dist-library/',
      'public/',
      'node_modules/',
      'test-results/',
      'playwright-report/',
      'tests/fixtures/',
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    // One program for everything: four, one per part, take four times as long.
    languageOptions: { parserOptions: { project: './tests/tsconfig.lint.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { 'import-x': importX },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', 400],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: boundaries }],
      'no-restricted-syntax': ['error', noBarrel],
      '@typescript-eslint/consistent-type-imports': 'error',
      // TypeScript refuses enums here (erasableSyntaxOnly), and looking for them takes time.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-mixed-enums': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A number in a template reads as itself; what the rule guards against are objects.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // A default after `satisfies never` guards against what TypeScript cannot see at run time.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Array indices are proven by the loop around them; noUncheckedIndexedAccess is off for the same reason.
      // An interface may ask for a promise where one implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Node's own errors are narrowed where they are caught.
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      ...restrictImports(),
    },
  },
  {
    files: ['src/**/index.{ts,tsx}'],
    ignores: ['src/index.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'Program', message: 'No index files: name the file after what it holds.' },
      ],
    },
  },
  // The one barrel: what the package exports.
  { files: ['src/index.ts'], rules: { 'no-restricted-syntax': 'off', ...restrictImports(node) } },
  {
    files: ['src/core/**', 'src/engine/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...surroundings.map((name) => ({
          name,
          message: 'The engine runs anywhere: no page, no console, no network, no process.',
        })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Draw from randomStream(seed, purpose).' },
        { object: 'Date', property: 'now', message: 'The engine reads no clock of the calendar.' },
      ],
    },
  },
  {
    files: ['src/core/**'],
    rules: restrictImports(libraries(pureLibraries, 'The core imports small pure libraries only.')),
  },
  {
    files: ['src/engine/**'],
    rules: restrictImports(
      libraries(
        String.raw`${pureLibraries}|@tensorflow/|modern-tar$|unzipit$|quadprog$|@noble/hashes/`,
        'The engine imports TensorFlow.js and small pure libraries only.',
      ),
    ),
  },
  { files: ['src/worker/**'], rules: restrictImports(node) },
  { files: ['src/link/**', 'src/state/**', 'src/main.tsx'], rules: restrictImports(node, tensorFlow) },
  {
    files: ['src/ui/**'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // The store's actions are closures; the page has no classes.
      '@typescript-eslint/unbound-method': 'off',
      ...restrictImports(node, tensorFlow, {
        regex: '(^|/)link/',
        allowTypeImports: true,
        message: 'Components talk to the store; the store talks to the workers.',
      }),
    },
  },
  { files: ['**/*.js', 'vite.config.ts'], extends: [tseslint.configs.disableTypeChecked] },
  {
    // AssemblyScript: its types are its compiler's, which also compares with == and imports without extension.
    files: ['src/engine/**/*.assembly.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { project: false } },
    rules: { eqeqeq: 'off', '@typescript-eslint/no-restricted-imports': 'off' },
  },
);
