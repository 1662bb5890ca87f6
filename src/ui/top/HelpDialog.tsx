import { scenarioNames } from '../../core/config.ts';
import { methodNames, methods } from '../../core/methods.ts';
import { say } from '../../texts/say.ts';
import { useNamingRun } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { LanguageChoice, Said } from '../parts/Said.tsx';
import { methodSentence, scenarioNameBeside, scenarioSentence } from '../parts/words.ts';
import style from './HelpDialog.module.css';

const keys = ['play', 'step', 'reset'] as const;

const words = ['averageAccuracy', 'averageForgetting', 'score', 'latent', 'madeUpClass', 'elbo'] as const;

/** All five tasks in about a minute of one processor's time, with weights of the search under which its finds differ visibly. */
const generativeLecture =
  '#lanes=gen,gen-mir&samples-per-task=300&gen-learning-rate=0.1&gen-iterations=10&cls-iterations=5&replay-batches=4&vae-depth=1&vae-hidden=256&vae-latents=16&vae-dropout=0&ascent-steps=20&cls-interference=5&cls-entropy=5&cls-shell=1&gen-kl=0&gen-entropy=0&gen-diversity=0';

/** What the page shows, for someone who sees it for the first time. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const run = useNamingRun();
  return (
    <Dialog title={say('help.title')} onClose={onClose}>
      <div className={style.text}>
        <LanguageChoice />
        <p>{say('help.forgetting')}</p>
        <p>
          <Said text="help.replay" />
        </p>
        <p>
          <Said
            text="help.withoutImages"
            marks={{
              link: (words) => (
                <a href={generativeLecture} onClick={onClose}>
                  {words}
                </a>
              ),
            }}
          />
        </p>
        <p>{say('help.tryThis')}</p>
        <h3>{say('help.scenarios')}</h3>
        <dl>
          {scenarioNames.map((scenario) => (
            <div key={scenario}>
              <dt>{scenarioNameBeside(scenario, run)}</dt>
              <dd>{scenarioSentence(scenario, run)}</dd>
            </div>
          ))}
        </dl>
        <h3>{say('help.methods')}</h3>
        <dl>
          {methodNames.map((method) => (
            <div key={method}>
              <dt>{methods[method].label}</dt>
              <dd>{methodSentence(method)}</dd>
            </div>
          ))}
        </dl>
        <h3>{say('help.words.title')}</h3>
        <dl>
          {words.map((word) => (
            <div key={word}>
              <dt>{say(`help.words.${word}.word`)}</dt>
              <dd>{say(`help.words.${word}.means`)}</dd>
            </div>
          ))}
        </dl>
        <h3>{say('help.keys.title')}</h3>
        <dl>
          {keys.map((key) => (
            <div key={key}>
              <dt>
                <kbd>{say(`help.keys.${key}.key`)}</kbd>
              </dt>
              <dd>{say(`help.keys.${key}.does`)}</dd>
            </div>
          ))}
        </dl>
      </div>
    </Dialog>
  );
}
