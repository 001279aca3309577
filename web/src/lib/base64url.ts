/** base64url without padding, as WebAuthn and PKCE write it, to bytes and back. */
export function bytes(value: string): Uint8Array<ArrayBuffer> {
  const plain = atob(value.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}
export function text(value: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(value))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
