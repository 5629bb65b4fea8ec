/** Inputs that take no text: single keys and what is pasted are not for them. */
const TEXTLESS = '[type=checkbox], [type=radio], [type=file], [type=button], [type=range]'

/** Whether what is typed or pasted here goes into a text. */
export function isTextField(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches(`textarea, input:not(${TEXTLESS})`)
}
