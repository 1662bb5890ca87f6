// Times steps of methods on WebGPU: one until its result is here, and in a row.
import { batchSize } from '../core/config.ts';
const { startNodeBackend } = await import('./startNodeBackend.ts');
const backend = process.argv[2] ?? 'webgpu';
const names = (process.argv[3] ?? 'er-mir,gen,gen-mir,gem,icarl').split(',');
console.log(JSON.stringify(await startNodeBackend(backend as never)));
const { presetConfig, paperRows } = await import('../core/presets.ts');
const { readDataset } = await import('./data/readDataset.ts');
const { scenarios } = await import('../core/scenarios.ts');
const { sequentialStream } = await import('../core/stream.ts');
const { imageSource } = await import('../engine/data/imageSource.ts');
const { classifierFor } = await import('../engine/models/mlp.ts');
const { createLearner } = await import('../engine/createLearner.ts');
const med = (v: number[]) => v.sort((a, b) => a - b)[v.length >> 1];
for (const name of names) {
  const [method, scenario = 'split-mnist'] = name.split('@') as [never, string?];
  const row = paperRows.find(
    (r: any) =>
      r.config.method === method &&
      r.config.scenario === scenario &&
      (method as string).startsWith('gen') &&
      r.table === 1 &&
      (r.variant ?? '') === '',
  );
  const config: any =
    row?.config ??
    presetConfig(scenario as never, method, {
      aeEpochs: 1,
      samplesPerTask: scenario === 'split-mnist' ? 1000 : 300,
    } as never);
  const dataset: any = await (readDataset as any)(
    scenarios[scenario as never] ? (scenarios as any)[scenario].dataset : 'mnist',
    {},
  ).catch((e: Error) => {
    console.log(e.message);
    return null;
  });
  const set = dataset?.dataset ?? dataset;
  if (!set) continue;
  const sc: any = (scenarios as any)[scenario];
  const view = sc.view(config, set);
  const tasks = sc.tasks({ train: set.train.labels, test: set.test.labels }, config);
  const learner: any = createLearner({
    config,
    classifier: classifierFor(config, set),
    images: imageSource(set.train, view),
    training: { set: set.train, view, tasks },
    imageShape: set.imageShape,
    classCount: set.classNames.length,
    taskCount: tasks.length,
  });
  const stream = sequentialStream(tasks, set.train.labels).flatMap((s: any) => s.batches);
  const first = stream.filter((b: any) => b.tasks[0] === 1),
    second = stream.filter((b: any) => b.tasks[0] === 2),
    retrieval: any = /mir/.test(method) ? 'mir' : 'random';
  const use = async (o: any) => {
    const l = o.losses.read();
    for (const r of o.replays) r.picks.drop();
    for (const r of o.replacedLatents) r.drop();
    return l;
  };
  const drop = (o: any) => {
    o.losses.drop();
    for (const r of o.replays) r.picks.drop();
    for (const r of o.replacedLatents) r.drop();
  };
  const prep = async (bs: any[]) => {
    if (!learner.startTask) return null;
    const t: number[] = [];
    let a = performance.now(),
      n = 0;
    for (const { loss } of learner.startTask(bs)) {
      n++;
      if (loss) {
        await loss.read();
        const b = performance.now();
        t.push((b - a) / n);
        a = b;
        n = 0;
      }
    }
    return med(t.slice(1));
  };
  await prep(first.slice(0, 12));
  for (const b of first.slice(0, 12)) await use(learner.observe(b, retrieval, false));
  await learner.finishTask?.();
  const u = await prep(second.slice(0, 40));
  const a0 = performance.now();
  await use(learner.observe(second[0], retrieval, false));
  const firstMs = performance.now() - a0;
  const n = /gen|ae|cifar/.test(name) ? 10 : 60;
  const ones: number[] = [],
    js: number[] = [];
  for (let i = 0; i < 10; i++) {
    const a = performance.now();
    await use(learner.observe(second[i % second.length], retrieval, false));
    ones.push(performance.now() - a);
  }
  const rows: number[] = [];
  for (let k = 0; k < 3; k++) {
    const a = performance.now();
    let last: any;
    for (let i = 0; i < n; i++) {
      const b = performance.now();
      const o = learner.observe(second[i % second.length], retrieval, false);
      js.push(performance.now() - b);
      if (i < n - 1) drop(o);
      else last = o;
    }
    await use(last);
    rows.push((performance.now() - a) / n);
  }
  console.log(
    `${name}: first of task 2 ${firstMs.toFixed(0)} ms; one and its result ${med(ones).toFixed(2)} ms; in a row ${med(rows).toFixed(3)} ms; JavaScript ${med(js).toFixed(3)} ms${u ? `; autoencoder's update ${u.toFixed(2)} ms` : ''}`,
  );
  learner.dispose();
}
void batchSize;
process.exit(0);
