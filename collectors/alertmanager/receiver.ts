import type { InboxAddress, InboxLine } from "../../src/collector/define.ts";

/**
 * The receiver for alertmanager.yml. Alertmanager does not read variables, so the token comes from a file. The route
 * takes every alert and passes it on to the ones below it; `repeat_interval` shows again what is still on.
 */
export function receiverLines({ url, tokenFile }: InboxAddress): InboxLine[] {
  const file = tokenFile ?? "/etc/alertmanager/custody-token";
  const receiver = [
    "receivers:",
    "  - name: custody",
    "    webhook_configs:",
    `      - url: ${url}`,
    "        send_resolved: true",
    "        http_config:",
    "          authorization:",
    "            type: Bearer",
    `            credentials_file: ${JSON.stringify(file)}`,
  ];
  const route = ["route:", "  routes:", "    - receiver: custody", "      continue: true"];
  const whose = tokenFile === undefined ? `; put the token into ${file}` : "";
  return [
    { what: `alertmanager.yml: the receiver${whose}`, text: receiver.join("\n") },
    { what: "alertmanager.yml: the route, first in the list, so that every alert passes it", text: route.join("\n") },
  ];
}
