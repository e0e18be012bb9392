// Prints every packet that the kernel drops within some seconds, with what the reason means. Needs root, and Linux 5.8.
//
//   node why-dropped.js SECONDS [FILTER]
import { explainReason, packetWords } from 'pathcap/path';
import { JourneyTrace } from 'pathcap/trace';

const [seconds = '10', filter = ''] = process.argv.slice(2);

using trace = JourneyTrace.open({ filter }, ({ packet, outcome }) => {
  if (outcome.kind !== 'dropped') return;
  console.log(
    `${packetWords(packet)}: ${outcome.reason} at ${outcome.point}. ${explainReason(outcome.reason, outcome.point).means}`,
  );
});
console.error(`watching for ${seconds} seconds`);
const looking = setInterval(() => trace.poll(), 10);
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
clearInterval(looking);
trace.finish();
const { journeys, events, lost } = trace.statistics();
console.log(`${journeys} packets, ${events} events, ${lost} lost`);
