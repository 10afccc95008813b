import { create, type MessageInitShape } from '@bufbuild/protobuf'
import type { Permission, PermissionPolicy } from '../model/permission.ts'
import { enumName, enumNumber, times } from './convert.ts'
import {
  PermissionSchema,
  PermissionSpec_AuthzedActionSchema,
  PermissionSpec_TypeSchema,
} from './gen/feast/core/Permission_pb.ts'
import type { Policy, PolicySchema } from './gen/feast/core/Policy_pb.ts'
import type { Converter } from './stored-form.ts'

export const permissionConverter: Converter<Permission, typeof PermissionSchema> = {
  schema: PermissionSchema,
  toModel: ({ spec, meta }) => ({
    kind: 'permission',
    name: spec?.name ?? '',
    project: spec?.project ?? '',
    types: (spec?.types ?? []).map((type) => enumName(PermissionSpec_TypeSchema, type)),
    namePatterns: spec?.namePatterns ?? [],
    requiredTags: spec?.requiredTags ?? {},
    actions: (spec?.actions ?? []).map((action) => enumName(PermissionSpec_AuthzedActionSchema, action)),
    policy: policyToModel(spec?.policy),
    description: '',
    tags: spec?.tags ?? {},
    owner: '',
    ...times.toModel(meta),
  }),
  toMessage: (permission) =>
    create(PermissionSchema, {
      spec: {
        name: permission.name,
        project: permission.project,
        types: permission.types.map((name) => enumNumber(PermissionSpec_TypeSchema, name)),
        namePatterns: [...permission.namePatterns],
        requiredTags: permission.requiredTags,
        actions: permission.actions.map((name) => enumNumber(PermissionSpec_AuthzedActionSchema, name)),
        ...(permission.policy !== null && { policy: policyToMessage(permission.policy) }),
        tags: permission.tags,
      },
      meta: times.toMessage(permission),
    }),
}

/** Feast writes the policy that allows everything as an empty one. */
function policyToModel(policy: Policy | undefined): PermissionPolicy | null {
  if (policy === undefined) return null
  const { policyType } = policy
  switch (policyType.case) {
    case 'roleBasedPolicy':
      return { kind: 'role', roles: policyType.value.roles }
    case 'groupBasedPolicy':
      return { kind: 'group', groups: policyType.value.groups }
    case 'namespaceBasedPolicy':
      return { kind: 'namespace', namespaces: policyType.value.namespaces }
    case 'combinedGroupNamespacePolicy':
      return {
        kind: 'groupAndNamespace',
        groups: policyType.value.groups,
        namespaces: policyType.value.namespaces,
      }
    case undefined:
      return { kind: 'allowAll' }
  }
}

function policyToMessage(policy: PermissionPolicy): MessageInitShape<typeof PolicySchema> {
  switch (policy.kind) {
    case 'role':
      return { policyType: { case: 'roleBasedPolicy', value: { roles: [...policy.roles] } } }
    case 'group':
      return { policyType: { case: 'groupBasedPolicy', value: { groups: [...policy.groups] } } }
    case 'namespace':
      return { policyType: { case: 'namespaceBasedPolicy', value: { namespaces: [...policy.namespaces] } } }
    case 'groupAndNamespace': {
      const value = { groups: [...policy.groups], namespaces: [...policy.namespaces] }
      return { policyType: { case: 'combinedGroupNamespacePolicy', value } }
    }
    case 'allowAll':
      return {}
  }
}
