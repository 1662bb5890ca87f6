// AssemblyScript: `npm run build:kernels` compiles this file to kernelsBinary.ts. Addresses and distances count bytes.

/**
 * C = A B, or C += A B.
 *
 * Blocks of at most 4 rows and 8 columns, one row of B at a time: more would not fit the 16 registers, and V8 moves the
 * loads of an unrolled loop to its start, which does not fit either (half the speed, measured).
 *
 * @param aRow from one row of A to the next
 * @param aDepth from one column of A to the next
 * @param bDepth from one row of B to the next
 * @param bPanel from 8 columns of B to the next 8, which are adjacent in a row
 * @param cRow from one row of C to the next
 * @param add whether to add to what is in C
 */
export function product(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  bPanel: usize,
  c: usize,
  cRow: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  add: bool,
): void {
  // Three blocks of 3 rows rather than two of 4 and a single row.
  const over = rows & 3;
  const threes = over == 0 || rows < 3 * (4 - over) ? 0 : 4 - over;
  const fours = (rows - 3 * threes) & ~3;
  let column = 0;
  for (; column + 4 <= columns; ) {
    const panel = b + usize(column >> 3) * bPanel + usize((column & 4) << 2);
    const wide = column + 8 <= columns;
    let from = a;
    let to = c + usize(column << 2);
    let row = 0;
    for (; row < fours; row += 4) {
      if (wide) fourRows(from, aRow, aDepth, panel, bDepth, to, cRow, depth, add);
      else fourNarrowRows(from, aRow, aDepth, panel, bDepth, to, cRow, depth, add);
      from += aRow << 2;
      to += cRow << 2;
    }
    for (; row + 3 <= rows; row += 3) {
      if (wide) threeRows(from, aRow, aDepth, panel, bDepth, to, cRow, depth, add);
      else threeNarrowRows(from, aRow, aDepth, panel, bDepth, to, cRow, depth, add);
      from += 3 * aRow;
      to += 3 * cRow;
    }
    for (; row < rows; row++) {
      if (wide) oneRow(from, aRow, aDepth, panel, bDepth, to, cRow, depth, add);
      else oneNarrowRow(from, aRow, aDepth, panel, bDepth, to, cRow, depth, add);
      from += aRow;
      to += cRow;
    }
    column += wide ? 8 : 4;
  }
  for (; column < columns; column++) {
    const panel = b + usize(column >> 3) * bPanel + usize((column & 7) << 2);
    for (let row = 0; row < rows; row++)
      oneNumber(a + usize(row) * aRow, aDepth, panel, bDepth, c + usize(row) * cRow + usize(column << 2), depth, add);
  }
}

/** 4 × 8 numbers of {@link product}. */
function fourRows(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  c: usize,
  cRow: usize,
  depth: i32,
  add: bool,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  let sum0 = f32x4.splat(0);
  let more0 = sum0;
  let sum1 = sum0;
  let more1 = sum0;
  let sum2 = sum0;
  let more2 = sum0;
  let sum3 = sum0;
  let more3 = sum0;
  if (add) {
    sum0 = v128.load(c);
    more0 = v128.load(c, 16);
    sum1 = v128.load(c1);
    more1 = v128.load(c1, 16);
    sum2 = v128.load(c2);
    more2 = v128.load(c2, 16);
    sum3 = v128.load(c3);
    more3 = v128.load(c3, 16);
  }
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const value0 = v128.load32_splat(a);
    const value1 = v128.load32_splat(a1);
    const value2 = v128.load32_splat(a2);
    const value3 = v128.load32_splat(a3);
    sum0 = f32x4.add(sum0, f32x4.mul(value0, left));
    more0 = f32x4.add(more0, f32x4.mul(value0, right));
    sum1 = f32x4.add(sum1, f32x4.mul(value1, left));
    more1 = f32x4.add(more1, f32x4.mul(value1, right));
    sum2 = f32x4.add(sum2, f32x4.mul(value2, left));
    more2 = f32x4.add(more2, f32x4.mul(value2, right));
    sum3 = f32x4.add(sum3, f32x4.mul(value3, left));
    more3 = f32x4.add(more3, f32x4.mul(value3, right));
    b += bDepth;
    a += aDepth;
    a1 += aDepth;
    a2 += aDepth;
    a3 += aDepth;
  }
  v128.store(c, sum0);
  v128.store(c, more0, 16);
  v128.store(c1, sum1);
  v128.store(c1, more1, 16);
  v128.store(c2, sum2);
  v128.store(c2, more2, 16);
  v128.store(c3, sum3);
  v128.store(c3, more3, 16);
}

/** 3 × 8 numbers of {@link product}. */
function threeRows(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  c: usize,
  cRow: usize,
  depth: i32,
  add: bool,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  let sum0 = f32x4.splat(0);
  let more0 = sum0;
  let sum1 = sum0;
  let more1 = sum0;
  let sum2 = sum0;
  let more2 = sum0;
  if (add) {
    sum0 = v128.load(c);
    more0 = v128.load(c, 16);
    sum1 = v128.load(c1);
    more1 = v128.load(c1, 16);
    sum2 = v128.load(c2);
    more2 = v128.load(c2, 16);
  }
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const value0 = v128.load32_splat(a);
    const value1 = v128.load32_splat(a1);
    const value2 = v128.load32_splat(a2);
    sum0 = f32x4.add(sum0, f32x4.mul(value0, left));
    more0 = f32x4.add(more0, f32x4.mul(value0, right));
    sum1 = f32x4.add(sum1, f32x4.mul(value1, left));
    more1 = f32x4.add(more1, f32x4.mul(value1, right));
    sum2 = f32x4.add(sum2, f32x4.mul(value2, left));
    more2 = f32x4.add(more2, f32x4.mul(value2, right));
    b += bDepth;
    a += aDepth;
    a1 += aDepth;
    a2 += aDepth;
  }
  v128.store(c, sum0);
  v128.store(c, more0, 16);
  v128.store(c1, sum1);
  v128.store(c1, more1, 16);
  v128.store(c2, sum2);
  v128.store(c2, more2, 16);
}

