// AssemblyScript: `npm run build:kernels` compiles this file to kernelsBinary.ts. Addresses count bytes. The stride of
// a matrix is the distance between its rows. The list of a row holds the places and values of its entries that are not
// 0.

/**
 * For each row of a matrix, lists the entries above 0 and those that are no number, as ReLU lets them pass; or all
 * entries that are not 0.
 */
export function list(
  matrix: usize,
  stride: i32,
  rows: i32,
  width: i32,
  positive: bool,
  places: usize,
  values: usize,
  counts: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const from = matrix + ((row * stride) << 2);
    let count = 0;
    for (let column = 0; column < width; column++) {
      const value = load<f32>(from + (column << 2));
      // Always written, and kept by moving on: this avoids a branch that cannot be predicted.
      const at = (row * width + count) << 2;
      store<i32>(places + at, column);
      store<f32>(values + at, value);
      count += positive ? i32(!(value <= 0)) : i32(value != 0);
    }
    store<i32>(counts + (row << 2), count);
  }
}

/**
 * out[row] = base[row] + Σ values[row][n] · matrix[places[row][n]] over the listed entries of each row. Out may be
 * base. The number of columns is a multiple of four. The work goes strip by strip of columns, so that a strip of the
 * matrix stays in the cache.
 */
export function accumulate(
  places: usize,
  values: usize,
  counts: usize,
  capacity: i32,
  rows: i32,
  matrix: usize,
  base: usize,
  baseStride: i32,
  out: usize,
  stride: i32,
  columns: i32,
): void {
  let column = 0;
  for (; column + 32 <= columns; column += 32) {
    for (let row = 0; row < rows; row++) {
      const start = base + ((row * baseStride + column) << 2);
      let sum0 = v128.load(start);
      let sum1 = v128.load(start, 16);
      let sum2 = v128.load(start, 32);
      let sum3 = v128.load(start, 48);
      let sum4 = v128.load(start, 64);
      let sum5 = v128.load(start, 80);
      let sum6 = v128.load(start, 96);
      let sum7 = v128.load(start, 112);
      const end = (row * capacity + load<i32>(counts + (row << 2))) << 2;
      for (let at = (row * capacity) << 2; at < end; at += 4) {
        const value = f32x4.splat(load<f32>(values + at));
        const from = matrix + ((load<i32>(places + at) * stride + column) << 2);
        sum0 = f32x4.add(sum0, f32x4.mul(value, v128.load(from)));
        sum1 = f32x4.add(sum1, f32x4.mul(value, v128.load(from, 16)));
        sum2 = f32x4.add(sum2, f32x4.mul(value, v128.load(from, 32)));
        sum3 = f32x4.add(sum3, f32x4.mul(value, v128.load(from, 48)));
        sum4 = f32x4.add(sum4, f32x4.mul(value, v128.load(from, 64)));
        sum5 = f32x4.add(sum5, f32x4.mul(value, v128.load(from, 80)));
        sum6 = f32x4.add(sum6, f32x4.mul(value, v128.load(from, 96)));
        sum7 = f32x4.add(sum7, f32x4.mul(value, v128.load(from, 112)));
      }
      const to = out + ((row * stride + column) << 2);
      v128.store(to, sum0);
      v128.store(to, sum1, 16);
      v128.store(to, sum2, 32);
      v128.store(to, sum3, 48);
      v128.store(to, sum4, 64);
      v128.store(to, sum5, 80);
      v128.store(to, sum6, 96);
      v128.store(to, sum7, 112);
    }
  }
  for (; column < columns; column += 4) {
    for (let row = 0; row < rows; row++) {
      let sum = v128.load(base + ((row * baseStride + column) << 2));
      const end = (row * capacity + load<i32>(counts + (row << 2))) << 2;
      for (let at = (row * capacity) << 2; at < end; at += 4) {
        const value = f32x4.splat(load<f32>(values + at));
        sum = f32x4.add(sum, f32x4.mul(value, v128.load(matrix + ((load<i32>(places + at) * stride + column) << 2))));
      }
      v128.store(out + ((row * stride + column) << 2), sum);
    }
  }
}

/**
 * out[place] = Σ row · matrix[place] for the places that are listed, one row; all other numbers of out are 0. The
 * number of columns is a multiple of four.
 */
export function dotListed(
  row: usize,
  places: usize,
  count: i32,
  matrix: usize,
  columns: i32,
  out: usize,
  width: i32,
): void {
  memory.fill(out, 0, width << 2);
  const bytes = columns << 2;
  const pairs = bytes & ~31;
  for (let n = 0; n < count; n++) {
    const place = load<i32>(places + (n << 2));
    const from = matrix + place * bytes;
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    let at = 0;
    for (; at < pairs; at += 32) {
      even = f32x4.add(even, f32x4.mul(v128.load(row + at), v128.load(from + at)));
      odd = f32x4.add(odd, f32x4.mul(v128.load(row + at, 16), v128.load(from + at, 16)));
    }
    if (at < bytes) even = f32x4.add(even, f32x4.mul(v128.load(row + at), v128.load(from + at)));
    const sum = f32x4.add(even, odd);
    store<f32>(
      out + (place << 2),
      f32x4.extract_lane(sum, 0) +
        f32x4.extract_lane(sum, 1) +
        (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)),
    );
  }
}
