/** Between the Lab page and its worker. */
import type { LabCurveName, LabPoint } from '@ringdrop/shared/sim/lab/lab-textbook.ts'
import type { LabFrame, LabOptions } from '@ringdrop/shared/sim/lab/lab-frame.ts'

export type LabCommand =
  /** Builds a network anew. */
  | { readonly type: 'open'; readonly options: LabOptions; readonly network: number }
  /** Virtual milliseconds for each real one; 0 stands still. */
  | { readonly type: 'speed'; readonly speed: number }
  | { readonly type: 'ask' }
  | { readonly type: 'kill'; readonly share: number }
  | { readonly type: 'join'; readonly count: number }
  /** Mean session in virtual seconds; 0: nobody comes or goes. */
  | { readonly type: 'churn'; readonly meanSeconds: number }
  | { readonly type: 'curve'; readonly name: LabCurveName; readonly seed: number }

export type LabAnswer =
  /** The first of all: it runs. */
  | { readonly type: 'ready' }
  /** `network`: of which opening. What was drawn of one may come when the next has been asked for. */
  | { readonly type: 'frame'; readonly frame: LabFrame; readonly network: number }
  | { readonly type: 'point'; readonly name: LabCurveName; readonly point: LabPoint }
  | { readonly type: 'curveDone'; readonly name: LabCurveName }
  /** The simulator broke one of its own rules. */
  | { readonly type: 'failed'; readonly message: string }
