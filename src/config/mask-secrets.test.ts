import { expect, test } from 'vitest'
import { maskSecrets } from './mask-secrets.ts'

test('secrets are hidden wherever they stand, and what is no secret stays', () => {
  const masked = maskSecrets({
    project: 'p',
    registry: { registry_type: 'sql', path: 'postgresql://feast:s3cret@db:5432/feast' },
    online_store: { type: 'redis', connection_string: 'redis:6379,db=0,password=s3cret' },
    offline_store: { type: 'postgres', host: 'db', user: 'feast', password: 's3cret:1' },
    auth: { type: 'oidc', client_id: 'me', client_secret: 's3cret', token_refresh_margin_seconds: 30 },
    my_plugin: {
      url: 'https://u:s3cret@h/x',
      api_key: 's3cret',
      passwd: 's3cret',
      dsn: 'Server=h;Pwd=s3cret;Database=d',
      nested: [{ token: 's3cret' }],
    },
  })
  expect(JSON.stringify(masked)).not.toContain('s3cret')
  expect(masked).toMatchObject({
    registry: { path: 'postgresql://feast:********@db:5432/feast' },
    online_store: { connection_string: 'redis:6379,db=0,password=********' },
    offline_store: { host: 'db', user: 'feast', password: '********' },
    auth: { client_id: 'me', token_refresh_margin_seconds: 30 },
    my_plugin: { dsn: 'Server=h;Pwd=********;Database=d' },
  })
})

test.each(['p/w', 'p@w', 'p:w'])('the password %s of a URL is hidden as a whole', (password) => {
  expect(maskSecrets({ registry: `postgresql://feast:${password}@db:5432/feast` })).toEqual({
    registry: 'postgresql://feast:********@db:5432/feast',
  })
})

test.each(['hunter:2', 'https://hunter', 'a//b:c@d'])(
  'a password that looks like an address, %s, is hidden',
  (value) => {
    expect(maskSecrets({ my_plugin: { password: value } })).toEqual({ my_plugin: { password: '********' } })
  },
)
