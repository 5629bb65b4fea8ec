import { recall, remember } from '../lib/remembered.ts'

const KEY = 'ringdrop-keys'

/** Whether single keys do something: not for people who dictate, or who hit keys by accident (WCAG 2.1.4). */
export class KeyChoice {
  #isOn = $state(remembered())

  get isOn(): boolean {
    return this.#isOn
  }

  choose(isOn: boolean): void {
    this.#isOn = isOn
    remember(KEY, isOn ? 'yes' : 'no')
  }

  /** As it was chosen in another tab. */
  follow(): void {
    this.#isOn = remembered()
  }
}

const remembered = (): boolean => recall(KEY) !== 'no'
