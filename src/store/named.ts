/** An object of the registry as a caller gives it: its definition, which the compiler knows, or its name. */
export type Named = string | { readonly name: string }

export const nameOf = (object: Named): string => (typeof object === 'string' ? object : object.name)
