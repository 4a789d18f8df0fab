import type { InboxAddress, InboxLine } from "../../src/collector/define.ts";

/**
 * Lines for a crontab or a script: quiet unless the report does not arrive, and repeated for six minutes, so that a
 * restart of Custody loses none. They have no `%`, which a crontab would take for the end of the line.
 */
export function pingLines(jobs: readonly string[], { url, token }: InboxAddress): InboxLine[] {
  const ping = (path: string) =>
    `curl -fsS -o /dev/null -m 30 --retry 12 --retry-delay 30 --retry-connrefused -X POST -H "Authorization: Bearer ${token}" "${url}/${path}"`;
  const named = jobs.length > 0 ? jobs : ["my-job"];
  return named.flatMap((job) => [
    { what: `${job}: when it begins (only if you want to see how long it takes)`, text: ping(`${job}/start`) },
    { what: `${job}: when it went well`, text: ping(job) },
    { what: `${job}: when it failed`, text: ping(`${job}/fail`) },
    { what: `${job}: or one line right after its command, however it went`, text: ping(`${job}/$?`) },
  ]);
}
