import type { MethodName } from '../../engine/config.ts';
import { FlowStep } from './FlowStep.tsx';
import { Formula } from './Formula.tsx';
import { GenerativeFlow } from './GenerativeFlow.tsx';
import { HybridFlow } from './HybridFlow.tsx';
import { MemoryFlow } from './MemoryFlow.tsx';
import { methodFlows } from './methodFlows.ts';
import type { StepView } from './stepView.ts';

/** What a method does with an incoming batch, part by part. */
export function MethodFlow({ method, view }: { readonly method: MethodName; readonly view: StepView }) {
  switch (method) {
    case 'gem':
    case 'icarl':
      return methodFlows[method].map(({ title, tex, text }) => (
        <FlowStep key={title} title={title}>
          <Formula tex={tex} />
          <p>{text}</p>
        </FlowStep>
      ));
    case 'gen':
    case 'gen-mir':
      return <GenerativeFlow {...view} />;
    case 'ae-er':
    case 'ae-mir':
      return <HybridFlow {...view} />;
    case 'er':
    case 'er-mir':
    case 'fine-tune':
    case 'iid-online':
    case 'iid-offline':
      return <MemoryFlow {...view} />;
    default:
      return method satisfies never;
  }
}
