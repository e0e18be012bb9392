// Room 4: the receive path as data: points, reasons, journeys, and how journeys are printed, compared, summed up and saved.
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
