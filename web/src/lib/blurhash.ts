const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";

/** The mean colour of a picture, as its BlurHash (blurha.sh) tells it: its third to sixth letter, to base 83. */
export function averageColour(blurhash: string | null | undefined): string | null {
  if (!blurhash || blurhash.length < 6) return null;
  const rgb = [...blurhash.slice(2, 6)].reduce((sum, letter) => sum * 83 + DIGITS.indexOf(letter), 0);
  return `#${(rgb & 0xffffff).toString(16).padStart(6, "0")}`;
}
