// The one user of web-tree-sitter: text in, typed tree out, one segment at a time.

import { Language, Parser } from 'web-tree-sitter';
import type { Module, PlacedSegment, Segment } from './ast';
import { FlatTree, NodeTypes } from './flat-tree';
import { lowerSegment } from './lower';
import { blankBrokenMethods } from './method-recovery';
import { cutSegments } from './segments';

/** The bytes of `web-tree-sitter.wasm` and `tree-sitter-python.wasm`. */
export interface ParserBinaries {
  readonly runtime: Uint8Array;
  readonly language: Uint8Array;
}

/** How many characters of segments are remembered, those of the file last parsed apart. */
const REMEMBERED_CHARACTERS = 4_000_000;

/** Longer runs of statements without a blank line or definition are data, not code: nothing is said of them. */
const LONGEST_SEGMENT = 1_000_000;

const languages = new WeakMap<Uint8Array, Promise<Language>>();
let runtimeReady: Promise<void> | undefined;

/** The runtime is one for the whole process, whoever asks first. */
function startRuntime(runtime: Uint8Array): Promise<void> {
  runtimeReady ??= Parser.init({ wasmBinary: runtime, locateFile: (name: string) => name }).catch((fault: unknown) => {
    runtimeReady = undefined;
    throw fault;
  });
  return runtimeReady;
}

export class PythonParser {
  private parser: Parser;
  private readonly tree: FlatTree;
  /** Segments by their text, the one longest unused first. */
  private readonly remembered = new Map<string, Segment>();
  private rememberedCharacters = 0;

  private constructor(private readonly language: Language) {
    this.parser = new Parser().setLanguage(language);
    this.tree = new FlatTree(new NodeTypes(language));
  }

  /** Compiles the two WebAssembly modules. @throws if they are not what they should be. */
  static async create(binaries: ParserBinaries): Promise<PythonParser> {
    await startRuntime(binaries.runtime);
    let language = languages.get(binaries.language);
    if (!language) {
      language = Language.load(binaries.language);
      languages.set(binaries.language, language);
    }
    return new PythonParser(await language);
  }

  /** Never throws: what cannot be parsed becomes `BrokenStmt` or `BrokenExpr`. */
  parse(text: string): Module {
    const segments: PlacedSegment[] = [];
    let offset = 0;
    for (const cut of cutSegments(text)) {
      segments.push({ offset, segment: this.segment(cut) });
      offset += cut.length;
    }
    this.forget(text.length);
    return { text, segments };
  }

  private segment(cut: string): Segment {
    const known = this.remembered.get(cut);
    if (known) {
      this.remembered.delete(cut);
      this.remembered.set(known.text, known);
      return known;
    }
    const text = ownCopy(cut);
    const segment = this.parseSegment(text);
    this.remembered.set(text, segment);
    this.rememberedCharacters += text.length;
    return segment;
  }

  /** Lets go of all that was parsed: for texts that will not come again. */
  forgetAll(): void {
    this.remembered.clear();
    this.rememberedCharacters = 0;
  }

  private forget(latestCharacters: number): void {
    const limit = Math.max(REMEMBERED_CHARACTERS, latestCharacters);
    for (const text of this.remembered.keys()) {
      if (this.rememberedCharacters <= limit) return;
      this.remembered.delete(text);
      this.rememberedCharacters -= text.length;
    }
  }

  private parseSegment(text: string): Segment {
    if (text.length > LONGEST_SEGMENT) return unreadable(text);
    try {
      const plain = withPlainLineEnds(text);
      this.fill(plain, text);
      if (!this.tree.hasErrors) return lowerSegment(this.tree, text);
      const blanked = blankBrokenMethods(plain, (method) => {
        this.fill(method, method);
        return this.tree;
      });
      // Also needed where nothing was blanked: the tree now holds a method.
      this.fill(blanked?.text ?? plain, text);
      return blanked ? blanked.restore(lowerSegment(this.tree, blanked.text), text) : lowerSegment(this.tree, text);
    } catch {
      // Out of WebAssembly memory, most likely: the parser's own state is not to be trusted any more.
      this.parser = new Parser().setLanguage(this.language);
      return unreadable(text);
    } finally {
      this.tree.shrink();
    }
  }

  /** Copies what tree-sitter makes of `plain`, and lets go of it; `text` is what it says of its comments and literals. */
  private fill(plain: string, text: string): void {
    const tree = this.parser.parse(plain);
    if (!tree) throw new Error('tree-sitter gave no tree');
    try {
      this.tree.fill(tree, text);
    } finally {
      tree.delete();
    }
  }
}

function unreadable(text: string): Segment {
  return { text, body: [{ kind: 'BrokenStmt', start: 0, end: text.length, body: [] }], comments: [], hasErrors: true };
}

/** A slice keeps the text it was cut from alive, and with it every version of an edited file; a joined string does not. */
function ownCopy(slice: string): string {
  return slice.length < 2 ? slice : [slice.slice(0, 1), slice.slice(1)].join('');
}

/**
 * The same length with what tree-sitter would misread replaced: lone carriage returns end lines in Python, NUL ends
 * the text in C, and half a surrogate pair is no character.
 */
function withPlainLineEnds(text: string): string {
  return /[\r\0\ud800-\udfff]/.test(text)
    ? text
        .replace(/\r(?!\n)/g, '\n')
        .replaceAll('\0', '\x01')
        .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    : text;
}
