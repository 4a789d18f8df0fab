type Child = Node | string;

/** An element; text from a file is only ever text. */
export function element(tag: string, className: string, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(tag);
  if (className !== "") made.className = className;
  made.append(...children);
  return made;
}

export const paragraph = (...children: readonly Child[]): HTMLElement => element("p", "", ...children);
export const bytes = (text: string): HTMLElement => element("code", "", text);
