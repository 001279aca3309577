/** Runs `first` ms after the first call, then at most once in `every` ms, and a last time for the last call. */
export function throttle(run: () => void, first: number, every: number): { call: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ran = -Infinity;
  return {
    call() { timer ??= setTimeout(() => { timer = undefined; ran = Date.now(); run(); }, Math.max(first, ran + every - Date.now())); },
    stop() { clearTimeout(timer); timer = undefined; },
  };
}
