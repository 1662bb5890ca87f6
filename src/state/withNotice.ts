import type { LabState, Notice } from './labState.ts';

/** Adds a sentence for the viewer. The same sentence is not shown twice. */
export function withNotice(state: LabState, tone: Notice['tone'], text: string): LabState {
  if (state.notices.some((notice) => notice.text === text)) return state;
  const id = (state.notices.at(-1)?.id ?? 0) + 1;
  return { ...state, notices: [...state.notices, { id, tone, text }] };
}
