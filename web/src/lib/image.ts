/** Shrinks a photo before it travels. Small originals go as they are: they still carry their place and time. */
export const KEEP_BELOW = 3 * 1024 * 1024;
export const LONGEST = 2048;

export function fit(width: number, height: number, longest = LONGEST): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

export async function shrink(file: File): Promise<{ blob: Blob; name: string }> {
  const original = { blob: file as Blob, name: file.name || "photo.jpg" };
  if (file.size < KEEP_BELOW || !/^image\/(jpeg|png)$/.test(file.type)) return original;
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    const { width, height } = fit(bitmap.width, bitmap.height);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d")!.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.86));
    return blob && blob.size < file.size ? { blob, name: original.name.replace(/\.\w+$/, "") + ".jpg" } : original;
  } catch {
    return original;
  }
}
