/** A guard that tells members of a union apart by their `type`. */
export function isOneOf<All extends { readonly type: string }, const Type extends All['type']>(
  types: readonly Type[],
): (value: All) => value is Extract<All, { readonly type: Type }> {
  return (value): value is Extract<All, { readonly type: Type }> =>
    (types as readonly string[]).includes(value.type)
}
