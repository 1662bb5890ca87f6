import katex from 'katex';
import type { Plugin } from 'vite';
import { formulas } from '../src/ui/step/formulas.ts';

/** What an import of the formulas for the page ends with. */
const typeset = 'ui/step/formulas.ts?typeset';

/** Typesets the page's formulas while it is built, for the eye and as MathML for screen readers. */
export const typesetFormulas: Plugin = {
  name: 'typeset-formulas',
  load(id) {
    if (!id.endsWith(typeset)) return null;
    const markup = Object.entries(formulas).map(([name, tex]) => [
      name,
      // MathML would say the TeX once more, for programs that copy it.
      katex
        .renderToString(tex, { output: 'htmlAndMathml', throwOnError: true })
        .replace(/<annotation[^>]*>.*?<\/annotation>/su, ''),
    ]);
    return { code: `export default ${JSON.stringify(Object.fromEntries(markup))};`, moduleType: 'js' };
  },
};
