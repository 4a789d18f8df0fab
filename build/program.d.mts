/** Writes the program into a folder, which is emptied before; gives the number of its files. */
export function buildProgram(folder: string, entry?: string): Promise<number>;
