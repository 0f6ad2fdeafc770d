// The colours of the theme in use, for the canvas, which cannot read CSS variables by itself.

export interface ChartTheme {
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly background: string;
  readonly line: string;
  readonly nan: string;
  readonly infinity: string;
  readonly font: string;
  readonly isHighContrast: boolean;
}

/** Reads the custom properties that the style sheet derives from the theme's variables. */
export function readChartTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const { classList } = document.body;
  return {
    text: read('--chart-text'),
    faint: read('--chart-faint'),
    grid: read('--chart-grid'),
    background: read('--chart-background'),
    line: read('--chart-line'),
    nan: read('--chart-nan'),
    infinity: read('--chart-infinity'),
    font: style.fontFamily || 'sans-serif',
    isHighContrast: classList.contains('vscode-high-contrast') || classList.contains('vscode-high-contrast-light'),
  };
}

/** Calls back when VS Code changes the theme; gives back what ends it. */
export function onThemeChange(callback: () => void): () => void {
  const observer = new MutationObserver(callback);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
  return () => observer.disconnect();
}
