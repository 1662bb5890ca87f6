/** Goldfarb and Idnani's dual method, ported from R's quadprog: arrays count from 1. */
declare module 'quadprog' {
  export interface Solution {
    readonly solution: readonly number[];
    /** Empty if the problem was solved. */
    readonly message: string;
  }
  /** Minimises ½ bᵀ D b − dᵀ b subject to Aᵀ b ≥ b₀. */
  export function solveQP(D: number[][], d: number[], A: number[][], b0: number[]): Solution;
}
