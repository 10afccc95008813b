import type { Socket } from 'node:net'
import { FeatureStoreError } from '../../base/errors/feature-store-error.ts'
import { errorAnswer } from './http-answer.ts'

/** What Node finds wrong with the bytes of a connection before there is a request: status line, and the fault in words. */
const faults: Readonly<Record<string, readonly [status: string, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'The request did not arrive in the time that a client may take to send it.',
  ],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The head of the request is too long.'],
}

/** Answers what is no request in the form of all other errors, and closes the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  const [status, message] = faults[error.code ?? ''] ?? [
    '400 Bad Request',
    `This is no HTTP request: ${error.message}.`,
  ]
  const { body } = errorAnswer(new FeatureStoreError('FTS7013', { message }))
  const head = `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json`
  if (socket.writable) socket.write(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  socket.destroy(error)
}
