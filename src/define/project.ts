import { isProjectName, type Project } from '../model/project.ts'
import { define } from './definition.ts'
import { callSite, definitionError } from './place.ts'
import { type CommonOptions, commonOptionNames, registered, requireKnownOptions } from './validate.ts'

export interface ProjectDefinition<Name extends string = string> extends Project {
  readonly name: Name
}

/**
 * The name space of a feature repository; at most one per repository, with the name that feature_store.yaml gives.
 * @throws FTS2001 unless the name is made of letters, digits, underscores and hyphens and begins with a letter or a
 * digit, FTS2002 for an unknown option.
 */
export function project<const Name extends string>(name: Name, options: CommonOptions = {}): ProjectDefinition<Name> {
  const site = callSite(project)
  requireKnownOptions('project', options, commonOptionNames, site)
  if (!isProjectName(name)) {
    throw definitionError('FTS2001', site, {
      message: `The name "${name}" of a project has something else than letters, digits, underscores and hyphens.`,
      mark: name,
      notes: ['it begins with a letter or a digit'],
      field: 'name',
    })
  }
  return define<ProjectDefinition<Name>>({ ...registered(name, options), kind: 'project', project: name }, site)
}
