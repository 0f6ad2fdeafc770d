// Reading the flat tree: kinds, spans, children and tokens of a node.

import type { Span } from '../text/span';
import { type FlatTree, Kind } from './flat-tree';

export class TreeReader {
  constructor(
    protected readonly tree: FlatTree,
    protected readonly text: string,
  ) {}

  protected kind(node: number): Kind {
    return this.tree.kind[node] as number;
  }

  protected after(node: number): number {
    return this.tree.next[node] as number;
  }

  protected start(node: number): number {
    return this.tree.start[node] as number;
  }

  protected end(node: number): number {
    return this.tree.end[node] as number;
  }

  protected span(node: number): Span {
    return { start: this.start(node), end: this.end(node) };
  }

  protected source(node: number): string {
    return this.text.slice(this.start(node), this.end(node));
  }

  /** Children other than tokens. */
  protected named(node: number): number[] {
    const found: number[] = [];
    const { kind, next } = this.tree;
    const end = next[node] as number;
    for (let child = node + 1; child < end; child = next[child] as number) {
      if (kind[child] !== Kind.token) found.push(child);
    }
    return found;
  }

  /** First child other than a token, or -1. */
  protected firstNamed(node: number): number {
    const { kind, next } = this.tree;
    const end = next[node] as number;
    for (let child = node + 1; child < end; child = next[child] as number) {
      if (kind[child] !== Kind.token) return child;
    }
    return -1;
  }

  protected hasToken(node: number, token: string): boolean {
    const { kind, next } = this.tree;
    const end = next[node] as number;
    for (let child = node + 1; child < end; child = next[child] as number) {
      if (kind[child] === Kind.token && this.tree.tokenText(child) === token) return true;
    }
    return false;
  }

  /** Text of the first token among the children. */
  protected operatorOf(node: number): string {
    const { kind, next } = this.tree;
    const end = next[node] as number;
    for (let child = node + 1; child < end; child = next[child] as number) {
      if (kind[child] === Kind.token) return this.tree.tokenText(child);
    }
    return '';
  }

  /** A dotted name without the white space and line ends that may stand in it. */
  protected dottedName(node: number): string {
    const source = this.source(node);
    return /[\s\\#]/.test(source) ? source.replace(/#.*|[\s\\]+/g, '') : source;
  }

  /** The child after the first one and the operator, or -1. */
  protected secondNamed(node: number): number {
    const { kind, next } = this.tree;
    const end = next[node] as number;
    for (let child = next[node + 1] as number; child < end; child = next[child] as number) {
      if (kind[child] !== Kind.token) return child;
    }
    return -1;
  }
}
