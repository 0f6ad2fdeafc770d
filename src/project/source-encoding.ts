// Bytes of a Python file to text and back, as PEP 263 says: the same bytes come out where the text did not change.

/** How a file's text is stored. */
export interface SourceEncoding {
  readonly name: string;
  readonly hasByteOrderMark: boolean;
}

export type DecodedSource =
  | { readonly text: string; readonly encoding: SourceEncoding; readonly error?: never }
  | { readonly error: string };

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

const UTF8_NAMES = new Set(['utf-8', 'utf8', 'utf-8-sig', 'u8', 'utf', 'cp65001']);
const LATIN1_NAMES = new Set(['latin-1', 'latin1', 'iso-8859-1', 'iso8859-1', 'iso-8859-1-unix', 'l1', 'latin']);
const WINDOWS_1252_NAMES = new Set(['cp1252', 'windows-1252', '1252']);
const ASCII_NAMES = new Set(['ascii', 'us-ascii', '646']);

/** Python's names where the Encoding Standard has another. */
const STANDARD_NAMES: Readonly<Record<string, string>> = {
  'mac-roman': 'macintosh',
  macroman: 'macintosh',
  'mac-cyrillic': 'x-mac-cyrillic',
  cp932: 'shift_jis',
  sjis: 'shift_jis',
  ms932: 'shift_jis',
  cp936: 'gbk',
  cp949: 'euc-kr',
  cp950: 'big5',
  eucjp: 'euc-jp',
  euckr: 'euc-kr',
};

/** What the bytes 0x80 to 0x9f mean there. Node's own decoder takes it for Latin-1 in some versions. */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

const COOKIE = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;

/** The encoding that the first two lines declare, as written; undefined if they declare none. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = latin1(bytes.subarray(0, 4096));
  const [first = '', second = ''] = head.replace(/^ï»¿/, '').split(/\r\n|\r|\n/, 2);
  const cookie = COOKIE.exec(first);
  if (cookie) return cookie[1];
  return /^[ \t\f]*(?:#.*)?$/.test(first) ? COOKIE.exec(second)?.[1] : undefined;
}

function normalise(name: string): string {
  const plain = name.toLowerCase().replaceAll('_', '-');
  if (UTF8_NAMES.has(plain) || plain.startsWith('utf-8-')) return 'utf-8';
  if (LATIN1_NAMES.has(plain) || plain.startsWith('latin-1-') || plain.startsWith('iso-8859-1-')) return 'latin-1';
  if (WINDOWS_1252_NAMES.has(plain)) return 'windows-1252';
  if (ASCII_NAMES.has(plain)) return 'ascii';
  return STANDARD_NAMES[plain] ?? plain;
}

/** Decodes the bytes of a Python file. What cannot be decoded is said in words; the text has no byte order mark. */
export function decodeSource(bytes: Uint8Array): DecodedSource {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { error: 'is UTF-16, which Python does not read; save it as UTF-8' };
  }
  const hasByteOrderMark = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
  const declared = declaredEncoding(bytes);
  const name = hasByteOrderMark || declared === undefined ? 'utf-8' : normalise(declared);
  const encoding = { name, hasByteOrderMark };
  const content = hasByteOrderMark ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
  if (name === 'latin-1') return { text: latin1(content), encoding };
  if (name === 'windows-1252') {
    const text = latin1(content).replace(/[\u0080-\u009f]/g, (c) => WINDOWS_1252.charAt(c.charCodeAt(0) - 0x80));
    return { text, encoding };
  }
  if (name === 'ascii') {
    const foreign = content.findIndex((byte) => byte > 0x7f);
    if (foreign < 0) return { text: latin1(content), encoding };
    return { error: `declares ASCII, but line ${lineOf(content, foreign)} holds a byte that is not` };
  }
  let decoder: TextDecoder | undefined;
  try {
    decoder = new TextDecoder(name, { fatal: true, ignoreBOM: true });
  } catch {
    decoder = undefined;
  }
  if (decoder === undefined || decoder.encoding.startsWith('utf-16')) {
    return { error: `declares the encoding "${declared}", which is not known here; save it as UTF-8` };
  }
  try {
    return { text: decoder.decode(content), encoding };
  } catch {
    const line = firstUndecodableLine(content, name);
    return {
      error:
        declared === undefined || hasByteOrderMark
          ? `is not valid UTF-8 (line ${line}); save it as UTF-8, or declare its encoding in the first line: # -*- coding: latin-1 -*-`
          : `is not valid ${declared}, which it declares (line ${line})`,
    };
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  // In pieces, for a call takes only so many arguments.
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return text;
}

function lineOf(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === 10) line++;
  return line;
}

function firstUndecodableLine(bytes: Uint8Array, name: string): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const next = bytes.indexOf(10, start);
    const end = next < 0 ? bytes.length : next + 1;
    try {
      new TextDecoder(name, { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}

/** Encodings that Node decodes and does not encode. */
const MULTI_BYTE = new Set(['big5', 'euc-jp', 'euc-kr', 'gb18030', 'gbk', 'iso-2022-jp', 'shift_jis']);

/** Character to byte, for an encoding in which every byte is one character; undefined for others. */
function singleByteTable(name: string): Map<string, number> | undefined {
  if (name === 'windows-1252') {
    const character = (byte: number): string =>
      byte < 0x80 || byte > 0x9f ? String.fromCharCode(byte) : WINDOWS_1252.charAt(byte - 0x80);
    return new Map(Array.from({ length: 256 }, (_, byte) => [character(byte), byte]));
  }
  const decoder = new TextDecoder(name);
  if (MULTI_BYTE.has(decoder.encoding)) return undefined;
  const table = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const character = decoder.decode(Uint8Array.of(byte));
    if (character !== '\ufffd') table.set(character, byte);
  }
  return table;
}

/** The text as bytes in the encoding that it was read in, or why that cannot be. */
export function encodeSource(
  text: string,
  encoding: SourceEncoding,
): { readonly bytes: Uint8Array; readonly error?: never } | { readonly error: string } {
  if (encoding.name === 'utf-8') {
    if (/\p{Surrogate}/u.test(text)) return { error: 'would hold half a character (a lone surrogate)' };
    return { bytes: new TextEncoder().encode(encoding.hasByteOrderMark ? `\ufeff${text}` : text) };
  }
  const limit = encoding.name === 'ascii' ? 0x80 : 0x100;
  const table = encoding.name === 'ascii' || encoding.name === 'latin-1' ? undefined : singleByteTable(encoding.name);
  if (limit === 0x100 && encoding.name !== 'latin-1' && table === undefined) {
    return { error: `is stored as ${encoding.name}, which can be read here but not written; save it as UTF-8` };
  }
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = table ? table.get(text.charAt(i)) : code < limit ? code : undefined;
    if (byte === undefined) return { error: `would hold a character that ${encoding.name} does not have` };
    bytes[i] = byte;
  }
  return { bytes };
}
