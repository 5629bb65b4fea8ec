import { languageFile } from './languages.ts'

/**
 * Words of one part of the app: of the language's file beside those of the part, else what the language's own file exports
 * under the same names, and where neither says anything the English ones.
 * @param files by their path beside whoever asks, as `import.meta.glob` gives them.
 * @param readOwn reads the language's own file.
 * @throws when a file can't be fetched.
 */
export async function loadWords<File extends object>(
  files: Readonly<Record<string, () => Promise<File>>>,
  code: string,
  readOwn: (code: string) => Promise<object> = languageFile,
): Promise<File> {
  const load = files[`./${code}.ts`]
  if (load !== undefined) return load()
  const loadEnglish = files['./en.ts']
  if (loadEnglish === undefined) throw new Error('there are no English words')
  return { ...(await loadEnglish()), ...(await readOwn(code)) }
}
