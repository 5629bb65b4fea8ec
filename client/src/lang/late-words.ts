/**
 * Words of one part of the app, of a language, or the English ones where it has none.
 * @param files by their path beside whoever asks, as `import.meta.glob` gives them.
 * @throws when the file can't be fetched.
 */
export async function loadWords<File>(
  files: Readonly<Record<string, () => Promise<File>>>,
  code: string,
): Promise<File> {
  const load = files[`./${code}.ts`] ?? files['./en.ts']
  if (load === undefined) throw new Error('there are no English words')
  return load()
}