/** 1 × 8 numbers of {@link product}. */
function oneRow(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  c: usize,
  cRow: usize,
  depth: i32,
  add: bool,
): void {
  let sum0 = f32x4.splat(0);
  let more0 = sum0;
  if (add) {
    sum0 = v128.load(c);
    more0 = v128.load(c, 16);
  }
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const value0 = v128.load32_splat(a);
    sum0 = f32x4.add(sum0, f32x4.mul(value0, left));
    more0 = f32x4.add(more0, f32x4.mul(value0, right));
    b += bDepth;
    a += aDepth;
  }
  v128.store(c, sum0);
  v128.store(c, more0, 16);
}

/** 4 × 4 numbers of {@link product}. */
function fourNarrowRows(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  c: usize,
  cRow: usize,
  depth: i32,
  add: bool,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  const c3 = c2 + cRow;
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  if (add) {
    sum0 = v128.load(c);
    sum1 = v128.load(c1);
    sum2 = v128.load(c2);
    sum3 = v128.load(c3);
  }
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const value0 = v128.load32_splat(a);
    const value1 = v128.load32_splat(a1);
    const value2 = v128.load32_splat(a2);
    const value3 = v128.load32_splat(a3);
    sum0 = f32x4.add(sum0, f32x4.mul(value0, left));
    sum1 = f32x4.add(sum1, f32x4.mul(value1, left));
    sum2 = f32x4.add(sum2, f32x4.mul(value2, left));
    sum3 = f32x4.add(sum3, f32x4.mul(value3, left));
    b += bDepth;
    a += aDepth;
    a1 += aDepth;
    a2 += aDepth;
    a3 += aDepth;
  }
  v128.store(c, sum0);
  v128.store(c1, sum1);
  v128.store(c2, sum2);
  v128.store(c3, sum3);
}

/** 3 × 4 numbers of {@link product}. */
function threeNarrowRows(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  c: usize,
  cRow: usize,
  depth: i32,
  add: bool,
): void {
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  const c1 = c + cRow;
  const c2 = c1 + cRow;
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  if (add) {
    sum0 = v128.load(c);
    sum1 = v128.load(c1);
    sum2 = v128.load(c2);
  }
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const value0 = v128.load32_splat(a);
    const value1 = v128.load32_splat(a1);
    const value2 = v128.load32_splat(a2);
    sum0 = f32x4.add(sum0, f32x4.mul(value0, left));
    sum1 = f32x4.add(sum1, f32x4.mul(value1, left));
    sum2 = f32x4.add(sum2, f32x4.mul(value2, left));
    b += bDepth;
    a += aDepth;
    a1 += aDepth;
    a2 += aDepth;
  }
  v128.store(c, sum0);
  v128.store(c1, sum1);
  v128.store(c2, sum2);
}

/** 1 × 4 numbers of {@link product}. */
function oneNarrowRow(
  a: usize,
  aRow: usize,
  aDepth: usize,
  b: usize,
  bDepth: usize,
  c: usize,
  cRow: usize,
  depth: i32,
  add: bool,
): void {
  let sum0 = f32x4.splat(0);
  if (add) {
    sum0 = v128.load(c);
  }
  for (; depth > 0; depth--) {
    const left = v128.load(b);
    const value0 = v128.load32_splat(a);
    sum0 = f32x4.add(sum0, f32x4.mul(value0, left));
    b += bDepth;
    a += aDepth;
  }
  v128.store(c, sum0);
}

/** One number of {@link product}. */
function oneNumber(a: usize, aDepth: usize, b: usize, bDepth: usize, c: usize, depth: i32, add: bool): void {
  let sum: f32 = add ? load<f32>(c) : 0;
  for (; depth > 0; depth--) {
    sum += load<f32>(a) * load<f32>(b);
    a += aDepth;
    b += bDepth;
  }
  store<f32>(c, sum);
}

/**
 * Puts a matrix into panels of 8 columns, the panels one after another; the last is filled up with zeros.
 *
 * @param row from one row of the matrix to the next
 * @param column from one column to the next
 * @param panels where they go: rows · 32 bytes each
 */
export function pack(matrix: usize, row: usize, column: usize, rows: i32, columns: i32, panels: usize): void {
  for (let first = 0; first < columns; first += 8) {
    const width = columns - first < 8 ? columns - first : 8;
    for (let k = 0; k < rows; k++) {
      let from = matrix + usize(k) * row + usize(first) * column;
      for (let n = 0; n < 8; n++) {
        store<f32>(panels, n < width ? load<f32>(from) : 0);
        from += column;
        panels += 4;
      }
    }
  }
}
