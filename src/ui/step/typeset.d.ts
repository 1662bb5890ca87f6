/** Formulas as HTML, which build/typesetFormulas.ts makes of those in TeX. */
declare module '*?typeset' {
  const markup: Readonly<Record<string, string>>;
  export default markup;
}
