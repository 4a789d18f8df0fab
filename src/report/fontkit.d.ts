/** What the report uses of fontkit, which ships no types. */
declare module "fontkit" {
  export interface Face {
    readonly postscriptName: string | null;
    readonly unitsPerEm: number;
    readonly directory: { readonly tables: Readonly<Record<string, unknown>> };
    readonly "OS/2"?: {
      readonly fsType?: {
        readonly noEmbedding?: boolean;
        readonly noSubsetting?: boolean;
        readonly bitmapOnly?: boolean;
      };
    };
    hasGlyphForCodePoint(codePoint: number): boolean;
    layout(text: string): { readonly advanceWidth: number };
  }
  export interface FaceCollection {
    readonly fonts: readonly Face[];
  }
  export function create(bytes: Uint8Array, postscriptName?: string): Face | FaceCollection;
}
