import { expect, it } from 'vitest'
import { isDisplayName } from '@ringdrop/shared/wire/display-name.ts'
import { describeDevice } from '../../src/adapters/device.ts'

it.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36',
    0,
    'Chrome, Linux',
    'computer',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0',
    10,
    'Edge, Windows',
    'computer',
  ],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1', 0, 'Safari, Mac', 'computer'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1', 5, 'Safari, iPad', 'tablet'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Version/18.0 Mobile/15E148 Safari/604.1',
    5,
    'Safari, iPhone',
    'phone',
  ],
  ['Mozilla/5.0 (Linux; Android 15; Pixel) Chrome/150.0 Mobile Safari/537.36', 5, 'Chrome, Android', 'phone'],
  ['Mozilla/5.0 (Linux; Android 15; Tab) Chrome/150.0 Safari/537.36', 5, 'Chrome, Android', 'tablet'],
  ['Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0', 5, 'Firefox, Android', 'phone'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 0, 'Firefox, Linux', 'computer'],
  ['SomethingElse/1.0', 0, 'Browser', 'other'],
] as const)('%s with %i touch points is %s, %s', (userAgent, touchPoints, name, kind) => {
  expect(describeDevice(userAgent, touchPoints)).toEqual({ name, kind })
  expect(isDisplayName(name)).toBe(true)
})
