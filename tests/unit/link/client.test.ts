import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultExperiment } from '../../../src/core/config.ts';
import { type LinkEvent, startClient } from '../../../src/link/client.ts';
import type { Command, Report } from '../../../src/link/protocol.ts';

/** A worker's outside: what it is sent is noted, what it says the test decides. */
class Port extends EventTarget {
  readonly received: Command[] = [];
  terminated = false;

  postMessage(command: Command): void {
    this.received.push(structuredClone(command));
  }

  terminate(): void {
    this.terminated = true;
  }

  say(report: Report): void {
    this.dispatchEvent(new MessageEvent('message', { data: report }));
  }
}

function connect() {
  const ports: Port[] = [];
  const client = startClient(() => {
    const port = new Port();
    ports.push(port);
    return port;
  });
  const reports: Report[] = [];
  const links: LinkEvent[] = [];
  client.onReport((report) => reports.push(report));
  client.onLink((event) => links.push(event));
  return { client, ports, reports, links };
}

const start = (run: number): Command => ({
  kind: 'start',
  run,
  experiment: defaultExperiment,
  backend: 'auto',
  play: false,
  speed: null,
});
const playing = (run: number): Report => ({ kind: 'playing', run, playing: true });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('reports', () => {
  it('of an earlier run than the last one started do not arrive', () => {
    const { client, ports, reports } = connect();
    client.send(start(1));
    ports[0].say(playing(1));
    client.send(start(2));
    ports[0].say(playing(1));
    ports[0].say({ kind: 'notice', text: 'Storage is full.' });
    ports[0].say(playing(2));
    expect(reports).toEqual([playing(1), { kind: 'notice', text: 'Storage is full.' }, playing(2)]);
  });

  it('no longer reach a listener that has left', () => {
    const { client, ports } = connect();
    const heard: Report[] = [];
    const leave = client.onReport((report) => heard.push(report));
    ports[0].say(playing(1));
    leave();
    ports[0].say(playing(2));
    expect(heard).toEqual([playing(1)]);
  });
});

describe('a worker that falls silent', () => {
  it('counts as lost after ten unanswered pings, once', () => {
    const { ports, links } = connect();
    ports[0].say(playing(1));
    vi.advanceTimersByTime(20_000);
    expect(links).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(links).toHaveLength(1);
    expect(links[0]).toMatchObject({
      kind: 'lost',
      failure: { message: expect.stringMatching(/not answered for 20 seconds/) as string },
    });
  });

  it('counts as answering again with its first word, before that word arrives', () => {
    const { client, ports, links } = connect();
    const order: string[] = [];
    client.onLink(({ kind }) => order.push(kind));
    client.onReport(({ kind }) => order.push(kind));
    ports[0].say(playing(1));
    vi.advanceTimersByTime(30_000);
    ports[0].say(playing(1));
    expect(order).toEqual(['playing', 'lost', 'answering', 'playing']);
    vi.advanceTimersByTime(18_000);
    expect(links).toHaveLength(2);
  });

  it('is not suspected while its script still loads, nor while it answers', () => {
    const { ports, links } = connect();
    vi.advanceTimersByTime(120_000);
    expect(links).toEqual([]);
    ports[0].say(playing(1));
    for (let i = 0; i < 60; i++) {
      vi.advanceTimersByTime(2_000);
      const ping = ports[0].received.at(-1);
      if (ping?.kind === 'ping') ports[0].say({ kind: 'pong', id: ping.id });
    }
    expect(links).toEqual([]);
  });
});

describe('a worker that breaks', () => {
  it('counts as lost at once, with the place of the error', () => {
    const { ports, links } = connect();
    ports[0].dispatchEvent(
      Object.assign(new Event('error'), { message: 'x is not defined', filename: 'worker.js', lineno: 3 }),
    );
    expect(links).toMatchObject([
      { kind: 'lost', failure: { message: 'Training stopped: x is not defined (worker.js:3). Start again.' } },
    ]);
  });

  it('says that its script could not be loaded', () => {
    const { ports, links } = connect();
    ports[0].dispatchEvent(new Event('error'));
    expect(links).toMatchObject([
      {
        failure: {
          message:
            'Training stopped: the training script could not be loaded. Start again; if that does not help, reload the page.',
        },
      },
    ]);
  });

  it('is replaced by restart, and no longer heard', () => {
    const { client, ports, reports, links } = connect();
    client.restart();
    client.send(start(1));
    expect(ports[0].terminated).toBe(true);
    expect(ports[1].received).toEqual([start(1)]);
    ports[0].say(playing(1));
    ports[0].dispatchEvent(new Event('error'));
    ports[0].dispatchEvent(new Event('messageerror'));
    expect([reports, links]).toEqual([[], []]);
    ports[1].say(playing(1));
    expect(reports).toEqual([playing(1)]);
  });
});
