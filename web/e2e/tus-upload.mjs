// Uploads a file with tus-js-client: node tus-upload.mjs ENDPOINT FILE [CHUNK]. Prints where it is.
import { createReadStream, statSync } from "node:fs";
import { Upload } from "tus-js-client";

const [endpoint, file, chunk] = process.argv.slice(2);
const upload = new Upload(createReadStream(file), {
  endpoint,
  uploadSize: statSync(file).size,
  chunkSize: chunk ? Number(chunk) : Infinity,
  retryDelays: Array(300).fill(100),
  metadata: { filename: "photo.jpg", filetype: "image/jpeg" },
  onError(error) {
    console.error(String(error));
    process.exit(error.originalResponse?.getStatus() === 415 ? 3 : 1);
  },
  onSuccess() {
    console.log(new URL(upload.url).pathname);
  },
});
upload.start();
