import { create } from '@bufbuild/protobuf'
import type { Project } from '../model/project.ts'
import { times } from './convert.ts'
import { ProjectSchema } from './gen/feast/core/Project_pb.ts'
import type { Converter } from './stored-form.ts'

export const projectConverter: Converter<Project, typeof ProjectSchema> = {
  schema: ProjectSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'project',
    name: spec?.name ?? '',
    project: spec?.name ?? '',
    description: spec?.description ?? '',
    tags: spec?.tags ?? {},
    owner: spec?.owner ?? '',
    ...times.toModel(meta),
  }),
  toMessage: (project) =>
    create(ProjectSchema, {
      spec: { name: project.name, description: project.description, tags: project.tags, owner: project.owner },
      meta: times.toMessage(project),
    }),
}
