import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A call of what says a text: its key, with a star for each part that is not written out, and the names of its values. */
export interface Said {
  readonly key: string;
  /** Null where they are not written out. */
  readonly values: readonly string[] | null;
  readonly place: string;
}

/** Words in a source file that no language file has. */
export interface Words {
  readonly words: string;
  readonly place: string;
}

/** Files that speak to the viewer. */
export function speakingFiles(): string[] {
  return ['src/ui', 'src/state', 'src/link', 'src/texts']
    .flatMap((folder) =>
      readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
    )
    .concat('src/main.tsx')
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .toSorted();
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TSX);
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

function placeOf(node: ts.Node): string {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}

/** Every key that an expression may be: "a.b", or "a.*" for `a.${b}`. */
function keysIn(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `*${literal.text}`).join('')];
  if (ts.isConditionalExpression(node)) return [...keysIn(node.whenTrue), ...keysIn(node.whenFalse)];
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return keysIn(node.expression);
  return [];
}

function valuesIn(node: ts.Expression | undefined): readonly string[] | null {
  if (node === undefined) return [];
  if (!ts.isObjectLiteralExpression(node)) return null;
  const names = node.properties.map(({ name }) => (name !== undefined && ts.isIdentifier(name) ? name.text : null));
  return names.some((name) => name === null) ? null : names.filter((name) => name !== null);
}

function attribute(node: ts.JsxOpeningLikeElement, name: string): ts.Expression | undefined {
  const found = node.attributes.properties.find(
    (property) => ts.isJsxAttribute(property) && property.name.getText() === name,
  );
  const value = found !== undefined && ts.isJsxAttribute(found) ? found.initializer : undefined;
  if (value === undefined) return undefined;
  return ts.isJsxExpression(value) ? value.expression : ts.isStringLiteral(value) ? value : undefined;
}

const sayers = ['say', 'sayParts', 'sayOr', 'wordsOr'];

/** Every text that a file says. */
export function saidIn(path: string, text = readFileSync(root + path, 'utf8')): Said[] {
  const said: Said[] = [];
  const add = (node: ts.Node, key: ts.Expression | undefined, values: readonly string[] | null) => {
    if (key !== undefined) for (const one of keysIn(key)) said.push({ key: one, values, place: placeOf(node) });
  };
  walk(parse(path, text), (node) => {
    if (ts.isCallExpression(node) && sayers.includes(node.expression.getText())) {
      const own = node.expression.getText() === 'say' ? node.arguments.at(1) : node.arguments.at(2);
      add(node, node.arguments.at(0), node.expression.getText() === 'sayParts' ? null : valuesIn(own));
    }
    if ((ts.isJsxSelfClosingElement(node) || ts.isJsxOpeningElement(node)) && node.tagName.getText() === 'Said') {
      const marks = valuesIn(attribute(node, 'marks'));
      const values = valuesIn(attribute(node, 'values'));
      add(node, attribute(node, 'text'), marks === null || values === null ? null : [...values, ...marks]);
    }
  });
  return said;
}

/** Attributes and fields whose text a viewer sees or hears. */
const spokenNames =
  /^(aria-(label|valuetext|description|roledescription)|title|placeholder|alt|tip|caption|label|head|heading|of|unit|text|note|shown|spoken|explanation|words)$/;

/** Attributes whose text is none. */
const silentAttributes =
  /^(className|style|id|type|role|accept|href|src|d|transform|viewBox|points|data-.*|key|name|rel|text)$/;
/** Calls whose texts are for developers, or name something. */
const silentCalls =
  /(^|\.)(querySelector(All)?|closest|matches|matchMedia|addEventListener|removeEventListener|say|sayParts|sayOr|wordsOr|includes|startsWith|endsWith|replace|replaceAll|split|getContext|setAttribute|Error|TypeError|RangeError|DOMException|RegExp|error|warn|glob|createElement|describe|getPropertyValue|setProperty|append|once)$/;

