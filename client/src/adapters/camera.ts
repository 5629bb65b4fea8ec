/** Why there is no picture: forbidden by the person or the browser, no such device, or one that does not start. */
export type CameraFailure = 'refused' | 'noCamera' | 'busy'

/** An open camera. Its light is on until it is stopped. */
export interface Camera {
  readonly stream: MediaStream
  /** Of all cameras, in the order of the browser; with more than one, people can go on to the next. */
  readonly devices: readonly string[]
  readonly deviceId: string | null
}

/** Pixels that are asked for; cameras give what they can. Enough for the code of an invite in a hand. */
const WIDTH = 1280
const HEIGHT = 720

/** Asks the person for a camera, the one at the back unless another is named. Never throws. */
export async function openCamera(deviceId: string | null): Promise<Camera | CameraFailure> {
  // Types say that it is always there, but pages without a secure context have none.
  const devices: MediaDevices | undefined = navigator.mediaDevices
  if (devices === undefined) return 'noCamera'
  const which = deviceId === null ? { facingMode: 'environment' } : { deviceId: { exact: deviceId } }
  try {
    const video = { ...which, width: { ideal: WIDTH }, height: { ideal: HEIGHT } }
    const stream = await devices.getUserMedia({ video, audio: false })
    const all = await devices.enumerateDevices().catch(() => [])
    return {
      stream,
      devices: all.filter(({ kind }) => kind === 'videoinput').map((device) => device.deviceId),
      deviceId: stream.getVideoTracks()[0]?.getSettings().deviceId ?? null,
    }
  } catch (error) {
    return failureOf(error)
  }
}

export function stopCamera({ stream }: Camera): void {
  for (const track of stream.getTracks()) track.stop()
}

/** The camera after this one, from the last back to the first; `null` when there is no other. */
export function nextCamera({ devices, deviceId }: Camera): string | null {
  if (devices.length < 2) return null
  return devices[(devices.indexOf(deviceId ?? '') + 1) % devices.length] ?? null
}

function failureOf(error: unknown): CameraFailure {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused'
  return name === 'NotFoundError' || name === 'OverconstrainedError' ? 'noCamera' : 'busy'
}
