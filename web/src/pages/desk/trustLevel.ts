/** Every report starts at 50: below this, what speaks against one outweighs what speaks for it by far. */
const LOW = 40;
export const isLow = (trust: number | null): trust is number => trust !== null && trust < LOW;