/** Whether a text is there to be read: several words, or one that begins a label. */
function isProse(text: string, isTemplate: boolean): boolean {
  // Formulas in TeX.
  if (/\\[a-z]+/i.test(text)) return false;
  // Selectors and media queries.
  if (/^\(.*: .*\)$|\[[\w-]+(="[^"]*")?\]/.test(text)) return false;
  if (/\p{L}{2,}[,;:.]?\s+\p{L}+/u.test(text)) return true;
  if (isTemplate) return /(^|\s)\p{L}{2,}\s|\s\p{L}{2,}[.,;:]?($|\s)/u.test(text);
  return /^[A-Z][a-z]{2,}$/.test(text);
}

function isSilent(node: ts.Node): boolean {
  for (let at: ts.Node = node; !ts.isSourceFile(at.parent); at = at.parent) {
    const { parent } = at;
    if (ts.isImportDeclaration(parent) || ts.isTypeNode(parent)) return true;
    if (ts.isJsxAttribute(parent)) {
      const name = parent.name.getText();
      const isElement = /^[a-z]/.test(parent.parent.parent.tagName.getText());
      if (silentAttributes.test(name) && !(name === 'text' && !isElement && at !== parent.initializer)) return true;
      return false;
    }
    if (ts.isJsxElement(parent) || ts.isStatement(parent)) {
      if (ts.isThrowStatement(parent)) return true;
      return false;
    }
    if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
      if (at !== parent.expression && silentCalls.test(parent.expression.getText())) return true;
    }
    if (ts.isBinaryExpression(parent) && /^[!=]==$/.test(parent.operatorToken.getText())) return true;
    if (ts.isCaseClause(parent) || ts.isElementAccessExpression(parent)) return true;
    if (ts.isPropertyAssignment(parent) && at === parent.name) return true;
    if (ts.isTaggedTemplateExpression(parent)) return true;
  }
  return false;
}

/** Whether a text is what a spoken attribute or field gets, or an element shows, at once or in one of two cases. */
function isSpoken(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isConditionalExpression(parent) && node !== parent.condition) return isSpoken(parent);
  if (ts.isParenthesizedExpression(parent)) return isSpoken(parent);
  const above = ts.isJsxExpression(parent) ? parent.parent : parent;
  if (ts.isJsxAttribute(above)) {
    const name = above.name.getText();
    const tag = above.parent.parent.tagName.getText();
    // What these are given names a text or a formula.
    if (/^(Said|Formula)$/.test(tag)) return false;
    return spokenNames.test(name) || (name === 'name' && /^[A-Z]/.test(tag));
  }
  if (ts.isJsxExpression(parent)) return true;
  return ts.isPropertyAssignment(parent) && spokenNames.test(parent.name.getText());
}

/** Every word for the viewer that stands in a source file instead of the language files. */
export function wordsIn(path: string, text = readFileSync(root + path, 'utf8')): Words[] {
  const found: Words[] = [];
  const add = (node: ts.Node, words: string) => {
    found.push({ words: words.trim().replaceAll(/\s+/g, ' '), place: placeOf(node) });
  };
  walk(parse(path, text), (node) => {
    if (ts.isJsxText(node)) {
      if (/\p{L}{2,}/u.test(node.text)) add(node, node.text);
    } else if (ts.isStringLiteralLike(node)) {
      const { parent } = node;
      const isRaw = ts.isCallExpression(parent) || ts.isTaggedTemplateExpression(parent);
      if (!isRaw && isSpoken(node) ? /\p{L}{2,}/u.test(node.text) : isProse(node.text, false) && !isSilent(node))
        add(node, node.text);
    } else if (ts.isTemplateExpression(node)) {
      const whole = node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
      const pieces = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
      if (pieces.some((piece) => isProse(piece, true)) && !isSilent(node)) add(node, whole);
    }
  });
  return found;
}
