import { download } from '../download.ts';
import { pngPicture, svgPicture, type Picture } from './chartPicture.tsx';
import type { ExportFormat } from './ExportMenu.tsx';

/**
 * Has the browser save a chart.
 *
 * @param csv gives the chart's numbers; called only where they are what is wanted
 * @param onFailure takes a sentence if the chart cannot be saved
 */
export async function exportChart(
  format: ExportFormat,
  fileName: string,
  picture: Picture,
  csv: () => string,
  onFailure: (text: string) => void,
): Promise<void> {
  try {
    switch (format) {
      case 'PNG':
        download(await pngPicture(picture), fileName);
        break;
      case 'SVG':
        download(new Blob([await svgPicture(picture)], { type: 'image/svg+xml' }), fileName);
        break;
      case 'CSV':
        download(new Blob([csv()], { type: 'text/csv' }), fileName);
        break;
      default:
        format satisfies never;
    }
  } catch (error) {
    onFailure(`The chart could not be exported: ${error instanceof Error ? error.message : String(error)}`);
  }
}
