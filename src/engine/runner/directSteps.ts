/** A step that WebGPU does not play from a recording, though it would be quicker so. */
export interface DirectStep {
  readonly step: string;
  /** As a part of a sentence. */
  readonly why: string;
}

/** The steps of each runner that is at work. */
const noted = new Map<object, DirectStep[]>();

/** Takes note of a step that a runner runs directly from now on. */
export function noteDirectStep(runner: object, step: DirectStep): void {
  noted.set(runner, [...(noted.get(runner) ?? []), step]);
}

/** A runner has come to its end. */
export function forgetDirectSteps(runner: object): void {
  noted.delete(runner);
}

/** The steps of all runners at work that are not recorded, as sentences, each once. */
export function directStepWords(): string[] {
  const words = [...noted.values()].flat().map(({ step, why }) => `The step "${step}" runs directly: ${why}.`);
  return [...new Set(words)];
}
