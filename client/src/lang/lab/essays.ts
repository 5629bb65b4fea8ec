/** Short texts about each architecture. Beside the languages proper, since only the Lab shows them and they are long. */
export interface Essay {
  readonly title: string
  readonly paragraphs: readonly string[]
  readonly strengths: readonly string[]
  readonly weaknesses: readonly string[]
}

const FILES = import.meta.glob<{ readonly essays: readonly Essay[] }>('./??.ts')

/** Those of a language, or the English ones where it has none. */
export async function loadEssays(code: string): Promise<readonly Essay[]> {
  const load = FILES[`./${code}.ts`] ?? FILES['./en.ts']
  return (await load?.())?.essays ?? []
}
