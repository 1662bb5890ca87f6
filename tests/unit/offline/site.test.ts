import { describe, expect, it } from 'vitest';
import { isToBeKept } from '../../../src/link/offlineSite.ts';
import { pagePolicy, siteHeaders } from '../../../src/offline/headers.ts';
import { answerTo, outdatedCaches, type Site } from '../../../src/offline/site.ts';

const scope = 'https://uni.example/lectures/mir-lab/';
const site: Site = {
  version: 'a1',
  page: '<!doctype html>',
  kept: { 'assets/index-b2.js': 'sha256-x', 'favicon.svg': 'sha256-y' },
  fresh: ['data/mnist/manifest.json'],
};
const get = (path: string, mode: RequestMode = 'cors') =>
  answerTo({ method: 'GET', url: new URL(path, scope).href, mode }, site, scope);

describe('what the service worker answers', () => {
  it('gives the page of its version for the address of the site, whatever the query', () => {
    for (const path of ['', '?backend=wasm', 'index.html', 'index.html?present'])
      expect(get(path, 'navigate')).toEqual({ kind: 'page' });
  });

  it('leaves alone what is not the lab: other pages below, beside and above it, other hosts, and what is sent', () => {
    for (const path of [
      'licenses.txt',
      'other/',
      '../',
      '../mir-lab-2/',
      'https://elsewhere.example/lectures/mir-lab/',
    ])
      expect(get(path, 'navigate')).toBeNull();
    expect(get('https://elsewhere.example/assets/index-b2.js')).toBeNull();
    expect(answerTo({ method: 'POST', url: scope, mode: 'navigate' }, site, scope)).toBeNull();
  });

  it('gives files of this and of earlier versions from the browser', () => {
    for (const path of ['assets/index-b2.js', 'favicon.svg', 'assets/index-of-another-version.js'])
      expect(get(path)).toEqual({ kind: 'kept', path });
  });

  it('asks the host for the list of data first, and leaves the data to the page, which keeps it itself', () => {
    expect(get('data/mnist/manifest.json')).toEqual({ kind: 'fresh', path: 'data/mnist/manifest.json' });
    expect(get('data/mnist/test.eb14fe9c.bin')).toBeNull();
    expect(get('data/cifar10/manifest.json')).toBeNull();
  });

  it('takes no name that every object has for a file', () => {
    expect(get('constructor')).toBeNull();
  });
});

it('deletes caches of its own site only, and keeps the last two', () => {
  const name = (path: string, version: string) => `mir-lab ${path} ${version}`;
  const names = [
    name('/lectures/mir-lab/', 'a1'),
    name('/other/', 'a1'),
    'somebody else’s',
    name('/lectures/mir-lab/', 'a2'),
    name('/other/', 'a2'),
    name('/lectures/mir-lab/', 'a3'),
    name('/other/', 'a3'),
  ];
  expect(outdatedCaches(names, scope)).toEqual([name('/lectures/mir-lab/', 'a1')]);
  expect(outdatedCaches(names.slice(0, 4), scope)).toEqual([]);
});

describe('whether a site is kept', () => {
  it('is, unless this very machine serves it', () => {
    for (const hostname of ['uni.example', 'localhost.example', '10.0.0.127', '[2001:db8::1]'])
      expect(isToBeKept({ hostname, search: '' })).toBe(true);
    for (const hostname of ['localhost', 'lab.localhost', '127.0.0.1', '127.1.2.3', '[::1]'])
      expect(isToBeKept({ hostname, search: '?backend=wasm' })).toBe(false);
  });

  it('is as the address says', () => {
    expect(isToBeKept({ hostname: 'localhost', search: '?offline=on' })).toBe(true);
    expect(isToBeKept({ hostname: 'uni.example', search: '?offline=off' })).toBe(false);
    expect(isToBeKept({ hostname: 'uni.example', search: '?offline=perhaps' })).toBe(true);
  });
});

describe('the Content-Security-Policy', () => {
  const sourcesOf = (policy: string, directive: string) =>
    policy
      .split('; ')
      .map((part) => part.split(' '))
      .find(([name]) => name === directive)
      ?.slice(1);

  it('lets the page run files of its own host only, and load nothing that is not named', () => {
    expect(sourcesOf(pagePolicy, 'script-src')).toEqual(["'self'"]);
    expect(sourcesOf(pagePolicy, 'default-src')).toEqual(["'none'"]);
    expect(sourcesOf(pagePolicy, 'connect-src')).toEqual(["'self'"]);
  });

  it('lets workers compile WebAssembly, and no text become code', () => {
    const policy = siteHeaders['Content-Security-Policy'];
    expect(sourcesOf(policy, 'script-src')).toEqual(["'self'", 'blob:', "'wasm-unsafe-eval'"]);
    expect(sourcesOf(policy, 'connect-src')).toEqual(["'self'"]);
    expect(policy).not.toContain("'unsafe-eval'");
  });
});
