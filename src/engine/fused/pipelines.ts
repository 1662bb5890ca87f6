import type { Program } from './program.ts';

/** A program on a device. */
export interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly groups: number;
}

const compiled = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>();

/** Compiles programs for a device; the same text is compiled once for all learners. */
export function dispatchesOf(device: GPUDevice, groupLayout: GPUBindGroupLayout, programs: readonly Program[]): Dispatch[] {
  const known = compiled.get(device) ?? new Map<string, GPUComputePipeline>();
  compiled.set(device, known);
  const layout = device.createPipelineLayout({ bindGroupLayouts: [groupLayout] });
  return programs.map(({ code, groups }) => {
    const pipeline = known.get(code) ?? device.createComputePipeline({ layout, compute: { module: device.createShaderModule({ code }) } });
    known.set(code, pipeline);
    return { pipeline, groups };
  });
}

const layouts = new WeakMap<GPUDevice, Map<string, GPUBindGroupLayout>>();

/** The layout of storage buffers in order, of which the first `readOnly` are never written; one for each name and device. */
export function bindGroupLayout(device: GPUDevice, name: string, count: number, readOnly: number): GPUBindGroupLayout {
  const known = layouts.get(device) ?? new Map<string, GPUBindGroupLayout>();
  layouts.set(device, known);
  const layout =
    known.get(name) ??
    device.createBindGroupLayout({
      label: name,
      entries: Array.from({ length: count }, (_, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: binding < readOnly ? 'read-only-storage' : 'storage' },
      })),
    });
  known.set(name, layout);
  return layout;
}
