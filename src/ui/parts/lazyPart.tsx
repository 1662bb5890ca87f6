import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { say } from '../../texts/say.ts';

function UnreachablePart() {
  return <p role="alert">{say('app.unreachablePart')}</p>;
}

/**
 * A part of the page that is fetched when it is first shown, so that a first visit need not wait for it. In the place of
 * one that cannot be fetched stands what to do; the rest of the page stays as it is.
 *
 * @param Unreachable stands in the place of a part that cannot be fetched
 */
export function lazyPart<Props extends object>(
  fetchPart: () => Promise<ComponentType<Props>>,
  Unreachable: () => ReactNode = UnreachablePart,
): (props: Props) => ReactNode {
  const Part = lazy(
    async (): Promise<{ default: ComponentType<Props> }> => ({
      default: await fetchPart().catch(() => Unreachable),
    }),
  );
  return function LazyPart(props: Props) {
    return (
      <Suspense>
        <Part {...props} />
      </Suspense>
    );
  };
}
