import { definePlugin } from 'feast-ts/plugin'
import { openShelf, shelfCapabilities } from './shelf-online-store.ts'

/** `online_store: {type: feast-shelf, folder: data/shelf}` in feature_store.yaml. */
export default definePlugin({
  kind: 'online_store',
  name: 'shelf',
  open: openShelf,
  capabilities: shelfCapabilities,
  configKeys: {
    folder: { kind: 'text', doc: 'where the files are kept, relative to the repository', default: 'data/shelf' },
  },
})
