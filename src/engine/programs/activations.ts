/** WGSL of what follows a layer. Each lets NaN through, and none overflows. */
export const activations = `
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn sigmoid(x : f32) -> f32 {
  let e = exp(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}
// ln(1 + e), where e may be too small for the sum to hold it.
fn logOnePlus(e : f32) -> f32 {
  return select(log(1.0 + e), e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - e * (0.25 - 0.2 * e)))), e < 0.05);
}
fn softplus(x : f32) -> f32 { return relu(x) + logOnePlus(exp(-abs(x))); }
`;
