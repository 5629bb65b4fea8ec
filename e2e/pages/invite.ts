import type { App } from './app.ts'

/**
 * Two people carry an invite and its reply between their browsers. The host looks at its network page.
 * @param meanwhile what happens until the reply is pasted
 */
export async function carryInvite(host: App, guest: App, meanwhile?: () => Promise<void>): Promise<void> {
  await host.page.getByRole('button', { name: 'Make an invite' }).click()
  const link = await host.page.getByRole('textbox', { name: 'Invite link' }).inputValue()
  await guest.page.goto(link)
  await guest.page.getByRole('button', { name: 'Accept the invite' }).click()
  const reply = await guest.page.getByRole('textbox', { name: 'Your reply' }).inputValue()
  await meanwhile?.()
  await host.page.getByRole('textbox', { name: 'Invite or reply' }).fill(reply)
  await host.page.getByRole('button', { name: 'Connect' }).click()
}
