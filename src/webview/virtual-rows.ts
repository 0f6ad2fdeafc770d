// A grid of any number of rows of one height, of which only those in sight are in the document.

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';

/** Rows above and below those in sight, so that scrolling never shows a gap. */
const overscan = 10;
const guessedHeight = 44;

export interface GridRow {
  readonly classes: string;
  /** Cells with `role="gridcell"` or `role="rowheader"`. */
  readonly cells: TemplateResult;
}

@customElement('nanlens-rows')
export class VirtualRowsElement extends LitElement {
  @property({ attribute: false }) label = '';
  @property({ attribute: false }) describedBy = '';
  @property({ attribute: false }) count = 0;
  /** Cells with `role="columnheader"`. */
  @property({ attribute: false }) head: TemplateResult | undefined;
  @property({ attribute: false }) row: ((index: number) => GridRow) | undefined;
  /** Row that the keyboard stands on. */
  @property({ attribute: false }) active = 0;
  /** Row that is in the middle at first. */
  @property({ attribute: false }) startAt: number | null = null;
  @property({ attribute: false }) onActive: ((index: number) => void) | undefined;
  @property({ attribute: false }) onEnter: ((index: number) => void) | undefined;
  /** Hears of keys that move nothing. @returns whether the key meant something. */
  @property({ attribute: false }) onOtherKey: ((key: string) => boolean) | undefined;

  @state() private first = 0;
  @state() private end = 40;

  private rowHeight = guessedHeight;
  private isHeightGuessed = true;
  /**
   * A row that stays in sight keeps its elements, and with them what is selected in it. After a leap none does, and the
   * elements serve other rows, which is cheaper than new ones.
   */
  private keyShift = 0;
  /** Rows of one version and index say the same. */
  private version = 0;
  private wanted: number | null = null;
  private resize: ResizeObserver | undefined;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.resize = new ResizeObserver(() => {
      this.measureRow();
      this.measure();
    });
    this.resize.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize?.disconnect();
  }

  protected override firstUpdated(): void {
    this.wanted ??= this.startAt;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('row') || changed.has('count')) this.version++;
  }

  /** Draws the rows anew, of which the owner has learnt more. */
  refresh(): void {
    this.version++;
    this.requestUpdate();
  }

  /** Brings a row to the middle, once there is a page to bring it into. */
  scrollToRow(index: number): void {
    this.wanted = index;
    if (this.hasUpdated) this.applyScroll();
  }

  /** Rows that are in the page: from `first` on, `end` not included. */
  get drawn(): { readonly first: number; readonly end: number } {
    return { first: this.first, end: Math.min(this.end, this.count) };
  }

  get rowsInSight(): number {
    return this.querySelectorAll('.vrow').length;
  }

  protected override render(): TemplateResult {
    const end = Math.min(this.end, this.count);
    const first = Math.min(this.first, end);
    const indices = Array.from({ length: end - first }, (_, i) => first + i);
    return html`<div
      class="vgrid"
      role="grid"
      tabindex="0"
      aria-label=${this.label}
      aria-describedby=${this.describedBy || nothing}
      aria-rowcount=${this.count + 1}
      aria-activedescendant=${this.active >= first && this.active < end ? this.rowId(this.active) : nothing}
      @scroll=${this.measure}
      @keydown=${this.onKey}
    >
      <div class="vhead" role="row" aria-rowindex="1">${this.head}</div>
      <div class="vspace" role="presentation">
        <div class="vwindow" role="presentation">
          ${repeat(
            indices,
            (index) => index - this.keyShift,
            (index) => guard([index, this.version, index === this.active], () => this.renderRow(index)),
          )}
        </div>
      </div>
    </div>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (this.isHeightGuessed) this.measureRow();
    // The page's policy forbids style attributes, but not setting styles one by one.
    if (changed.has('count')) this.setHeight();
    this.querySelector<HTMLElement>('.vwindow')?.style.setProperty(
      'transform',
      `translateY(${this.first * this.rowHeight}px)`,
    );
    this.applyScroll();
    this.measure();
  }

  /** Asking for a size makes the browser lay out the page, so it is asked only where it can have changed. */
  private readonly measureRow = (): void => {
    const height = this.querySelector('.vrow')?.getBoundingClientRect().height ?? 0;
    if (height === 0) return;
    this.isHeightGuessed = false;
    if (height === this.rowHeight) return;
    this.rowHeight = height;
    this.setHeight();
    this.requestUpdate();
  };

  private setHeight(): void {
    this.querySelector<HTMLElement>('.vspace')?.style.setProperty('height', `${this.count * this.rowHeight}px`);
  }

  private renderRow(index: number): TemplateResult {
    const { classes, cells } = this.row?.(index) ?? { classes: '', cells: html`` };
    return html`<div
      class="vrow ${classes} ${index === this.active ? 'active' : ''}"
      role="row"
      id=${this.rowId(index)}
      aria-rowindex=${index + 2}
      aria-selected=${index === this.active ? 'true' : 'false'}
      @click=${() => this.activate(index)}
    >${cells}</div>`;
  }

  private rowId(index: number): string {
    return `${this.id}-row-${index}`;
  }

  private activate(index: number): void {
    this.active = index;
    this.onActive?.(index);
  }

  private get frame(): HTMLElement | null {
    return this.querySelector('.vgrid');
  }

  private applyScroll(): void {
    const { frame, wanted } = this;
    if (!frame || wanted === null || frame.clientHeight === 0) return;
    this.wanted = null;
    frame.scrollTop = Math.max(0, (wanted + 0.5) * this.rowHeight - (frame.clientHeight - this.headHeight) / 2);
  }

  private get headHeight(): number {
    return this.querySelector<HTMLElement>('.vhead')?.offsetHeight ?? 0;
  }

  private readonly measure = (): void => {
    const { frame, rowHeight } = this;
    if (!frame) return;
    const top = Math.floor(frame.scrollTop / rowHeight);
    const inSight = Math.ceil(frame.clientHeight / rowHeight);
    // In steps, so that not every pixel of scrolling draws anew.
    const first = Math.max(0, top - overscan);
    const aligned = first - (first % 4);
    if (Math.abs(aligned - this.first) >= this.end - this.first) this.keyShift += aligned - this.first;
    this.first = aligned;
    this.end = aligned + inSight + 2 * overscan + 4;
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || this.count === 0) return;
    const page = Math.max(1, Math.floor(((this.frame?.clientHeight ?? 0) - this.headHeight) / this.rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + page,
      PageUp: this.active - page,
      Home: 0,
      End: this.count - 1,
    };
    const target = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
    if (target !== undefined) {
      this.activate(Math.max(0, Math.min(this.count - 1, target)));
      this.keepInSight(this.active);
    } else if (event.key === 'Enter') {
      if (event.target !== this.frame) return;
      this.onEnter?.(this.active);
    } else if (!this.onOtherKey?.(event.key)) {
      return;
    }
    event.preventDefault();
  };

  private keepInSight(index: number): void {
    const { frame, rowHeight } = this;
    if (!frame) return;
    const top = index * rowHeight;
    const room = frame.clientHeight - this.headHeight - rowHeight;
    if (top < frame.scrollTop) frame.scrollTop = top;
    else if (top > frame.scrollTop + room) frame.scrollTop = top - room;
  }
}
