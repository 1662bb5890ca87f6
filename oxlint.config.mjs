import { defineConfig } from 'oxlint';

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
  'eslint-js/no-restricted-imports': ['error', { patterns: [withoutExtension, ...patterns] }],
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

/** Rules beyond oxlint's own choice ("correctness"): those of ESLint and of typescript-eslint, at its strictest. */
const strict = [
  'eqeqeq',
  'no-array-constructor',
  'no-case-declarations',
  'no-empty',
  'no-fallthrough',
  'no-prototype-builtins',
  'no-regex-spaces',
  'no-unexpected-multiline',
  'no-useless-assignment',
  'no-useless-constructor',
  'no-var',
  'prefer-const',
  'prefer-rest-params',
  'prefer-spread',
  'preserve-caught-error',
  'typescript/ban-ts-comment',
  'typescript/consistent-type-imports',
  'typescript/no-deprecated',
  'typescript/no-dynamic-delete',
  'typescript/no-empty-object-type',
  'typescript/no-explicit-any',
  'typescript/no-extraneous-class',
  'typescript/no-generated-empty-object-type',
  'typescript/no-invalid-void-type',
  'typescript/no-misused-promises',
  'typescript/no-namespace',
  'typescript/no-non-null-asserted-nullish-coalescing',
  'typescript/no-non-null-assertion',
  'typescript/no-require-imports',
  'typescript/no-unnecessary-boolean-literal-compare',
  'typescript/no-unnecessary-template-expression',
  'typescript/no-unnecessary-type-arguments',
  'typescript/no-unnecessary-type-assertion',
  'typescript/no-unnecessary-type-constraint',
  'typescript/no-unnecessary-type-conversion',
  'typescript/no-unnecessary-type-parameters',
  'typescript/no-unsafe-argument',
  'typescript/no-unsafe-assignment',
  'typescript/no-unsafe-call',
  'typescript/no-unsafe-function-type',
  'typescript/no-unsafe-member-access',
  'typescript/no-unsafe-return',
  'typescript/only-throw-error',
  'typescript/prefer-promise-reject-errors',
  'typescript/prefer-reduce-type-parameter',
  'typescript/prefer-return-this-type',
  'typescript/related-getter-setter-pairs',
  'typescript/unified-signatures',
];
/** The rules of hooks, and what the React compiler asks of components. */
const react = [
  'react/error-boundaries',
  'react/exhaustive-deps',
  'react/globals',
  'react/immutability',
  'react/incompatible-library',
  'react/jsx-key',
  'react/preserve-manual-memoization',
  'react/purity',
  'react/refs',
  'react/rules-of-hooks',
  'react/set-state-in-effect',
  'react/set-state-in-render',
  'react/static-components',
  'react/unsupported-syntax',
  'react/use-memo',
  'react/void-use-memo',
];
const errors = (rules) => Object.fromEntries(rules.map((rule) => [rule, 'error']));

export default defineConfig({
  plugins: ['typescript', 'oxc'],
  jsPlugins: [
    { name: 'paths', specifier: 'eslint-plugin-import-x' },
    { name: 'eslint-js', specifier: 'oxlint-plugin-eslint' },
  ],
  categories: { correctness: 'error' },
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist/', 'dist-library/', 'public/', 'test-results/', 'playwright-report/', 'tests/fixtures/'],
  rules: {
    ...errors(strict),
    'max-lines': ['error', 400],
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    'paths/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: boundaries }],
    'eslint-js/no-restricted-syntax': ['error', noBarrel],
    // An arrow function may end in a call that gives nothing.
    'typescript/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    // A default after `satisfies never` guards against what TypeScript cannot see at run time.
    'typescript/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
    // Strict about what is added, as in typescript-eslint's strict set.
    'typescript/restrict-plus-operands': [
      'error',
      { allowAny: false, allowBoolean: false, allowNullish: false, allowNumberAndString: false, allowRegExp: false },
    ],
    // A number in a template reads as itself; what the rule guards against are objects.
    'typescript/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    ...restrictImports(),
  },
  overrides: [
    {
      files: ['src/**/index.{ts,tsx}'],
      excludeFiles: ['src/index.ts'],
      rules: {
        'eslint-js/no-restricted-syntax': [
          'error',
          { selector: 'Program', message: 'No index files: name the file after what it holds.' },
        ],
      },
    },
    // The one barrel: what the package exports.
    { files: ['src/index.ts'], rules: { 'eslint-js/no-restricted-syntax': 'off', ...restrictImports(node) } },
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
          String.raw`${pureLibraries}|@tensorflow/|modern-tar$|pako$|unzipit$|quadprog$|@noble/hashes/`,
          'The engine imports TensorFlow.js and small pure libraries only.',
        ),
      ),
    },
    { files: ['src/worker/**'], rules: restrictImports(node) },
    { files: ['src/link/**', 'src/state/**', 'src/main.tsx'], rules: restrictImports(node, tensorFlow) },
    {
      files: ['src/ui/**'],
      plugins: ['typescript', 'oxc', 'react'],
      rules: {
        ...errors(react),
        // The store's actions are closures; the page has no classes.
        'typescript/unbound-method': 'off',
        ...restrictImports(node, tensorFlow, {
          regex: '(^|/)link/',
          allowTypeImports: true,
          message: 'Components talk to the store; the store talks to the workers.',
        }),
      },
    },
    {
      // Configuration, in which nothing has a written type.
      files: ['**/*.{js,mjs}'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
      },
    },
    {
      // AssemblyScript: its types are its compiler's, which also compares with == and imports without extension.
      files: ['src/engine/**/*.assembly.ts'],
      rules: {
        eqeqeq: 'off',
        'eslint-js/no-restricted-imports': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/restrict-plus-operands': 'off',
      },
    },
  ],
});
