import "./plain.ts";
import { systemNow } from "../../lib/clock.ts";
import type { Running } from "./background.ts";
import { run, serve } from "./background.ts";
import { inOneSentence, show } from "./show.ts";

/** verify.html: this script runs twice, once in the page, and once more in the background, where the work is done. */

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function start(): void {
  const [form, drop, working, status, answer] = ["form", "drop", "working", "status", "answer"].map((id) => byId(id));
  if (!form || !drop || !working || !status || !answer) return;
  const input = byId<HTMLInputElement>("files");
  const bar = byId<HTMLProgressElement>("bar");
  const [checkButton, stopButton] = [byId<HTMLButtonElement>("check"), byId<HTMLButtonElement>("stop")];
  let files: readonly File[] = [];
  let running: Running | undefined;

  const choose = (chosen: FileList | null | undefined) => {
    files = [...(chosen ?? [])];
    byId("chosen").textContent =
      files.length === 0 ? "Nothing chosen yet." : files.map(({ name, size }) => `${name}, ${sizeOf(size)}`).join("; ");
  };
  const busy = (is: boolean) => {
    working.hidden = !is;
    stopButton.hidden = !is;
    checkButton.disabled = is;
    bar.value = 0;
  };

  input.addEventListener("change", () => choose(input.files));
  // The whole page takes files: a pack that lands beside the frame must not replace the page.
  for (const type of ["dragover", "dragenter"])
    document.addEventListener(type, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer?.files);
  });
  stopButton.addEventListener("click", () => {
    running?.stop();
    running = undefined;
    busy(false);
    status.textContent = "Stopped. Nothing was decided.";
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = (id: string) => byId<HTMLTextAreaElement>(id).value;
    answer.hidden = true;
    answer.replaceChildren();
    status.textContent = "Checking …";
    busy(true);
    const mine = run(
      byId("program").textContent ?? "",
      {
        files,
        keys: text("keys"),
        since: text("since"),
        witnesses: text("witnesses"),
        roots: [...(byId<HTMLInputElement>("roots").files ?? [])],
        quick: byId<HTMLInputElement>("quick").checked,
        now: systemNow(),
      },
      (done, total) => {
        // Some of it is read twice, so the end is not known to the byte.
        bar.value = total === 0 ? 0 : Math.min(99, (100 * done) / total);
      },
    );
    running = mine;
    void mine.answer.then((found) => {
      if (running !== mine) return;
      running = undefined;
      busy(false);
      answer.replaceChildren(...show(found));
      answer.hidden = false;
      status.textContent = inOneSentence(found);
      byId("answer-title").focus();
    });
  });
}

function sizeOf(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.ceil(bytes / 1024 ** 2)} MiB`;
}

if (typeof document === "undefined") serve();
else start();
