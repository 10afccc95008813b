import { expect, test } from 'vitest'
import { isConflict, mysqlError } from './mysql-errors.ts'

const server = { name: 'MySQL', address: 'db:3306' }
const answered = (errno: number, message: string): Error => Object.assign(new Error(message), { errno })

test('a deadlock that came again with every try is a time-out, not a fault of the server', () => {
  const deadlock = answered(1213, 'Deadlock found when trying to get lock; try restarting transaction')
  expect(isConflict(deadlock)).toBe(true)
  expect(mysqlError(deadlock, server)).toMatchObject({
    code: 'FTS5016',
    message:
      'The MySQL online store at db:3306 gave way to other writers each time: ' +
      'Deadlock found when trying to get lock; try restarting transaction.',
  })
})

test('an error that has no place in the table is what the server says', () => {
  expect(mysqlError(answered(1064, 'You have an error'), server)).toMatchObject({ code: 'FTS5018' })
})
