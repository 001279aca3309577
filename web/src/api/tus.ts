/** Large files by tus: what has arrived stays, after a broken connection and in another tab. */
import { type DetailedError, type HttpRequest, type HttpStack, Upload } from "tus-js-client";
import { get, sendBytes } from "./client";
import { ApiError, NetworkError, type Problem } from "./errors";
import type { Transfer, Upload as Received } from "./types";

const ENDPOINT = "/v1/uploads";
/** Every piece is a request of its own: fetch tells no progress within one. */
const PIECE = 1024 * 1024;
/** Counted anew whenever something arrived. */
const DELAYS_MS = [500, 1000, 3000, 5000, 10_000, 15_000];

/** tus-js-client over fetch, which leaves the cookie of staff out of the citizens' pages as every other call does. */
class Requests implements HttpStack {
  getName(): string { return "fetch"; }
  createRequest(method: string, url: string): HttpRequest {
    const headers: Record<string, string> = {}, abort = new AbortController();
    let tell: (bytes: number) => void = () => undefined;
    return {
      getMethod: () => method, getURL: () => url, getUnderlyingObject: () => null,
      setHeader: (name, value) => { headers[name] = value; }, getHeader: (name) => headers[name],
      setProgressHandler: (handler) => { tell = handler; },
      abort: () => { abort.abort(); return Promise.resolve(); },
      async send(body: Blob | null) {
        const response = await sendBytes(url, method, body, headers, abort.signal);
        const text = await response.text();
        if (body && response.ok) tell(body.size);
        return { getStatus: () => response.status, getHeader: (name) => response.headers.get(name) ?? undefined, getBody: () => text, getUnderlyingObject: () => response };
      },
    };
  }
}

const statusOf = (error: DetailedError): number => error.originalResponse?.getStatus() ?? 0;
function told(error: Error | DetailedError): Error {
  const status = "originalResponse" in error ? statusOf(error) : 0;
  if (!status || !("originalResponse" in error)) return new NetworkError();
  try { return new ApiError(status, JSON.parse(error.originalResponse!.getBody()) as Problem); } catch { return new ApiError(status, {}); }
}

/** Files on their way in this tab: choosing one twice is two uploads, not two hands at one. */
const underWay = new Set<string>();

/** `again` is what tells the file another time; without it (made here, perhaps not the same twice) nothing goes on where an earlier try stopped. */
export async function sendInPieces(file: Blob, name: string, again: string | null, progress: (share: number) => void): Promise<Received> {
  const key = again && !underWay.has(again) ? again : null;
  if (key) underWay.add(key);
  try {
    const url = await new Promise<string>((done, fail) => {
      const upload: Upload = new Upload(file, {
        endpoint: ENDPOINT, httpStack: new Requests(), chunkSize: PIECE, retryDelays: DELAYS_MS, metadata: { filename: name, filetype: file.type },
        fingerprint: () => Promise.resolve(key ?? ""), storeFingerprintForResuming: key !== null, removeFingerprintOnSuccess: true,
        onProgress: (sent, all) => progress(all ? sent / all : 0),
        // also while the browser takes itself for offline: it comes back
        onShouldRetry: (error) => { const status = statusOf(error); return !status || status >= 500 || status === 409 || status === 423; },
        onError: (error) => fail(told(error)), onSuccess: () => done(upload.url!),
      });
      if (!key) return upload.start();
      upload.findPreviousUploads().then((earlier) => { if (earlier[0]) upload.resumeFromPreviousUpload(earlier[0]); upload.start(); }, () => upload.start());
    });
    const { upload: received, refusal } = await get<Transfer>(new URL(url, location.href).pathname);
    if (!received) throw new ApiError(422, refusal ?? {});
    return received;
  } finally { if (key) underWay.delete(key); }
}
