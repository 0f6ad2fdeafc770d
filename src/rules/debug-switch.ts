// The switch for debugging that fixes write: an environment variable, so that no option has to be passed through.

const NAME = 'DETECT_ANOMALY';

export const DEBUG_SWITCH = {
  name: NAME,
  /** True where it is on; needs `import os`. */
  test: `os.environ.get("${NAME}") == "1"`,
} as const;
