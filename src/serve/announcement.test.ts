import { expect, test } from 'vitest'
import { entity, type FeatureView, featureView, fileSource, int64 } from '../index.ts'
import { emptyRegistry } from '../model/registry-contents.ts'
import { announcement } from './announcement.ts'

const rider = entity('rider', { joinKey: 'rider_id', type: int64 })

function view(name: string, online: boolean): FeatureView {
  const source = fileSource(`${name}_source`, { path: `${name}.parquet`, timestampField: 'at' })
  return { ...featureView(name, { entities: [rider], schema: { trips: int64 }, source, online }), project: 'rides' }
}

test('the request to try is one that is answered with values: its view is served', () => {
  const entities = [{ ...rider, project: 'rides' }]
  const disabled = { ...view('disabled', true), enabled: false }
  const featureViews = [view('offline', false), disabled, view('served', true)]
  const addresses = { project: 'rides', http: 'http://127.0.0.1:6566', grpc: null, metrics: null }
  const lines = announcement(addresses, { ...emptyRegistry, entities, featureViews }, 1)
  expect(lines.at(-1)).toBe(
    `  curl -s http://127.0.0.1:6566/get-online-features -d '{"features":["served:trips"],"entities":{"rider_id":[1001]}}'`,
  )
  expect(announcement(addresses, { ...emptyRegistry, entities, featureViews: [disabled] }, 1)).not.toContain('Try it:')
})
