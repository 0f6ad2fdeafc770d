// Bytes that were read come out again, in every encoding that Python files declare and that can be written.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeSource, encodeSource } from '../../../src/project/source-encoding';

function bytes(...parts: (string | readonly number[])[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part))));
}

function roundTrip(given: Uint8Array): string {
  const decoded = decodeSource(given);
  assert.equal(decoded.error, undefined);
  if (decoded.error !== undefined) return '';
  const encoded = encodeSource(decoded.text, decoded.encoding);
  assert.equal(encoded.error, undefined);
  assert.deepEqual(Buffer.from(encoded.bytes ?? []), Buffer.from(given));
  return decoded.text;
}

describe('encodings of source files', () => {
  it('gives back UTF-8, with and without a byte order mark', () => {
    assert.equal(roundTrip(bytes('x = "é😀"\r\n')), 'x = "é😀"\r\n');
    assert.equal(roundTrip(bytes([0xef, 0xbb, 0xbf], 'x = 1')), 'x = 1');
    assert.equal(roundTrip(bytes('')), '');
    assert.equal(roundTrip(bytes('a\0b\u2028c\rd')), 'a\0b\u2028c\rd');
  });

  const everyByte = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10 && byte !== 13);
  for (const name of ['latin-1', 'iso-8859-1', 'ISO_8859_1', 'cp1252', 'windows-1251', 'koi8-r', 'mac-roman']) {
    it(`gives back every byte of ${name}`, () => {
      roundTrip(bytes(`#!/usr/bin/python\n# -*- coding: ${name} -*-\nx = "`, everyByte, '"\n'));
    });
  }

  it('gives back the bytes that iso-8859-15 and cp1253 have characters for', () => {
    assert.match(roundTrip(bytes('# vim: set fileencoding=iso-8859-15 :\nx = "', [0xa4], '"\n')), /€/);
    roundTrip(bytes('# coding=cp1253\nx = "', [0xe1, 0xe2], '"\n'));
  });

  it('tells latin-1 from windows-1252', () => {
    assert.equal(roundTrip(bytes('# coding: latin-1\n#', [0x80])).codePointAt(19), 0x80);
    assert.equal(roundTrip(bytes('# coding: cp1252\n# ', [0x80])).codePointAt(19), '€'.codePointAt(0));
  });

  it('looks for the cookie where Python does', () => {
    const umlaut = [0xe4];
    roundTrip(bytes('\n# coding: latin-1\n#', umlaut));
    for (const text of ['x = 1\n# coding: latin-1\n#', '\n\n# coding: latin-1\n#', 'x = "coding: latin-1"\n#']) {
      assert.match(decodeSource(bytes(text, umlaut)).error ?? '', /not valid UTF-8 \(line \d\)/, text);
    }
  });

  const refusals: readonly (readonly [given: Uint8Array, words: RegExp])[] = [
    [bytes('ok = 1\nx = "', [0xff], '"'), /not valid UTF-8 \(line 2\).*declare its encoding/],
    [bytes('x = "', [0xed, 0xa0, 0x80], '"'), /not valid UTF-8 \(line 1\)/],
    [bytes([0xef, 0xbb, 0xbf], '# coding: latin-1\n#', [0xe4]), /not valid UTF-8 \(line 2\)/],
    [bytes('# coding: ascii\n#', [0xe4]), /declares ASCII, but line 2/],
    [bytes('# coding: klingon\n'), /encoding "klingon", which is not known/],
    [bytes('# coding: utf-16\n'), /encoding "utf-16", which is not known/],
    [bytes('# coding: shift_jis\n#', [0x81]), /not valid shift_jis, which it declares \(line 2\)/],
    [bytes([0xff, 0xfe, 0x78, 0x00]), /UTF-16/],
  ];
  for (const [given, words] of refusals) {
    it(`says ${words.source}`, () => assert.match(decodeSource(given).error ?? '', words));
  }

  it('refuses to write what the encoding does not have', () => {
    const encode = (text: string, name: string): string | undefined =>
      encodeSource(text, { name, hasByteOrderMark: false }).error;
    assert.match(encode('😀', 'latin-1') ?? '', /latin-1 does not have/);
    assert.match(encode('é', 'ascii') ?? '', /ascii does not have/);
    assert.match(encode('é', 'koi8-r') ?? '', /koi8-r does not have/);
    assert.match(encode('a', 'shift_jis') ?? '', /can be read here but not written/);
    assert.match(encode('\ud800', 'utf-8') ?? '', /lone surrogate/);
    assert.equal(encode('\u{1f600}', 'utf-8'), undefined);
  });
});
