/** Compiles these source files (paths in the project), and all that they import of it, to the same paths in a folder. */
export function compileModules(folder: string, files: readonly string[]): Promise<void>;
