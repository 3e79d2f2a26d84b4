/* SPDX-License-Identifier: MIT */
/* The SDK's public face; see README.md beside it for ten lines that chat. */
export { Client, type ClientOptions, type Notice } from './client';
export { markSpans, utf8Length, type Piece } from './codepoints';
export type { ConnectionState } from './connection';
export type { Entry, Operation } from './outbox';
export {
  MemoryStorage,
  type Clock,
  type Platform,
  type Socket,
  type Storage,
} from './platform';
export * from './protocol';
export type { Quote, Recap, RecapThread } from './recap';
export type { RoomState } from './room';
