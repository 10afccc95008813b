import type { OnlineResponse } from '../../store/online-response.ts'
import { valueToJsonText } from '../../types/json.ts'

/** The response as the JSON text that Feast's server answers with: one element of `results` per column. */
export function encodeOnlineFeatures(response: OnlineResponse): string {
  const results = response.names.map((name) => {
    const values = response.column(name).map(valueToJsonText)
    const times = response.eventTimestamps(name).map((time) => JSON.stringify(time?.toString() ?? epoch))
    return `{"values":[${values}],"statuses":${JSON.stringify(response.statuses(name))},"event_timestamps":[${times}]}`
  })
  return `{"results":[${results}],"metadata":{"feature_names":${JSON.stringify(response.names)}}}`
}

const epoch = '1970-01-01T00:00:00Z'
