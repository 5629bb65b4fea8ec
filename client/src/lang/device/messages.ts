/** What few people see of the device, updates and the camera: beside the languages proper, so that nobody else fetches it. */
import { loadWords } from '../late-words.ts'
import type { DeviceMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly device: DeviceMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. @throws when the file can't be fetched. */
export const loadDeviceMessages = async (code: string): Promise<DeviceMessages> =>
  (await loadWords(FILES, code)).device
