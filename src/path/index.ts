// Room 4: the receive path as data: points, reasons, journeys, and how journeys are printed, compared, summed up and saved.

export { commandsFor, fillCommand } from './commands.ts';
export {
  type ComparedStep,
  compareJourneys,
  comparisonText,
  type FieldDifference,
  type JourneyComparison,
} from './compare.ts';
export { type DropPlace, pointOfDrop, pointsOfFunction } from './drop-points.ts';
export { formatDuration } from './duration.ts';
export { type HeaderWords, headerWords } from './header-words.ts';
export type {
  Consumed,
  Delivered,
  Dropped,
  Endpoint,
  FieldChange,
  Forwarded,
  Journey,
  Origin,
  Outcome,
  OutcomeKind,
  PacketSummary,
  ProcessInfo,
  Queued,
  RuleInfo,
  SocketInfo,
  Step,
  Unknown,
} from './journey.ts';
export { JourneyFile, type JourneyFileOptions } from './journey-file.ts';
export { JourneyError, parseJourney } from './journey-parse.ts';
export { JOURNEY_SCHEMA } from './journey-schema.ts';
export { type JourneyTextOptions, journeyText } from './journey-text.ts';
export { type Latency, LatencyCounts } from './latency.ts';
export { type MergedStep, mergeSteps } from './merge-steps.ts';
export { endpointText, outcomeText, processText, ruleText, socketText } from './outcome-text.ts';
export { frameOf, type PacketFrame } from './packet-frame.ts';
export { packetWords } from './packet-words.ts';
export { POINT_NAMES, type PointName } from './point-names.ts';
export {
  BANDS,
  type Band,
  isPointName,
  type Observation,
  type ObservationMechanism,
  POINTS,
  type PointRow,
  pointOf,
} from './points.ts';
export {
  type Explanation,
  explainReason,
  pointsOfMeaning,
  REASON_NAMES,
  type ReasonRow,
  reasonsAt,
} from './reasons.ts';
export {
  JourneySummary,
  type PathEnd,
  type PathPoint,
  type PathSummary,
  type SummaryTextOptions,
  summaryText,
  type Way,
} from './summary.ts';
