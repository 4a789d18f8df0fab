export function joinProgram(folder: string): Promise<number>;
