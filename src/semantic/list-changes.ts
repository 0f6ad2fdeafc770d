// The methods by which a Python list is changed in place.

export const LIST_CHANGES: ReadonlySet<string> = new Set([
  'append',
  'appendleft',
  'extend',
  'insert',
  'pop',
  'popleft',
  'remove',
  'clear',
]);
