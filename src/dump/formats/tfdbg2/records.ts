// The records of TensorFlow's debugger (DebugEvent), decoded as far as a verdict needs them.

import { MessageFields } from '../../protobuf';
import { readTensorProto } from '../../tensor-proto';
import { maxElements, readHealth, type TensorHealth } from './health';

export interface Execution {
  readonly time: number;
  readonly opType: string;
  /** Of the function that was called; empty for a single operation. */
  readonly graphId: string;
  readonly inputIds: readonly number[];
  readonly outputIds: readonly number[];
  readonly outputs: readonly TensorHealth[];
  readonly frameIds: readonly string[];
}

export interface Trace {
  readonly time: number;
  readonly graphId: string;
  readonly opName: string;
  readonly slot: number;
  readonly health: TensorHealth;
}

export interface OpCreation {
  readonly graphId: string;
  readonly opType: string;
  readonly opName: string;
  readonly inputs: readonly string[];
  readonly frameIds: readonly string[];
}

export interface Graph {
  readonly id: string;
  readonly name: string;
  readonly outerId: string;
}

export interface StackFrame {
  readonly id: string;
  readonly fileIndex: number;
  readonly line: number;
  readonly function: string;
}

const maxFrames = 1000;
const maxOutputs = 1000;

/** The field of a DebugEvent that says what it is. */
export const kindOfEvent = {
  metadata: 3,
  sourceFile: 4,
  stackFrame: 6,
  op: 7,
  graph: 8,
  execution: 9,
  trace: 10,
} as const;

export interface DebugEvent {
  readonly time: number;
  /** A number of `kindOfEvent`, or of a kind that is not read. */
  readonly kind: number;
  readonly data: Uint8Array;
}

/** @returns null where the record is no DebugEvent. @throws Error where it is no message. */
export function readEvent(record: Uint8Array): DebugEvent | null {
  const fields = new MessageFields(record);
  let time = 0;
  while (fields.next()) {
    if (fields.number === 1) time = fields.double();
    else if (fields.number > 2) return { time, kind: fields.number, data: fields.bytes() };
  }
  return null;
}

export function readVersion(data: Uint8Array): string {
  const fields = new MessageFields(data);
  while (fields.next()) if (fields.number === 2) return fields.string();
  return '';
}

export function readExecution(time: number, data: Uint8Array): Execution {
  const fields = new MessageFields(data);
  let opType = '';
  let graphId = '';
  let mode = 0;
  const inputIds: number[] = [];
  const outputIds: number[] = [];
  const tensors: Uint8Array[] = [];
  let frameIds: readonly string[] = [];
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        opType = fields.string();
        break;
      case 3:
        graphId = fields.string();
        break;
      case 4:
        fields.numbers('int64', inputIds, maxOutputs);
        break;
      case 5:
        fields.numbers('int64', outputIds, maxOutputs);
        break;
      case 6:
        mode = fields.int32();
        break;
      case 7:
        if (tensors.length < maxOutputs) tensors.push(fields.bytes());
        break;
      case 8:
        frameIds = readFrameIds(fields.message());
        break;
    }
  }
  const outputs = tensors.map((tensor) => readHealth(mode, readTensorProto(tensor, maxElements)));
  return { time, opType, graphId, inputIds, outputIds, outputs, frameIds };
}

export function readTrace(time: number, data: Uint8Array): Trace {
  const fields = new MessageFields(data);
  let graphId = '';
  let opName = '';
  let slot = 0;
  let mode = 0;
  let tensor: Uint8Array = new Uint8Array(0);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        graphId = fields.string();
        break;
      case 2:
        opName = fields.string();
        break;
      case 3:
        slot = fields.int32();
        break;
      case 4:
        mode = fields.int32();
        break;
      case 5:
        tensor = fields.bytes();
        break;
    }
  }
  return { time, graphId, opName, slot, health: readHealth(mode, readTensorProto(tensor, maxElements)) };
}

export function readOp(data: Uint8Array): OpCreation {
  const fields = new MessageFields(data);
  let opType = '';
  let opName = '';
  let graphId = '';
  const inputs: string[] = [];
  let frameIds: readonly string[] = [];
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        opType = fields.string();
        break;
      case 2:
        opName = fields.string();
        break;
      case 4:
        graphId = fields.string();
        break;
      case 6:
        if (inputs.length < maxOutputs) inputs.push(fields.string());
        break;
      case 8:
        frameIds = readFrameIds(fields.message());
        break;
    }
  }
  return { graphId, opType, opName, inputs, frameIds };
}

export function readGraph(data: Uint8Array): Graph {
  const fields = new MessageFields(data);
  let id = '';
  let name = '';
  let outerId = '';
  while (fields.next()) {
    if (fields.number === 1) id = fields.string();
    else if (fields.number === 2) name = fields.string();
    else if (fields.number === 6) outerId = fields.string();
  }
  return { id, name, outerId };
}

export function readStackFrame(data: Uint8Array): StackFrame {
  const fields = new MessageFields(data);
  const frame = { id: '', fileIndex: -1, line: 0, function: '' };
  while (fields.next()) {
    if (fields.number === 1) frame.id = fields.string();
    else if (fields.number === 2) {
      const place = fields.message();
      // The first file has index 0, which is not written.
      frame.fileIndex = 0;
      while (place.next()) {
        if (place.number === 1) frame.fileIndex = place.int32();
        else if (place.number === 2) frame.line = place.int32();
        else if (place.number === 4) frame.function = place.string();
      }
    }
  }
  return frame;
}

/** @param wantsLines whether the text of a file of this path is to be kept */
export function readSourceFile(
  data: Uint8Array,
  wantsLines: (path: string) => boolean,
): { path: string; lines: readonly string[] } {
  const fields = new MessageFields(data);
  let path = '';
  const lines: string[] = [];
  while (fields.next()) {
    if (fields.number === 1) path = fields.string();
    else if (fields.number === 3 && wantsLines(path)) lines.push(fields.string());
  }
  return { path, lines };
}

function readFrameIds(fields: MessageFields): readonly string[] {
  const ids: string[] = [];
  while (fields.next()) if (fields.number === 2 && ids.length < maxFrames) ids.push(fields.string());
  return ids;
}
