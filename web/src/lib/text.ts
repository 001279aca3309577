/** "Đường Lê Lợi" → "duong le loi" */
export const fold = (text: string): string =>
  text.normalize("NFD").replace(/\p{Diacritic}/gu, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();

/** A report's code as people type it: "h7k 9m2r" → "H7K-9M2R"; null when it cannot be one. */
export function reportCode(typed: string): string | null {
  const plain = typed.toUpperCase().replace(/[\s\-–—_.]/g, "");
  if (!/^[0-9A-Z]{6,10}$/.test(plain)) return null;
  return plain.length <= 4 ? plain : `${plain.slice(0, -4)}-${plain.slice(-4)}`;
}

export const phoneLooksRight = (text: string): boolean => /^(\+84|84|0)\d{8,10}$/.test(text.replace(/[\s.-]/g, ""));
export const emailLooksRight = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim());

export function uuid(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  // plain http on a LAN has no randomUUID
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6]! & 0x0f) | 0x40;
  b[8] = (b[8]! & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
