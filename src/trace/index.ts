// Room 7: probes in the running kernel, their events, and the joining of events into journeys.
export { COPY_BYTES, EVENT, EVENT_BYTES, EVENT_FLAG, EVENT_WITH_COPY_BYTES } from './event.ts';
