import type { DataSource } from '../model/data-source.ts'
import { dummyEntityName, type Entity } from '../model/entity.ts'
import type { FeatureService } from '../model/feature-service.ts'
import type {
  AnyFeatureView,
  FeatureView,
  LabelView,
  OnDemandFeatureView,
  StreamFeatureView,
} from '../model/feature-view.ts'
import type { Tags } from '../model/field.ts'
import type { Permission } from '../model/permission.ts'
import type { Project } from '../model/project.ts'
import { type RegistryContents, type RegistryKind, type RegistryObject, viewKinds } from '../model/registry-contents.ts'
import type { SavedDataset, ValidationReference } from '../model/saved-dataset.ts'
import { getAnyFeatureView, getObject, hasTags, listObjects } from '../registry/lookup.ts'

export interface ListOptions {
  /** Only objects that have all of these tags. */
  readonly tags?: Tags | undefined
}

/**
 * The objects of a project, as its registry has them: lists in stored order, and single objects by name.
 * Every `get…` throws FTS31xx for an unknown name, with the nearest one.
 */
export abstract class RegistryObjects {
  abstract readonly project: string

  /** All that the registry holds, of every project in it; at most `registry.cache_ttl_seconds` old. */
  abstract contents(): Promise<RegistryContents>

  /** All projects of the registry. */
  async listProjects(options: ListOptions = {}): Promise<readonly Project[]> {
    return (await this.contents()).projects.filter((project) => hasTags(project, options.tags ?? {}))
  }

  /** Without the entity that Feast keeps for views without entities. */
  async listEntities(options?: ListOptions): Promise<readonly Entity[]> {
    return (await this.#list('entities', options)).filter((entity) => entity.name !== dummyEntityName)
  }

  listDataSources(options?: ListOptions): Promise<readonly DataSource[]> {
    return this.#list('dataSources', options)
  }

  /** Feature views proper; see {@link listAllFeatureViews} for every kind. */
  listFeatureViews(options?: ListOptions): Promise<readonly FeatureView[]> {
    return this.#list('featureViews', options)
  }

  listStreamFeatureViews(options?: ListOptions): Promise<readonly StreamFeatureView[]> {
    return this.#list('streamFeatureViews', options)
  }

  listOnDemandFeatureViews(options?: ListOptions): Promise<readonly OnDemandFeatureView[]> {
    return this.#list('onDemandFeatureViews', options)
  }

  listLabelViews(options?: ListOptions): Promise<readonly LabelView[]> {
    return this.#list('labelViews', options)
  }

  /** Views of every kind. */
  async listAllFeatureViews(options?: ListOptions): Promise<readonly AnyFeatureView[]> {
    const lists = await Promise.all(viewKinds.map((kind) => this.#list(kind, options)))
    return lists.flat()
  }

  listFeatureServices(options?: ListOptions): Promise<readonly FeatureService[]> {
    return this.#list('featureServices', options)
  }

  listSavedDatasets(options?: ListOptions): Promise<readonly SavedDataset[]> {
    return this.#list('savedDatasets', options)
  }

  listValidationReferences(options?: ListOptions): Promise<readonly ValidationReference[]> {
    return this.#list('validationReferences', options)
  }

  listPermissions(options?: ListOptions): Promise<readonly Permission[]> {
    return this.#list('permissions', options)
  }

  /** The project of that name; default: the store's own. */
  async getProject(name: string = this.project): Promise<Project> {
    return getObject(await this.contents(), 'projects', name, name)
  }

  getEntity(name: string): Promise<Entity> {
    return this.#get('entities', name)
  }

  getDataSource(name: string): Promise<DataSource> {
    return this.#get('dataSources', name)
  }

  getFeatureView(name: string): Promise<FeatureView> {
    return this.#get('featureViews', name)
  }

  getStreamFeatureView(name: string): Promise<StreamFeatureView> {
    return this.#get('streamFeatureViews', name)
  }

  getOnDemandFeatureView(name: string): Promise<OnDemandFeatureView> {
    return this.#get('onDemandFeatureViews', name)
  }

  getLabelView(name: string): Promise<LabelView> {
    return this.#get('labelViews', name)
  }

  /** A view of any kind. */
  async getAnyFeatureView(name: string): Promise<AnyFeatureView> {
    return getAnyFeatureView(await this.contents(), this.project, name)
  }

  getFeatureService(name: string): Promise<FeatureService> {
    return this.#get('featureServices', name)
  }

  getSavedDataset(name: string): Promise<SavedDataset> {
    return this.#get('savedDatasets', name)
  }

  getValidationReference(name: string): Promise<ValidationReference> {
    return this.#get('validationReferences', name)
  }

  getPermission(name: string): Promise<Permission> {
    return this.#get('permissions', name)
  }

  async #list<K extends RegistryKind>(kind: K, options: ListOptions = {}): Promise<readonly RegistryObject<K>[]> {
    return listObjects(await this.contents(), kind, this.project, options)
  }

  async #get<K extends RegistryKind>(kind: K, name: string): Promise<RegistryObject<K>> {
    return getObject(await this.contents(), kind, this.project, name)
  }
}
