import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { DataError, grouped, type FileReference } from './dataError.ts';
import type { ManifestFile } from './manifest.ts';

/** Whether bytes are gzip-compressed (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Checks bytes against the manifest: as stored, or as they are after a server has unpacked them on the way.
 *
 * @throws DataError if the length or the SHA-256 differs
 */
export function checkFile(file: FileReference, expected: ManifestFile, bytes: Uint8Array): void {
  const packed = isGzip(bytes);
  const length = packed ? expected.bytes : expected.contentBytes;
  if (bytes.length !== length) {
    throw new DataError(file, `has ${grouped(bytes.length)} bytes; ${grouped(packed ? length : expected.bytes)} are needed`);
  }
  const found = bytesToHex(sha256(bytes));
  const wanted = packed ? expected.sha256 : expected.contentSha256;
  if (found !== wanted) {
    throw new DataError(file, `is corrupted: its SHA-256 begins with ${found.slice(0, 8)}, it should begin with ${wanted.slice(0, 8)}`);
  }
}
