import katex from 'katex';
import { memo } from 'react';

/** A formula of Algorithm 1 in TeX, typeset for the eye and as MathML for screen readers. */
export const Formula = memo(function Formula({ tex }: { readonly tex: string }) {
  const markup = katex.renderToString(tex, { output: 'htmlAndMathml', throwOnError: true });
  return <span dangerouslySetInnerHTML={{ __html: markup }} />;
});
