// Which files a program names that say more about it, so that a face can read them and hand their texts in.

/** More are no configuration of one run. */
const MOST = 8;
/** In UTF-16 units or bytes; a longer file is data. */
export const LONGEST_CONFIGURATION = 1 << 20;

const NAME = /(["'])((?:\.\/)?[\w.-]+(?:\/[\w.-]+)*\.json)\1/g;

/**
 * The JSON files that a program which works with DeepSpeed names, as it names them: paths that lead down from the
 * script's folder or the folder it is run in.
 */
export function mentionedFiles(texts: readonly string[]): readonly string[] {
  if (!texts.some((text) => /deepspeed/i.test(text))) return [];
  const names = new Set<string>();
  for (const text of texts)
    for (const [, , name] of text.matchAll(NAME))
      if (name !== undefined && !/(^|\/)\.\.(\/|$)/.test(name)) names.add(name);
  return [...names].slice(0, MOST);
}
