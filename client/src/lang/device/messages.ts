/** What few people see of the device, updates and the camera: beside the languages proper, so that nobody else fetches it. */
import type { DeviceMessages } from './en.ts'

const FILES = import.meta.glob<{ readonly device: DeviceMessages }>('./??.ts')

/** Those of a language, or the English ones where it has none. @throws when the file can't be fetched. */
export async function loadDeviceMessages(code: string): Promise<DeviceMessages> {
  const load = FILES[`./${code}.ts`] ?? FILES['./en.ts']
  const file = await load?.()
  if (file === undefined) throw new Error('the words about the device are missing')
  return file.device
}
