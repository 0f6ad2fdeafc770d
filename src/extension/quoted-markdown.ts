// Text of others inside Markdown: as code that it cannot break out of, or with every mark of Markdown disarmed.

/** Inline code whose fence is longer than any run of backticks inside. */
export function code(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim() || ' ';
  const fence = '`'.repeat(longestRun(flat) + 1);
  const pad = flat.startsWith('`') || flat.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${flat}${pad}${fence}`;
}

/** Lines of a code block that nothing in `text` ends. */
export function fenced(text: string, language: string): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return [`${fence}${language}`, text.replace(/\r\n?/g, '\n'), fence];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

/** Text in which no character means anything to Markdown or to the site that shows it. */
export function plain(text: string): string {
  return (
    text
      .replace(/\s+/g, ' ')
      // A backslash does not stop mentions, references and bare addresses; an entity does.
      .replace(/[@#&<>]|(?<=:)\/(?=\/)|(?<=\bwww)\./gi, (character) => `&#${character.charCodeAt(0)};`)
      .replace(/[\\`*_{}[\]|~]/g, (character) => `\\${character}`)
  );
}
