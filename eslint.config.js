import js from '@eslint/js'
import globals from 'globals'
import svelte from 'eslint-plugin-svelte'
import ts from 'typescript-eslint'
import svelteConfig from './client/svelte.config.js'

/** Directions of import (ARCHITECTURE.md): each folder of `shared/src` may reach only what stands left of it. */
const LAYERS = ['kernel', 'wire', 'content', 'discovery', 'protocols', 'node', 'host']
const MAY_IMPORT = {
  kernel: [],
  wire: ['kernel'],
  content: ['kernel', 'wire'],
  discovery: ['kernel', 'wire', 'content'],
  protocols: ['kernel', 'wire', 'content', 'discovery'],
  node: ['kernel', 'wire', 'content', 'discovery', 'protocols'],
  host: ['kernel', 'wire', 'content', 'discovery', 'protocols', 'node'],
}

const layerBans = LAYERS.filter((layer) => layer !== 'host').map((layer) => ({
  files: [`shared/src/${layer}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: LAYERS.filter((other) => other !== layer && !MAY_IMPORT[layer].includes(other)).map(
              (other) => `**/${other}/**`,
            ),
            message: `${layer} may import only: ${MAY_IMPORT[layer].join(', ') || 'nothing'}`,
          },
          { group: ['**/sim/**', 'node:*'], message: 'production cores know no simulator and no Node' },
        ],
      },
    ],
  },
}))

const PROTOCOLS = [
  'bittorrent',
  'chord',
  'directory',
  'gnutella',
  'introduction',
  'kazaa',
  'nearby',
  'relay',
  'tracker',
]
const protocolBans = PROTOCOLS.map((protocol) => ({
  files: [`shared/src/protocols/${protocol}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: [
              ...PROTOCOLS.filter((other) => other !== protocol).map((other) => `**/${other}/**`),
              '**/node/**',
              '**/host/**',
              '**/sim/**',
              'node:*',
            ],
            message: 'protocols meet only in node/',
          },
        ],
      },
    ],
  },
}))

const PURE = [
  { selector: "MemberExpression[object.name='Date'][property.name='now']", message: 'time is an argument' },
  { selector: "NewExpression[callee.name='Date']", message: 'time is an argument' },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'use the injected Rng',
  },
  { selector: 'AwaitExpression', message: 'cores are synchronous' },
  { selector: ':function[async=true]', message: 'cores are synchronous' },
]

export default ts.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'e2e/results/**', 'e2e/report/**'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-undef': 'off',
      'no-console': ['error', { allow: ['error', 'warn'] }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { extraFileExtensions: ['.svelte'], parser: ts.parser, svelteConfig } },
    rules: { 'svelte/no-at-html-tags': 'error', 'svelte/prefer-svelte-reactivity': 'off' },
  },
  { files: ['shared/src/**/*.ts'], rules: { 'no-restricted-syntax': ['error', ...PURE] } },
  ...layerBans,
  ...protocolBans,
  {
    files: ['client/src/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['**/signaling-server/**', '@ringdrop/signaling-server/**'],
              message: 'they meet in wire/',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['client/src/{adapters,app,state,lib}/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/components/**', '**/pages/**'], message: 'components are the outermost layer' },
          ],
        },
      ],
    },
  },
  {
    files: ['client/src/cli/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                '**/state/**',
                '**/components/**',
                '**/pages/**',
                '**/lib/**',
                '**/signaling-server/**',
              ],
              message: 'a process has no page',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['signaling-server/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['**/client/**', '@ringdrop/client/**'], message: 'they meet in wire/' }] },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/test/**', 'shared/sim/**', 'scripts/**', 'e2e/**'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
)
