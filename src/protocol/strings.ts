// Every text of the page, in English. The host passes each through its translations and sends the table with the first reply.

export const english = {
  reading: 'Reading {0}…',
  readingProgress: '{0} of {1} read',
  readingUnknown: '{0} read',
  failedHeading: 'This file could not be read',
  tryAgain: 'Try Again',
  disconnected: 'The extension does not answer: {0}',

  confidenceCertain: 'Certain',
  confidenceLikely: 'Likely',
  confidenceUnknown: 'Not proven',
  confidenceCertainHelp: 'The artefact itself says so.',
  confidenceLikelyHelp: 'Concluded from what the artefact says; another cause is possible.',
  confidenceUnknownHelp: 'The artefact does not say enough to be sure.',

  goToLine: 'Go to Line',
  goToPlace: 'Go to {0}, line {1}',
  copyMarkdown: 'Copy as Markdown',
  copied: 'Copied as Markdown.',
  openAsText: 'Open as Text',
  openRule: 'Explain {0}',

  healthyHelp: 'Nothing in this file points to a NaN or an infinity.',

  failure: 'What failed',
  operation: 'Operation',
  operationOutput: '{0}, output {1}',
  kind: 'What',
  module: 'Module',
  parameter: 'Parameter',
  metric: 'Metric',
  when: 'When',
  step: 'step {0}',
  epoch: 'epoch {0}',
  batch: 'batch {0}',
  rank: 'rank {0}',
  message: 'Message',
  hazards: 'Likely hazard',

  kindNanBackward: 'NaN in the backward pass',
  kindNanForward: 'NaN in the forward pass',
  kindInfForward: 'Infinity in the forward pass',
  kindLossNan: 'The loss is NaN',
  kindLossInf: 'The loss is infinite',
  kindGradNonfinite: 'A gradient is not finite',
  kindOverflow: 'Overflow',
  kindOverflowSkip: 'Overflow, step skipped',
  kindInvalidArgument: 'Invalid argument',
  kindInputNan: 'NaN in the input',
  kindMetricNonfinite: 'A metric is not finite',
  kindWarning: 'Warning',

  roleFirst: 'first cause',
  roleConsequence: 'consequence',
  roleSecondary: 'failed afterwards',
  roleBenign: 'harmless',

  frames: 'Where in your code',
  noUserFrame: 'No frame of your own code was recorded.',
  blamedLine: 'blamed line',
  inFunction: 'in {0}',
  libraryFrame: '1 library frame',
  libraryFrames: '{0} library frames',
  framesLeftOut: '{0} more frames are not shown.',
  fromWorkspace: 'Source from the workspace: {0}',
  fromWorkspaceMoved: 'Source from the workspace: {0}. The line has moved since the run.',
  fromWorkspaceDiffers: 'The file in the workspace reads differently now: {0}',
  fromArtefact: 'Source as this file recorded it',

  timeline: 'Timeline',
  chartLabel: '{0} over {1}',
  chartHelp: 'Arrow keys move along the readings, Plus and Minus zoom, Home and End jump, 0 shows everything.',
  axisStep: 'step',
  axisReading: 'reading',
  readingsOne: '1 reading',
  readings: '{0} readings',
  summaryRange: '{0}, {1} {2} to {3}.',
  summaryExtremes: 'Lowest {0} at {1}, highest {2} at {3}.',
  summaryFailed: 'The run failed at {0}.',
  failedHere: 'failed here',
  summaryAllFinite: 'All readings are finite.',
  summaryNoFinite: 'No reading is finite.',
  summaryRun: '{0} at {1} {2}',
  summaryRunRange: '{0} at {1} {2} to {3}',
  summaryRunMany: '{0} at {1} {2} to {3} ({4} readings)',
  summaryMoreRuns: 'and {0} more places',
  summaryLastFinite: 'Last finite value {0} at {1}.',
  nan: 'NaN',
  positiveInfinity: '+Infinity',
  negativeInfinity: '−Infinity',
  logScale: 'Log scale',
  showAll: 'Show All',
  valuesAsTable: 'Values as a table',
  tableThinned: 'Thinned out: zoom in to see every reading.',
  tableValue: 'Value',
  moreSeries: '{0} more series',
  seriesLeftOut: '{0} more series are not shown.',

  tensors: 'Tensors',
  tensorName: 'Tensor',
  shape: 'Shape',
  dtype: 'Type',
  minimum: 'Min',
  maximum: 'Max',
  mean: 'Mean',
  absoluteMinimum: '|Min|',
  absoluteMaximum: '|Max|',
  nanCount: 'NaN',
  positiveInfinityCount: '+Inf',
  negativeInfinityCount: '−Inf',
  notSaid: 'not said',

  otherEvents: 'What else happened',
  otherEventsLeftOut: '{0} more events are not shown.',
  problems: 'What could not be read',
  problemsLeftOut: '{0} more problems are not shown.',
  line: 'Line {0}',
  rawText: 'In the file',
  rawTextLines: 'Lines {0} to {1}',
  loadingText: 'Reading the lines…',
} as const;

export type StringKey = keyof typeof english;
export type Strings = { readonly [K in StringKey]: string };

/** The table in another language; `translate` gives back what it was given where it has no translation. */
export function translateStrings(translate: (text: string) => string): Strings {
  const table: Record<string, string> = {};
  for (const [key, text] of Object.entries(english)) table[key] = translate(text);
  return table as Strings;
}

/** Puts values into the places `{0}`, `{1}`… of a text. */
export function fill(template: string, ...values: readonly (string | number)[]): string {
  return template.replace(/\{(\d+)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
