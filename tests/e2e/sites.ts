/** The built site must work below any path, so it is served from one. */
export const subPath = '/lectures/mir-lab/';

/** A preview takes a free port, and Playwright reads it from what it prints. */
const addressAt = (port: string) => `http://localhost:${process.env[port] ?? ''}${subPath}`;

/** With the first of MNIST's test images alone: smallSite.ts. */
export const smallSite = () => addressAt('SMALL_SITE_PORT');

/** As it was built. */
export const wholeSite = () => addressAt('SITE_PORT');
