/** The version in package.json, noted in every exported run. */
export const engineVersion = '0.1.0';
