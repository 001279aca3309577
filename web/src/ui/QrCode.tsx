import { useEffect, useState } from "react";
import { Spinner } from "./bits";

/** Modules around the code that cameras need to find it. */
const QUIET = 4;

/** A text as a QR code, drawn here: what is in it goes to no other server. Dark on white, in either theme. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const [drawn, setDrawn] = useState<{ path: string; size: number } | null>();
  useEffect(() => {
    let gone = false;
    draw(text).then((made) => { if (!gone) setDrawn(made); }, () => { if (!gone) setDrawn(null); });
    return () => { gone = true; };
  }, [text]);
  // without it there is still the text beside it
  if (drawn === null) return null;
  return drawn ? (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${drawn.size} ${drawn.size}`} shapeRendering="crispEdges"><rect width="100%" height="100%" fill="#fff" /><path d={drawn.path} fill="#000" /></svg>
  ) : <div className="qr"><Spinner /></div>;
}

async function draw(text: string): Promise<{ path: string; size: number }> {
  const { default: qrcode } = await import("qrcode-generator");
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++) for (let column = 0; column < count; column++) if (code.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
  return { path, size: count + 2 * QUIET };
}
