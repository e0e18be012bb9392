// Room 4: the receive path as data: points, reasons, journeys, and how journeys are printed, compared, summed up and saved.
export { type DropPlace, pointOfDrop, pointsOfFunction } from './drop-points.ts';
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
export { type Explanation, explainReason, REASON_NAMES, type ReasonRow, reasonsAt } from './reasons.ts';
