import { type Answer, check, type Progress, type Request } from "./engine.ts";

type Said = { readonly done: number; readonly total: number } | { readonly answer: Answer };

/** Told at most this often, in bytes: every piece would only cost time. */
const STEP = 4 * 1024 ** 2;

/** In the background: waits for one request and answers it. */
export function serve(): void {
  const port = globalThis as unknown as {
    onmessage: ((event: { data: Request }) => void) | null;
    postMessage(said: Said): void;
  };
  port.onmessage = ({ data }) => {
    let told = 0;
    const progress: Progress = (done, total) => {
      if (done - told < STEP) return;
      told = done;
      port.postMessage({ done, total });
    };
    void check(data, progress).then((answer) => port.postMessage({ answer }));
  };
}

/** A check that is under way. */
export interface Running {
  readonly answer: Promise<Answer>;
  stop(): void;
}

/**
 * Runs a check in the background, by the very script of this page, so that the page stays alive. Where a browser allows no
 * background, it runs in the page, between two pictures.
 */
export function run(program: string, request: Request, progress: Progress): Running {
  let worker: Worker;
  let address: string;
  try {
    address = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
    worker = new Worker(address);
  } catch {
    return { answer: check(request, progress), stop: () => {} };
  }
  const end = () => {
    worker.terminate();
    URL.revokeObjectURL(address);
  };
  const answer = new Promise<Answer>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      if ("answer" in data) {
        end();
        resolve(data.answer);
      } else progress(data.done, data.total);
    };
    worker.onerror = () => {
      end();
      resolve(check(request, progress));
    };
    worker.postMessage(request);
  });
  return { answer, stop: end };
}
