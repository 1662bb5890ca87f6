import { scenarioNames } from '../../core/config.ts';
import { methodNames, methods } from '../../core/methods.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { scenarioSentences, scenarioWords } from '../parts/words.ts';
import style from './HelpDialog.module.css';
import shareStyle from './ShareDialog.module.css';

const keys = [
  ['Space', 'play or pause'],
  ['→', 'train one step'],
  ['R', 'reset: the same run again'],
] as const;

/** All five tasks in 91 s of one processor's time, 1 thread on wasm; about 54% right at the end. */
const generativeLecture = '#lanes=gen,gen-mir&samples-per-task=500&gen-iterations=5&cls-iterations=5';

/** What the page shows, for someone who sees it for the first time. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="How it works" onClose={onClose}>
      <div className={style.text}>
        <p>
          A network that learns one thing after another forgets the earlier ones. Here that happens before your eyes:
          images arrive in batches of ten, task by task, and each is seen only once. In Split MNIST each of the five
          tasks brings two digits; after the last one the network is asked about all ten.
        </p>
        <p>
          The cure is to keep a few old images in a memory and learn some of them again with every batch. All lanes
          start from the same weights and see the same images; they differ in{' '}
          <strong>which memories they replay</strong>. ER draws them at random. MIR (Maximally Interfered Retrieval;
          Aljundi and others, NeurIPS 2019) first tries the coming update on a copy of the network and replays the
          memories that it would hurt most.
        </p>
        <p>
          Two more ways need no images in memory. <strong>GEN</strong> trains a generator beside the classifier and
          learns again what it dreams up; <strong>AE</strong> keeps latents, the few numbers to which an autoencoder
          shrinks an image. For both, MIR climbs in the space of latents to where the coming update would hurt most.
          Choose GEN in Split MNIST or AE-ER in Split CIFAR-10 as a lane’s method. Without a graphics card GEN takes
          minutes;{' '}
          <a href={generativeLecture} onClick={onClose}>
            GEN beside GEN-MIR with lecture settings
          </a>{' '}
          takes about a minute and a half: half the images and fewer repetitions, so accuracy stays below the paper’s.
        </p>
        <p>
          Try this: press Play, wait until task 3, and switch Lane A from Random to MIR. The charts mark the moment. One
          run is one throw of the dice; press New seed to see another.
        </p>
        <h3>Scenarios</h3>
        <dl>
          {scenarioNames.map((scenario) => (
            <div key={scenario}>
              <dt>{scenarioWords[scenario]}</dt>
              <dd>{scenarioSentences[scenario]}</dd>
            </div>
          ))}
        </dl>
        <h3>Methods</h3>
        <dl>
          {methodNames.map((method) => (
            <div key={method}>
              <dt>{methods[method].label}</dt>
              <dd>{methods[method].sentence}</dd>
            </div>
          ))}
        </dl>
        <h3>Words</h3>
        <dl>
          <div>
            <dt>Average accuracy</dt>
            <dd>Share of test images named right: the mean over the tasks seen so far.</dd>
          </div>
          <div>
            <dt>Average forgetting</dt>
            <dd>How far the accuracy on each earlier task has fallen from its best, on average, in points.</dd>
          </div>
          <div>
            <dt>Score</dt>
            <dd>By how much the coming update would raise a memory’s loss. High: about to be forgotten.</dd>
          </div>
          <div>
            <dt>Latent</dt>
            <dd>The few numbers from which a decoder makes a whole image.</dd>
          </div>
          <div>
            <dt>Class, % under a made-up image</dt>
            <dd>
              What the classifier as it was before this task takes it for, and how sure it is. This is the label it is
              learnt with.
            </dd>
          </div>
          <div>
            <dt>−ELBO</dt>
            <dd>
              The negative evidence lower bound: how badly a generator knows the test images, in nats. Reconstruction,
              what an image costs given its latent, plus KL, what the latent costs. Lower is better.
            </dd>
          </div>
        </dl>
        <h3>Keys</h3>
        <dl>
          {keys.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}

/** The link to select by hand, where the browser does not let the page use the clipboard. */
export function ShareDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Share link" onClose={onClose}>
      <label className={shareStyle.field}>
        This browser does not let the page use the clipboard. Copy the link from here:
        <input
          className={shareStyle.link}
          readOnly
          autoFocus
          value={location.href}
          onFocus={(event) => event.target.select()}
        />
      </label>
    </Dialog>
  );
}
