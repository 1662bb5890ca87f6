import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { RunConfig } from '../core/config.ts';
import type { BackendReport } from '../core/events.ts';
import { type ContestantName, contestantNames, type SubjectName, subjectNames } from '../core/timing.ts';
import type { Block, Entrant } from '../engine/benchmark/contest.ts';
import { readCifar10, readMnist } from './data/readDataset.ts';
import { type NodeBackendName, nodeBackendNames } from './configFlags.ts';
import { startNodeBackend } from './startNodeBackend.ts';

/** What a contestant's process does. */
interface ContestantWork {
  readonly subject: SubjectName;
  readonly name: ContestantName;
  readonly backend: NodeBackendName;
}

/** What it knows of itself when it has warmed up. */
interface Readiness {
  readonly pace: number;
  readonly backend: BackendReport;
  readonly config: RunConfig;
  /** Whether stock TensorFlow.js has the gradient of a convolution's filter on this backend. */
  readonly stockFilterGradient: boolean;
}

/** What a contestant's process says; it says one thing for its start, and one for each number of steps that it is sent. */
type Answer =
  | { readonly kind: 'ready'; readonly readiness: Readiness }
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly stack: string };

/** The first argument of a contestant's process; what follows is its work. */
const word = 'contestant';

/** A contestant in a process of its own. */
export interface RemoteEntrant extends Entrant {
  readonly readiness: Readiness;
}

/**
 * Starts this same command as a process for one contestant, so that nothing of another one is left in its memory, its
 * heap or its device's queue. It can collect garbage when it likes.
 *
 * @throws Error by the name and with the message that the process gives for not starting
 */
export async function startContestant({ subject, name, backend }: ContestantWork): Promise<RemoteEntrant> {
  const child = fork(process.argv[1], [word, subject, name, backend], {
    execArgv: [...process.execArgv, '--expose-gc'],
    // What libraries print is no part of the result.
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
  });
  const end = () => void child.kill();
  try {
    const ready = await answerOf(child, `${name}’s process for ${subject}`);
    if (ready.kind !== 'ready') throw new Error(`${name} said "${ready.kind}" before it was ready.`);
    return {
      name,
      pace: ready.readiness.pace,
      readiness: ready.readiness,
      async block(steps) {
        child.send({ steps });
        const answer = await answerOf(child, `${name}’s process for ${subject}`);
        if (answer.kind !== 'block') throw new Error(`${name} said "${answer.kind}" when a block was due.`);
        return answer.block;
      },
      end,
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** The next thing that a process says, unless it fails or ends. */
async function answerOf(child: ChildProcess, who: string): Promise<Answer> {
  if (child.exitCode !== null) throw new Error(`${who} has ended.`);
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const answer = await Promise.race([
      once(child, 'message', { signal }).then(([said]) => said as Answer),
      once(child, 'exit', { signal }).then(([code, killedBy]) => {
        throw new Error(`${who} ended too early, with ${String(code ?? killedBy)}.`);
      }),
    ]);
    if (answer.kind !== 'failed') return answer;
    const { name, message, stack } = answer;
    throw Object.assign(new Error(message), { name, stack });
  } finally {
    listening.abort();
  }
}

/** The work that a command line names; null for everything that is not a contestant's process. */
export function contestantWork([first, ...rest]: readonly string[]): ContestantWork | null {
  const subject = subjectNames.find((known) => known === rest[0]);
  const name = contestantNames.find((known) => known === rest[1]);
  const backend = nodeBackendNames.find((known) => known === rest[2]);
  if (first !== word || process.send === undefined) return null;
  return subject === undefined || name === undefined || backend === undefined ? null : { subject, name, backend };
}

/** The whole life of a contestant's process: it answers until the one that started it has heard enough, or is gone. */
export async function serveContestant(work: ContestantWork): Promise<void> {
  process.once('disconnect', () => process.exit());
  const say = (answer: Answer) => void process.send?.(answer);
  const fail = (error: unknown) => {
    const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    say({ kind: 'failed', name, message, stack });
  };
  try {
    const { entrant, ...known } = await prepare(work);
    process.on('message', ({ steps }: { readonly steps: number }) => {
      entrant.block(steps).then((block) => say({ kind: 'block', block }), fail);
    });
    say({ kind: 'ready', readiness: { pace: entrant.pace, ...known } });
  } catch (error) {
    fail(error);
  }
}

async function prepare({ subject, name, backend: backendName }: ContestantWork) {
  const backend = await startNodeBackend(backendName);
  // Loaded late: TensorFlow.js must find WebGPU in place.
  const { startEntrant, subjects } = await import('../engine/benchmark/subjects.ts');
  const { hasStockFilterGradient } = await import('../engine/benchmark/naive/er.ts');
  const { config } = subjects[subject];
  const dataset = await (config.scenario === 'split-cifar10' ? readCifar10() : readMnist());
  const makePeer = name === 'jax-js' ? await (await import('./jaxEr.ts')).startJax(backendName) : null;
  const entrant = await startEntrant(subject, name, dataset, () => performance.now(), makePeer);
  return { entrant, backend, config, stockFilterGradient: hasStockFilterGradient() };
}
